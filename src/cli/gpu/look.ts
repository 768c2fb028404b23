import { startChild } from '../../base/child.ts'
import { workerModule } from '../../base/workers.ts'
import type { GpuMessage } from './child.ts'

/**
 * Look for a GPU that computes exactly, in a process of its own: a driver may print what only its makers understand, or
 * crash.
 *
 * @returns why there is none, or undefined if there is one
 */
export async function lookForGpu(): Promise<string | undefined> {
  let found: GpuMessage | undefined
  const { ended } = startChild<GpuMessage>(
    workerModule(import.meta.url, 'child.js'),
    {},
    {
      message: (message) => {
        found = message
      },
    },
  )
  const how = await ended
  return found ? found.refused : `the process that looked for one ended with ${how}`
}
