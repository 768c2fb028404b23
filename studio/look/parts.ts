/** Parts of a photo as areas to paint on. */

import { FACE_PARTS, type FoundFace, partOutlines } from 'regard'
import { FIELDS } from '../worker/fields.ts'
import type { Area } from '../worker/protocol.ts'
import { paint } from './edit.ts'
import { faceIn, getLook, type OpenedPhoto } from './store.ts'

/** The parts that can be painted as a whole: those of a face, or the nine fields of a photo. */
export function partsToPaint(face: FoundFace | undefined): readonly string[] {
  const [background, ...parts] = FACE_PARTS
  return face ? [...parts, background] : FIELDS
}

/** The areas of a part, in pixels of the photo: from the mesh for a face, else a ninth of the photo. */
export function areasOf(
  part: string,
  photo: Pick<OpenedPhoto, 'width' | 'height'>,
  face: FoundFace | undefined,
): Area[] {
  const { width, height } = photo
  const field = (left: number, top: number, right: number, bottom: number) => [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ]
  if (!face) {
    const k = FIELDS.indexOf(part)
    const [column, row] = [k % 3, Math.floor(k / 3)]
    const across = [column, column + 1].map((third) => (width * third) / 3)
    const down = [row, row + 1].map((third) => (height * third) / 3)
    return [{ outline: field(across[0]!, down[0]!, across[1]!, down[1]!), inside: true }]
  }
  const areas = partOutlines(face.mesh).map((each) => ({
    // A hundredth of a pixel is enough, and links and keys stay short.
    outline: each.outline.map(({ x, y }) => ({ x: Math.round(100 * x) / 100, y: Math.round(100 * y) / 100 })),
    inside: each.part === part,
  }))
  if (part === 'background') return [{ outline: field(0, 0, width, height), inside: true }, ...areas]
  return areas.slice(areas.findIndex(({ inside }) => inside))
}

/** Paint a whole part with the chosen brush. */
export function paintPart(part: string): void {
  const state = getLook()
  if (!state.photo) return
  const { brush, size } = state
  paint({ brush, size, areas: areasOf(part, state.photo, faceIn(state)) })
}
