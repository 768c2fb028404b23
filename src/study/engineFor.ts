import { UserError } from '../base/errors.ts'
import type { Engine } from '../engine/engine.ts'
import { nodeEngine } from '../engine/node.ts'
import type { Means } from './config.ts'

/**
 * The engine for a run: the given one where it is like that which the run began with, otherwise one that is.
 *
 * @param folder the run's
 * @param means what the run began with
 * @throws UserError when this machine lacks the run's device
 */
export async function engineFor(folder: string, { threads, device }: Means, engine: Engine): Promise<Engine> {
  if (threads === engine.threads && device === engine.device) return engine
  const own = await nodeEngine({ threads, device: device === 'webgpu' ? device : 'cpu' })
  if (own.device === device) return own
  throw new UserError(
    `was begun on the device ${device}, but this machine has ${own.device}`,
    folder,
    'Resume it where it was begun, or remove it',
  )
}
