import { Random } from '../../base/random.ts'
import { float32, type TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadMaps, ofPlaces } from './loadMaps.ts'

/** The options of {@link randomNumbers}. */
export interface RandomOptions {
  /** The same seed gives the same numbers. */
  readonly seed: string | number
}

/**
 * A control: uniform random numbers. It does not run the network, so whatever holds for it holds without an
 * explanation; a method is worth only what it does better.
 *
 * @param input one picture: [1, channels, height, width]; only its size counts
 * @returns a map of the picture: [1, height, width], from −1 to 1, the same for every class and picture of one size
 */
export function randomNumbers(
  input: TensorOf<'float32'>,
  options: Partial<RandomOptions> = {},
): TensorOf<'float32'> {
  const { seed } = completeOptions(METHODS.random.options, options)
  const [, , height, width] = input.shape as [number, number, number, number]
  const random = new Random(seed)
  return float32(
    [1, height, width],
    Float32Array.from({ length: height * width }, () => random.uniform(-1, 1)),
  )
}

/** Load a network, for random numbers as its maps. */
export const load: LoadMethod<WithOptions<'random', RandomOptions>> = (subject, { method: _, ...given }) => {
  const options = completeOptions(METHODS.random.options, given)
  return loadMaps(subject, async () => ({
    async map(picture, _, { progress }) {
      const map = ofPlaces(randomNumbers(picture, options))
      progress?.(1, 1)
      return map
    },
  }))
}
