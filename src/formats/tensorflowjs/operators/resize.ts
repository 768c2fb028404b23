/** Resizing pictures. */

import { float32 } from '../../../graph/types.ts'
import type { Rule } from '../importer.ts'
import { shapeOf } from '../layout.ts'
import { heightAndWidth } from './window.ts'

/**
 * Where TensorFlow looks in the picture for pixel i of the result:
 *
 * - `align_corners`: i · (in − 1) / (out − 1); the nearest pixel is the rounded one;
 * - `half_pixel_centers`: (i + ½) · in / out − ½, ONNX's default; the nearest is the rounded one too;
 * - neither: i · in / out (ONNX calls it asymmetric); the nearest is the one below.
 */
export function resize(mode: 'linear' | 'nearest'): Rule {
  return (importer, node) => {
    const x = importer.input(node, 0)
    const from = heightAndWidth(shapeOf(x))
    const to = importer.integers(node, 1, 'the new size')
    const corners = node.flag('align_corners')
    const centers = node.flag('half_pixel_centers')
    if (corners && centers) throw new Error('align_corners and half_pixel_centers exclude each other')
    const below = !corners && !centers
    const scales = from.map((size, k) => scaleTo(size, to[k]!, mode === 'nearest' && below))
    const value = importer.emit(
      node.name,
      'Resize',
      [
        importer.picture(x),
        undefined,
        importer.constant(float32([4], [1, 1, ...scales]), `${node.name}.scales`),
      ],
      {
        mode,
        coordinate_transformation_mode: corners ? 'align_corners' : centers ? 'half_pixel' : 'asymmetric',
        nearest_mode: below ? 'floor' : 'round_prefer_ceil',
      },
    )
    return { form: 'picture', value }
  }
}

/**
 * The factor of a Resize, which ONNX holds in 32 bits: one that gives the wanted size and, where pixels are
 * rounded down, the pixels that TensorFlow takes.
 *
 * @throws Error where no such factor is near the quotient
 */
function scaleTo(from: number, to: number, below: boolean): number {
  const quotient = Math.fround(to / from)
  for (const scale of [quotient, neighbour(quotient, 1), neighbour(quotient, -1)]) {
    const size = Math.floor(Math.fround(from * scale))
    const exact = Array.from({ length: to }, (_, k) => Math.floor((k * from) / to))
    const found = exact.map((_, k) => Math.floor(Math.fround(k / scale)))
    if (size === to && (!below || exact.every((pixel, k) => pixel === found[k]))) return scale
  }
  throw new Error(`a resize from ${from} to ${to} pixels cannot be written exactly`)
}

/** The next number of 32 bits, above or below a positive one. */
function neighbour(value: number, step: 1 | -1): number {
  const bits = new Int32Array(Float32Array.of(value).buffer)
  bits[0]! += step
  return new Float32Array(bits.buffer)[0]!
}
