import type { Random } from '../base/random.ts'
import { float32, sizeOf, type TensorOf } from '../graph/types.ts'

/** How a layer's weights start, as Caffe's fillers do it. */
export type Filler = { readonly gaussian: number } | 'xavier' | 'msra' | { readonly constant: number }

/**
 * Weights of a layer as they start.
 *
 * `gaussian` is normal with this deviation; `xavier` uniform within ±√(3 / inputs) (Glorot and Bengio 2010, in
 * Caffe's form, which looks at the inputs alone); `msra` normal with √(2 / inputs) (He et al. 2015).
 *
 * @param shape the first dimension counts the filters: what is left over is a filter's number of inputs
 */
export function filled(shape: readonly number[], filler: Filler, random: Random): TensorOf<'float32'> {
  const inputs = sizeOf(shape.slice(1))
  const draw = drawFrom(filler, inputs, random)
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => draw()),
  )
}

function drawFrom(filler: Filler, inputs: number, random: Random): () => number {
  if (filler === 'xavier') {
    const most = Math.sqrt(3 / inputs)
    return () => random.uniform(-most, most)
  }
  if (filler === 'msra') return () => random.normal(0, Math.sqrt(2 / inputs))
  if ('constant' in filler) return () => filler.constant
  return () => random.normal(0, filler.gaussian)
}
