import type { TensorOf } from '../../graph/types.ts'
import { descending } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import type { Running, ScoresOf } from '../methods/program.ts'
import { completeOptions } from '../options.ts'
import type { FillOptions } from './fills.ts'
import { type Perturbation, perturb, requireInput } from './perturbation.ts'

/** Which regions go, and what replaces them. */
export interface RegionPerturbationOptions extends FillOptions {
  /** Side of a region, in pixels. */
  readonly region: number
  /** How many regions go, one at each step; all where there are fewer. */
  readonly steps: number
}

/**
 * Region perturbation: how the score changes while square regions of a picture are replaced, one after another, in the
 * order of their relevance. The regions lie side by side from the upper left corner; those at the right and lower edges
 * are cut off there. A region's relevance is the sum over its pixels; ties go row by row, and least relevant first is
 * that order reversed.
 *
 * Samek, Binder, Montavon, Lapuschkin and Müller 2017, *Evaluating the Visualization of What a Deep Neural Network Has Learned*,
 * equations 8 to 12; 100 regions of 9 × 9 there.
 *
 * @param scoresOf the scores: logits, or probabilities
 * @param input [1, channels, height, width]
 * @param target a number for each class
 * @param map of the input
 * @returns a point of each curve for the whole picture, and one for each region that went
 * @throws UserError where the map is not of the input's size; the signal's reason, when that stops it
 */
export async function regionPerturbation(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  map: PixelRelevance,
  { batch, signal, progress, ...options }: Partial<RegionPerturbationOptions> & Running = {},
): Promise<Perturbation> {
  const { region, steps, ...fill } = completeOptions<RegionPerturbationOptions>(
    MEASURES['region-perturbation'].options,
    options,
  )
  requireInput(map, input)
  const regions = regionsOf(map, region)
  const sums = regions.map((pixels) => pixels.reduce((sum, pixel) => sum + map.data[pixel]!, 0))
  const morf = [...descending(sums)].map((index) => regions[index]!)
  const groups = { morf: morf.slice(0, steps), lerf: morf.toReversed().slice(0, steps) }
  return perturb(scoresOf, input, target, groups, { ...fill, batch, signal, progress })
}

/** The pixels of each region, row by row. */
function regionsOf({ width, height }: PixelRelevance, side: number): Uint32Array[] {
  const columns = Math.ceil(width / side)
  const regions = Array.from({ length: columns * Math.ceil(height / side) }, (): number[] => [])
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      regions[Math.floor(y / side) * columns + Math.floor(x / side)]!.push(y * width + x)
  return regions.map((pixels) => Uint32Array.from(pixels))
}
