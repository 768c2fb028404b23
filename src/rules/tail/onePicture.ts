import { reasonOf, UserError } from '../../base/errors.ts'
import type { Graph } from '../../graph/types.ts'

/** An input with one picture, where it may have any number of them. */
export function forOne<V extends Graph['inputs'][number]>(input: V): V {
  const [batch, ...rest] = input.shape
  return typeof batch === 'string' ? { ...input, shape: [1, ...rest] } : input
}

/**
 * Do what can only fail where a network that fits for some number of pictures does not fit for one.
 *
 * @throws UserError saying why
 */
export function fittingOne<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new UserError(`the network cannot take a single picture: ${reasonOf(error)}`)
  }
}
