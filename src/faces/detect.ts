/**
 * Where the faces are: what goes into BlazeFace, and what its answers mean (Bazarevsky et al. 2019, BlazeFace:
 * Sub-millisecond neural face detection on mobile GPUs; the model for whole photos, which sees 256 × 256 pixels).
 *
 * It lays two grids over its input, of 16 × 16 cells and of 8 × 8, and answers several times for each cell (2 and 6)
 * whether a face is centred near it. Each answer is the logit of the score, and 16 numbers in pixels: centre, width and
 * height of the box and six points, all except the sizes relative to the centre of the cell. The points are the right
 * eye, the left eye, the tip of the nose, the mouth and the ears.
 */

import type { Tensors } from '../engine/engine.ts'
import type { TensorOf } from '../graph/types.ts'
import { type Affine, applyAffine } from '../pictures/affine.ts'
import type { Image } from '../pictures/image.ts'
import { warpAffine } from '../pictures/warp.ts'
import type { Box } from './face.ts'
import type { Features } from './roll.ts'

/** A face as the detector gives it, in pixels of the photo. */
export interface Detection extends Features {
  readonly box: Box
  /** 0 to 1. */
  readonly score: number
}

/** How the photo is shown to the detector: rotated clockwise by this many quarter turns. */
export type Quarters = 0 | 1 | 2 | 3

/** Side of the detector's input, in pixels. */
const SIDE = 256
/** The outputs for each grid: their names, and the layout of the grid. */
const GRIDS = [
  { scores: 'Identity', boxes: 'Identity_2', cells: 16, each: 2 },
  { scores: 'Identity_1', boxes: 'Identity_3', cells: 8, each: 6 },
]
const NUMBERS = 16
/** The least score of a face. */
const LEAST_SCORE = 0.5
/** Two boxes whose intersection over union exceeds this are of one face. */
const SAME_FACE = 0.3

/**
 * The detector's input: a photo made square, as values from −1 to 1; and the map from it to the photo.
 *
 * @param reach the side of the square, in longer sides of the photo, which lies in its middle
 */
export function detectorInput(
  photo: Image,
  reach: number,
  quarters: Quarters,
): { input: TensorOf<'float32'>; map: Affine } {
  const scale = (reach * Math.max(photo.width, photo.height)) / SIDE
  const [cosine, sine] = [[1, 0, -1, 0][quarters]! * scale, [0, -1, 0, 1][quarters]! * scale]
  const left = (photo.width - SIDE * (cosine - sine)) / 2
  const top = (photo.height - SIDE * (sine + cosine)) / 2
  const map: Affine = [cosine, -sine, left, sine, cosine, top]
  const { data } = warpAffine(photo, map, SIDE, SIDE)
  const input = new Float32Array(data.length)
  // Plain loops here and for the mesh: Float32Array.from takes as long as the networks.
  for (let k = 0; k < data.length; k++) input[k] = data[k]! / 127.5 - 1
  return { input: { type: 'float32', shape: [1, SIDE, SIDE, 3], data: input }, map }
}

/**
 * The faces in the detector's answers, the surest first.
 *
 * @param map from the detector's input to the photo
 */
export function detections(outputs: Tensors, map: Affine): Detection[] {
  return merged(candidates(outputs)).map((candidate) => inPhoto(candidate, map))
}

/** One answer of the detector: its score, and its 16 numbers in pixels of its input. */
interface Candidate {
  readonly score: number
  readonly numbers: readonly number[]
}

function candidates(outputs: Tensors): Candidate[] {
  return GRIDS.flatMap(({ scores, boxes, cells, each }) => {
    const logits = outputs[scores]!.data as Float32Array
    const numbers = outputs[boxes]!.data as Float32Array
    const found: Candidate[] = []
    for (const [k, logit] of logits.entries()) {
      const score = 1 / (1 + Math.exp(-logit))
      if (score < LEAST_SCORE) continue
      const cell = Math.floor(k / each)
      const x = (((cell % cells) + 0.5) * SIDE) / cells
      const y = ((Math.floor(cell / cells) + 0.5) * SIDE) / cells
      const own = Array.from(numbers.subarray(NUMBERS * k, NUMBERS * (k + 1)))
      const isSize = (n: number) => n === 2 || n === 3
      found.push({ score, numbers: own.map((v, n) => (isSize(n) ? v : v + (n % 2 === 0 ? x : y))) })
    }
    return found
  })
}

/**
 * One candidate for each face: the mean of all that overlap the surest, weighted by their scores, with the score of the
 * surest. The mean is steadier than the surest alone.
 */
function merged(found: readonly Candidate[]): Candidate[] {
  let rest = [...found].sort((a, b) => b.score - a.score)
  const faces: Candidate[] = []
  while (rest.length > 0) {
    const [surest] = rest as [Candidate, ...Candidate[]]
    const same = rest.filter(
      (other) => overlap(surest.numbers, other.numbers) > SAME_FACE || other === surest,
    )
    const weight = same.reduce((sum, { score }) => sum + score, 0)
    const numbers = surest.numbers.map(
      (_, n) => same.reduce((sum, each) => sum + each.score * each.numbers[n]!, 0) / weight,
    )
    faces.push({ score: surest.score, numbers })
    rest = rest.filter((other) => !same.includes(other))
  }
  return faces
}

/** The intersection over union of two boxes. */
function overlap([x, y, w, h]: readonly number[], [p, q, v, g]: readonly number[]): number {
  const across = Math.min(x! + w! / 2, p! + v! / 2) - Math.max(x! - w! / 2, p! - v! / 2)
  const down = Math.min(y! + h! / 2, q! + g! / 2) - Math.max(y! - h! / 2, q! - g! / 2)
  const shared = Math.max(across, 0) * Math.max(down, 0)
  return shared / (w! * h! + v! * g! - shared)
}

function inPhoto({ score, numbers }: Candidate, map: Affine): Detection {
  const [x, y, w, h, ...points] = numbers as [number, number, number, number, ...number[]]
  const from = applyAffine(map, { x: x - w / 2, y: y - h / 2 })
  const to = applyAffine(map, { x: x + w / 2, y: y + h / 2 })
  const [left, top] = [Math.min(from.x, to.x), Math.min(from.y, to.y)]
  const [a, b, , d, e] = map
  const point = (k: number) => applyAffine(map, { x: points[2 * k]!, y: points[2 * k + 1]! })
  return {
    // After quarter turns, an upright box is still upright.
    box: { left, top, width: Math.abs(a) * w + Math.abs(b) * h, height: Math.abs(d) * w + Math.abs(e) * h },
    score,
    rightEye: point(0),
    leftEye: point(1),
    mouth: point(3),
  }
}
