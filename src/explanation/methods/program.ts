/**
 * What methods based on the gradient need from a network, and how they run many variations of one input.
 *
 * The explained score is the sum of the logits, each times its number in the target. A target that is 1 for one class
 * explains its logit; 1 and −1 explain the difference of two.
 */

import { UserError } from '../../base/errors.ts'
import type { Watch } from '../../base/watch.ts'
import { sizeOf, type TensorOf } from '../../graph/types.ts'

/**
 * The scores of some inputs.
 *
 * @param inputs [n, …], as many as there are
 * @param target n rows of a number for each class
 * @returns n scores
 */
export type ScoresOf = (inputs: TensorOf<'float32'>, target: Float32Array) => Promise<Float32Array>

/** The scores of some inputs, and the gradient of each with respect to its input: [n, …]. */
export type GradientOf = (
  inputs: TensorOf<'float32'>,
  target: Float32Array,
) => Promise<{ readonly scores: Float32Array; readonly gradients: TensorOf<'float32'> }>

/** A layer's output for some inputs, and the gradient of each score with respect to it: [n, channels, h, w]. */
export type LayerGradientOf = (
  inputs: TensorOf<'float32'>,
  target: Float32Array,
) => Promise<{ readonly activations: TensorOf<'float32'>; readonly gradients: TensorOf<'float32'> }>

/** How variations of an input are run. */
export interface Running extends Watch {
  /** The most that run together; by default 8. */
  readonly batch?: number
}

/**
 * Run variations of one input, a few at a time. While some run, the next are prepared, if the engine leaves time for
 * that.
 *
 * @param input [1, …]
 * @param target a number for each class
 * @param count how many variations there are
 * @param batch the most that run together; it can be stopped between runs
 * @param vary writes variation `k`; called once for each, in order, with a copy of the input
 * @param run handles a batch of variations, the first of which is number `first`; their memory is reused later
 */
export async function inBatches(
  input: TensorOf<'float32'>,
  target: Float32Array,
  { count, batch, signal, progress }: Required<Pick<Running, 'batch'>> & Watch & { readonly count: number },
  vary: (k: number, into: Float32Array) => void,
  run: (inputs: TensorOf<'float32'>, targets: Float32Array, first: number) => Promise<void>,
): Promise<void> {
  if (input.shape[0] !== 1)
    throw new Error(`one input is explained at a time, not [${input.shape.join(', ')}]`)
  if (!Number.isInteger(batch) || batch < 1)
    throw new UserError(`is ${batch}`, 'batch', 'Give a whole number from 1')
  const size = sizeOf(input.shape)
  const most = Math.min(batch, count)
  const targets = new Float32Array(most * target.length)
  for (let row = 0; row < most; row++) targets.set(target, row * target.length)
  // Two buffers: one runs while the other is written.
  const rooms = [new Float32Array(most * size), new Float32Array(most * size)] as const
  const prepare = async (first: number) => {
    const rows = Math.min(batch, count - first)
    const data = rooms[(first / batch) % 2]!.subarray(0, rows * size)
    for (let row = 0; row < rows; row++) {
      const copy = data.subarray(row * size, (row + 1) * size)
      copy.set(input.data)
      vary(first + row, copy)
    }
    return { type: 'float32' as const, shape: [rows, ...input.shape.slice(1)], data }
  }
  signal?.throwIfAborted()
  let next = await prepare(0)
  for (let first = 0; first < count; first += batch) {
    signal?.throwIfAborted()
    const rows = next.shape[0]!
    const running = run(next, targets.subarray(0, rows * target.length), first)
    const following = first + batch < count ? prepare(first + batch) : next
    ;[next] = await Promise.all([following, running])
    progress?.(first + rows, count)
  }
}

/**
 * The scores of variations of one input.
 *
 * @param vary writes variation `k`; called once for each, in order, with a copy of the input
 * @returns `count` scores
 */
export async function scoresOfVariations(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  { batch = 8, ...running }: Running & { readonly count: number },
  vary: (k: number, into: Float32Array) => void,
): Promise<number[]> {
  const scores: number[] = []
  await inBatches(input, target, { ...running, batch }, vary, async (inputs, targets) => {
    scores.push(...(await scoresOf(inputs, targets)))
  })
  return scores
}
