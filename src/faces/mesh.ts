/**
 * The 468 points of a face: the input of the face mesh network, and the meaning of its answers (Kartynnik et al. 2019,
 * Real-time facial surface geometry from monocular video on mobile GPUs). It sees one upright face in 192 × 192 pixels
 * with a margin around it.
 */

import type { Tensors } from '../engine/engine.ts'
import type { TensorOf } from '../graph/types.ts'
import { type Affine, applyAffine } from '../pictures/affine.ts'
import type { Image, Point } from '../pictures/image.ts'
import { warpAffine } from '../pictures/warp.ts'
import type { Detection } from './detect.ts'
import { acrossOf } from './roll.ts'

/** Side of the network's input, in pixels. */
const SIDE = 192
/** Side of its square, in sides of the box around the face. */
const MARGIN = 1.5
/** x, y and depth. */
const AXES = 3
const POINTS = 468

/** A mesh in pixels of the photo, and how sure the network is that it saw a face. */
export interface Mesh {
  readonly mesh: readonly Point[]
  /** 0 to 1. */
  readonly presence: number
}

/**
 * The square that the network sees, around the detector's box, turned upright: a map from the network's input to the
 * photo.
 */
export function meshSquare({ box, ...features }: Detection): Affine {
  const { x: across, y: down } = acrossOf(features)
  const scale = (MARGIN * Math.max(box.width, box.height)) / (SIDE * Math.hypot(across, down))
  const [cosine, sine] = [scale * across, scale * down]
  const half = SIDE / 2
  return [
    cosine,
    -sine,
    box.left + box.width / 2 - half * (cosine - sine),
    sine,
    cosine,
    box.top + box.height / 2 - half * (sine + cosine),
  ]
}

/** The network's input: a batch of squares of a photo, as values from 0 to 1. */
export function meshInput(photo: Image, squares: readonly Affine[]): TensorOf<'float32'> {
  const data = new Float32Array(squares.length * SIDE * SIDE * 3)
  for (const [k, square] of squares.entries()) {
    const { data: bytes } = warpAffine(photo, square, SIDE, SIDE)
    for (let at = 0; at < bytes.length; at++) data[k * bytes.length + at] = bytes[at]! / 255
  }
  return { type: 'float32', shape: [squares.length, SIDE, SIDE, 3], data }
}

/** The network's answer for each square. */
export function meshes(outputs: Tensors, squares: readonly Affine[]): Mesh[] {
  const numbers = outputs.output_mesh!.data as Float32Array
  const presence = outputs.output_faceflag!.data as Float32Array
  return squares.map((square, k) => ({
    mesh: Array.from({ length: POINTS }, (_, n) => {
      const at = AXES * (k * POINTS + n)
      return applyAffine(square, { x: numbers[at]!, y: numbers[at + 1]! })
    }),
    presence: presence[k]!,
  }))
}
