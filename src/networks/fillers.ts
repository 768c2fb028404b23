import type { Random } from '../base/random.ts'
import { float32, sizeOf, type TensorOf } from '../graph/types.ts'

/** Caffe's `gaussian` filler: normal with mean 0. */
export function gaussian(shape: readonly number[], deviation: number, random: Random): TensorOf<'float32'> {
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, deviation)),
  )
}

/** Caffe's `constant` filler. */
export function constant(shape: readonly number[], value: number): TensorOf<'float32'> {
  return float32(shape, new Float32Array(sizeOf(shape)).fill(value))
}
