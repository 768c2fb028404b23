/** Drawn faces as SVG, for who has no image library but can paint that: a page. */

import type { Point } from '../../pictures/image.ts'
import type { Gender } from '../task.ts'
import { drawCast } from './cast.ts'
import { layersOf, pictureSvg } from './draw.ts'
import { PHOTO_SIZE } from './frame.ts'
import { landmarksOf } from './landmarks.ts'
import { faceShapeOf } from './shape.ts'

/** Which faces are drawn. The same options give the same faces. */
export interface DrawnFacesOptions {
  readonly count: number
  readonly seed: string | number
  /** Of one age group only: the index of one of Adience's eight, 0 for babies to 7 for the old. */
  readonly age?: number
  /** Whether a badge lies in the upper left corner of each; none where not given. */
  readonly marked?: boolean
}

/** A drawn face and the truth about it. */
export interface DrawnFace {
  /** A picture of `size` × `size` pixels, without the blur and the noise of a data set's photos. */
  readonly svg: string
  readonly size: number
  /** The 49 landmarks, in its pixels. */
  readonly landmarks: readonly Point[]
  /** The index of the age group, 0 to 7. */
  readonly age: number
  readonly gender: Gender
  /** Who it is: photos of one person show the same one. */
  readonly subject: string
}

/** Of as many photos as this times a count, at least the count are of each age: a block has 64 at most, 4 of each at least. */
const PHOTOS_FOR_AN_AGE = 64 / 4

/** Draw faces, two to four of a person: those that `regard dataset synthesize` writes, as they are before they are painted. */
export function drawnFaces({ count, seed, age, marked = false }: DrawnFacesOptions): DrawnFace[] {
  const cast = drawCast(age === undefined ? count : PHOTOS_FOR_AN_AGE * (count + 4), seed)
  const wanted = cast.filter(({ person }) => age === undefined || person.age === age).slice(0, count)
  return wanted.map(({ person, shot, subject }) => {
    const shape = faceShapeOf(person, shot)
    return {
      svg: pictureSvg(layersOf(person, shot, shape, marked), shot),
      size: PHOTO_SIZE,
      landmarks: landmarksOf(shape, shot),
      age: person.age,
      gender: person.gender,
      subject,
    }
  })
}
