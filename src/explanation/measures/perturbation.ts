/**
 * How a network's score changes while a picture loses its pixels, the most relevant first and the least relevant first.
 * Both orders go through the network together, with a single forward pass for each picture.
 */

import type { TensorOf } from '../../graph/types.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { inBatches, type Running, type ScoresOf } from '../methods/program.ts'
import { type FillOptions, fadingPicture } from './fills.ts'
import type { Finding } from './finding.ts'
import { requireSameSize } from './sameSize.ts'

/** The orders in which pixels go: the most relevant first, or the least relevant first. */
export const ORDERS = ['morf', 'lerf'] as const
export type Order = (typeof ORDERS)[number]

/** How the score changes while pixels go: a point for the whole picture, and one for each step. */
export interface Curves {
  /**
   * At each point, the share of the pixels that are gone: from 0, never falling. The orders differ where the picture's
   * edges cut regions off.
   */
  readonly gone: Readonly<Record<Order, readonly number[]>>
  /** At each point, the score: first that of the whole picture. */
  readonly scores: Readonly<Record<Order, readonly number[]>>
}

/** What became of the score. */
export interface Perturbation extends Finding, Curves {
  /**
   * ABPC, the area between the perturbation curves: the mean of LeRF minus MoRF over all points, which is AOPC by MoRF
   * minus AOPC by LeRF, in units of the score.
   */
  readonly value: number
  /** AOPC, the area over the perturbation curve: 1/(L + 1) · Σ_{k=0}^{L} (score 0 − score k), in units of the score. */
  readonly aopc: Readonly<Record<Order, number>>
}

/** @throws UserError where a map is not of an input [1, channels, height, width] */
export function requireInput(map: PixelRelevance, { shape }: TensorOf<'float32'>): void {
  const [height, width] = shape.slice(2) as [number, number]
  requireSameSize(map, { width, height, data: { length: width * height } }, 'map', 'input')
}

/**
 * Remove a picture's pixels step by step, in both orders, and score it at each step.
 *
 * @param input [1, channels, height, width]
 * @param target a number for each class
 * @param groups for each order, the pixels that go at each step: as many steps in both
 */
export async function perturb(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  groups: Readonly<Record<Order, readonly Uint32Array[]>>,
  { batch = 8, signal, progress, ...fill }: FillOptions & Running,
): Promise<Perturbation> {
  const pixels = input.shape[2]! * input.shape[3]!
  const steps = groups.morf.length
  const gone = { morf: sharesOf(groups.morf, pixels), lerf: sharesOf(groups.lerf, pixels) }
  // Once all pixels are gone, the pictures of both orders are the same.
  const last = gone.morf.at(-1) === 1 ? 1 : 0
  const whole = fadingPicture(input, fill)
  let picture = whole()
  const scores: number[] = []
  await inBatches(
    input,
    target,
    { count: 1 + 2 * steps - last, batch, signal, progress },
    (k, into) => {
      if (k === 0) return
      const [order, step] = k <= steps ? (['morf', k - 1] as const) : (['lerf', k - 1 - steps] as const)
      if (step === 0) picture = whole()
      picture.replace(groups[order][step]!)
      into.set(picture.data)
    },
    async (inputs, targets) => {
      scores.push(...(await scoresOf(inputs, targets)))
    },
  )
  const [first] = scores as [number]
  const morf = scores.slice(0, steps + 1)
  const lerf = [first, ...scores.slice(steps + 1), ...(last ? [morf.at(-1)!] : [])]
  const over = (curve: readonly number[]) =>
    curve.reduce((sum, score) => sum + first - score, 0) / curve.length
  const aopc = { morf: over(morf), lerf: over(lerf) }
  return {
    value: aopc.morf - aopc.lerf,
    gone,
    scores: { morf, lerf },
    aopc,
  }
}

/** The share of the pixels that are gone before the first group, and after each. */
function sharesOf(groups: readonly Uint32Array[], pixels: number): number[] {
  const counts = [0]
  for (const { length } of groups) counts.push(counts.at(-1)! + length)
  return counts.map((count) => count / pixels)
}
