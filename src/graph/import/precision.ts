/**
 * Turns models in half or double precision into single precision, in which regard computes.
 *
 * Single precision holds every half-precision number exactly; double-precision numbers are rounded to the nearest.
 * Brain floats (bfloat16) become single-precision when they are read (`proto.ts`).
 */

import type { DataType, Tensor } from '../types.ts'

/** The element type that replaces a floating-point one. */
export function singleType(type: DataType): DataType {
  return type === 'float16' || type === 'float64' ? 'float32' : type
}

/** A tensor whose floating-point elements are in single precision: itself, where they already are. */
export function single(tensor: Tensor): Tensor {
  if (tensor.type === 'float64') return { ...tensor, type: 'float32', data: Float32Array.from(tensor.data) }
  if (tensor.type !== 'float16') return tensor
  const data = new Float32Array(tensor.data.length)
  for (let k = 0; k < data.length; k++) data[k] = fromHalf(tensor.data[k]!)
  return { type: 'float32', shape: tensor.shape, data }
}

// IEEE 754 binary16: a sign, five bits of exponent (all ones: infinity or NaN; zero: no leading one), ten of fraction.
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
