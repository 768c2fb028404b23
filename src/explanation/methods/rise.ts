import { Random } from '../../base/random.ts'
import { float32, type TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadScoreMaps } from './loadScoreMaps.ts'
import { inBatches, type Running, type ScoresOf } from './program.ts'

/** The masks that the picture is seen through. */
export interface RiseOptions {
  /** How many masks; the paper takes 4000 to 8000. */
  readonly samples: number
  /** Cells of a mask along each side. */
  readonly grid: number
  /** The probability that a cell is open. */
  readonly probability: number
  /** The value of hidden pixels, in all channels. 0 is the mean where the mean is subtracted. */
  readonly fill: number
  /** The same seed gives the same masks. */
  readonly seed: string | number
}

/**
 * RISE: for each pixel, the mean score of the masked pictures in which it is seen, minus the mean score of all masked
 * pictures. Each mask is a small grid of randomly open or closed cells, enlarged smoothly and shifted.
 *
 * Petsiuk, Das and Saenko 2018, *RISE: Randomized Input Sampling for Explanation of Black-box Models*, section 3: the sum
 * of the masks, each times its score, divided by their number and the expected mask. The paper's map is this one plus
 * the mean score at all pixels; without that, 0 means that a pixel does not matter, and it does not show which pixels
 * the masks happened to cover more often.
 *
 * @param input one picture: [1, channels, height, width]
 * @param target a number for each class
 * @returns a map of the picture: [1, height, width], positive where seeing it raises the score
 */
export async function rise(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  { batch = 8, signal, progress, ...options }: Partial<RiseOptions> & Running = {},
): Promise<TensorOf<'float32'>> {
  const { samples, grid, probability, fill, seed } = completeOptions(METHODS.rise.options, options)
  const [, , height, width] = input.shape as [number, number, number, number]
  const area = height * width
  const random = new Random(seed)
  const masks: Float32Array[] = []
  const [weighted, seen] = [new Float64Array(area), new Float64Array(area)]
  let total = 0
  await inBatches(
    input,
    target,
    { count: samples, batch, signal, progress },
    (_, picture) => {
      const mask = drawnMask(height, width, { grid, probability }, random)
      masks.push(mask)
      for (let k = 0; k < picture.length; k++) picture[k] = fill + mask[k % area]! * (picture[k]! - fill)
    },
    async (inputs, targets) => {
      const scores = await scoresOf(inputs, targets)
      for (const score of scores) {
        const mask = masks.shift()!
        total += score
        for (let pixel = 0; pixel < area; pixel++) {
          weighted[pixel]! += score * mask[pixel]!
          seen[pixel]! += mask[pixel]!
        }
      }
    },
  )
  const mean = total / samples
  return float32(
    [1, height, width],
    Float32Array.from(weighted, (sum, pixel) => (sum - mean * seen[pixel]!) / (samples * probability)),
  )
}

/**
 * A mask from 0 to 1, with a mean of the probability everywhere: the grid is enlarged to one cell more than the
 * picture, linearly between the centres of cells, and a part as large as the picture is cut out at random.
 */
function drawnMask(
  height: number,
  width: number,
  { grid, probability }: Pick<RiseOptions, 'grid' | 'probability'>,
  random: Random,
): Float32Array {
  const cells = Float32Array.from({ length: grid ** 2 }, () => (random.chance(probability) ? 1 : 0))
  const rows = enlargedLine(height, grid, random)
  const columns = enlargedLine(width, grid, random)
  const mask = new Float32Array(height * width)
  for (const [y, { cell: upper, next: lower, share: down }] of rows.entries()) {
    for (const [x, { cell, next, share }] of columns.entries()) {
      const above = cells[upper * grid + cell]! * (1 - share) + cells[upper * grid + next]! * share
      const below = cells[lower * grid + cell]! * (1 - share) + cells[lower * grid + next]! * share
      mask[y * width + x] = above * (1 - down) + below * down
    }
  }
  return mask
}

/**
 * The two cells that each pixel of a line lies between, and how far towards the second, after a random shift of up to
 * one cell.
 */
function enlargedLine(size: number, grid: number, random: Random) {
  const side = Math.ceil(size / grid)
  const shift = random.integer(side + 1)
  return Array.from({ length: size }, (_, pixel) => {
    // In units of the grid's cells, in the enlarged mask.
    const place = ((pixel + shift + 0.5) * grid) / ((grid + 1) * side) - 0.5
    const inside = Math.min(Math.max(place, 0), grid - 1)
    const cell = Math.floor(inside)
    return { cell, next: Math.min(cell + 1, grid - 1), share: inside - cell }
  })
}

/** Load a network to be explained by RISE. */
export const load: LoadMethod<WithOptions<'rise', RiseOptions>> = (subject, { method: _, ...given }) => {
  const options = completeOptions(METHODS.rise.options, given)
  return loadScoreMaps(subject, (scoresOf, picture, target, running) =>
    rise(scoresOf, picture, target, { ...options, ...running }),
  )
}
