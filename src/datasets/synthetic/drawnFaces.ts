/** Drawn faces as SVG, for a page, which can paint SVG without an image library. */

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
  /** Draw one age group only: the index of one of Adience's eight, from 0 (babies) to 7 (60 and older). */
  readonly age?: number
  /** Whether each picture has a badge in its upper left corner; by default none has. */
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

/**
 * This many photos times n hold at least n of each age: a block has at most 64 photos, and at least 4 of each
 * age.
 */
const PHOTOS_FOR_AN_AGE = 64 / 4

/** Draw faces, two to four of each person: those that `regard dataset synthesize` paints, as SVG. */
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
