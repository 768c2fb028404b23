import type { Random } from '../base/random.ts'
import { float32, sizeOf, type TensorOf } from '../graph/types.ts'

/** How the weights of a layer start, as in Caffe's fillers. */
export type Filler =
  | 'xavier'
  | 'msra'
  | {
      /** The published standard deviation. */
      readonly gaussian: number
      /** How many inputs a filter has in the published network, for which the deviation was chosen. */
      readonly inputs: number
    }

/**
 * The starting weights of a layer.
 *
 * `xavier` is uniform within ±√(3 / inputs) (Glorot and Bengio 2010, in Caffe's form, which only considers the inputs);
 * `msra` is normal with √(2 / inputs) (He et al. 2015); `gaussian` is normal with the published deviation. Where a
 * narrower network or a smaller picture has fewer inputs to sum than the published one, the weights are larger, which
 * keeps the activations at the published size: otherwise nothing is learnt in the first thousand iterations.
 *
 * @param shape the first dimension counts the filters; the product of the others is a filter's number of inputs
 */
export function filled(shape: readonly number[], filler: Filler, random: Random): TensorOf<'float32'> {
  const tensor = float32(shape)
  const draw = drawFrom(filler, sizeOf(shape.slice(1)), random)
  // A plain loop: VGG-16 has 138 million of them.
  for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = draw()
  return tensor
}

function drawFrom(filler: Filler, inputs: number, random: Random): () => number {
  if (filler === 'xavier') {
    const most = Math.sqrt(3 / inputs)
    return () => random.uniform(-most, most)
  }
  const deviation =
    filler === 'msra' ? Math.sqrt(2 / inputs) : filler.gaussian * Math.sqrt(filler.inputs / inputs)
  return () => random.normal(0, deviation)
}
