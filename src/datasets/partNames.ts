import { FACE_PARTS } from '../faces/parts.ts'
import type { Face } from './dataset.ts'
import { PARTS } from './synthetic/parts.ts'

/** The names of the parts that faces are labelled with: drawn faces have more than photos. */
export function partNames(faces: readonly Pick<Face, 'mask'>[]): readonly string[] {
  return faces.some(({ mask }) => mask !== undefined) ? PARTS : FACE_PARTS
}
