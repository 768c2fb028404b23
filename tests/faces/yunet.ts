/** YuNet, an independent face detector: a second opinion on where faces are. */

import { nodeEngine } from '../../src/engine/node.ts'
import type { Box } from '../../src/faces/face.ts'
import { readOnnxFile } from '../../src/formats/node.ts'
import type { Image, Point } from '../../src/pictures/image.ts'
import { warpAffine } from '../../src/pictures/warp.ts'

export interface SecondOpinion {
  readonly box: Box
  readonly score: number
  readonly rightEye: Point
  readonly leftEye: Point
}

const SIDE = 640
const STRIDES = [8, 16, 32]

/** YuNet as a function that gives the faces of a photo, the surest first, each with its surest box. */
export async function yunet(path: string): Promise<(photo: Image) => Promise<SecondOpinion[]>> {
  const program = await (await nodeEngine()).load(await readOnnxFile(path))
  return async (photo) => {
    const scale = Math.max(photo.width, photo.height) / SIDE
    const { data } = warpAffine(photo, [scale, 0, 0, 0, scale, 0], SIDE, SIDE)
    const area = SIDE * SIDE
    const planes = Float32Array.from(
      { length: 3 * area },
      (_, k) => data[3 * (k % area) + 2 - Math.floor(k / area)]!,
    )
    const outputs = await program.run({ input: { type: 'float32', shape: [1, 3, SIDE, SIDE], data: planes } })
    const found: SecondOpinion[] = []
    for (const stride of STRIDES) {
      const [cls, obj, bbox, kps] = ['cls', 'obj', 'bbox', 'kps'].map(
        (name) => outputs[`${name}_${stride}`]!.data,
      ) as Float32Array[]
      const cells = SIDE / stride
      for (const [k, sure] of cls!.entries()) {
        const score = Math.sqrt(sure * obj![k]!)
        if (score < 0.5) continue
        const [column, row] = [k % cells, Math.floor(k / cells)]
        const unit = stride * scale
        const [x, y] = [(column + bbox![4 * k]!) * unit, (row + bbox![4 * k + 1]!) * unit]
        const [width, height] = [Math.exp(bbox![4 * k + 2]!) * unit, Math.exp(bbox![4 * k + 3]!) * unit]
        const eye = (n: number) => ({
          x: (column + kps![10 * k + 2 * n]!) * unit,
          y: (row + kps![10 * k + 2 * n + 1]!) * unit,
        })
        found.push({
          box: { left: x - width / 2, top: y - height / 2, width, height },
          score,
          rightEye: eye(0),
          leftEye: eye(1),
        })
      }
    }
    found.sort((a, b) => b.score - a.score)
    // Of boxes that contain each other's centres, the surest.
    return found.filter(({ box }, k) => !found.slice(0, k).some((surer) => holds(surer.box, middle(box))))
  }
}

export function middle({ left, top, width, height }: Box): Point {
  return { x: left + width / 2, y: top + height / 2 }
}

function holds({ left, top, width, height }: Box, { x, y }: Point): boolean {
  return x >= left && x <= left + width && y >= top && y <= top + height
}
