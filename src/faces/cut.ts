/** Cutting faces out of a photo: which of the faces found are taken, and how they are cut out. */

import type { Affine } from '../pictures/affine.ts'
import type { Image, Point } from '../pictures/image.ts'
import { warpAffine } from '../pictures/warp.ts'
import { type Alignment, align, alignment } from './align.ts'
import { type Box, type FoundFace, isMarked, mainFace } from './face.ts'
import { landmarks49 } from './meshLandmarks.ts'
import { featuresOf, rollOf } from './roll.ts'

/**
 * A window around the detector's box, for networks that were trained on faces as a detector found them. It is upright;
 * where a face lies on its side or is upside down, the window turns with it by quarter turns. Its unit is the side of
 * the square around the box.
 */
export interface BoxCut {
  /** Its side, or its width and height: what is not square is stretched to a square picture. */
  readonly box: number | readonly [width: number, height: number]
  /** How far its middle lies below that of the box; by default 0. */
  readonly down?: number
}

/** How faces are cut out: aligned by their landmarks, or by the detector's box. */
export type Cut = Alignment | BoxCut

/** How the faces of a photo are taken. */
export interface CutOptions {
  readonly as: Cut
  /** The side of the pictures, in pixels. */
  readonly size: number
  /** Whether to take every face of a photo, or its main one alone. */
  readonly all: boolean
}

/** A face that was cut out. */
export interface CutFace {
  readonly picture: Image
  /** From points of the picture to points of the photo. */
  readonly map: Affine
  /** The 468 points of its mesh, in pixels of the photo; absent where the landmarks were given. */
  readonly mesh?: readonly Point[]
  /** How it was found; absent where the landmarks were given. */
  readonly found?: Omit<FoundFace, 'mesh'>
}

/** The faces of a photo. */
export interface CutFaces {
  /** The surest first. */
  readonly faces: CutFace[]
  /** Why faces are missing, one sentence for each. */
  readonly refused: string[]
}

/** Cut out the faces that were found in a photo. */
export function cutFaces(photo: Image, found: readonly FoundFace[], options: CutOptions): CutFaces {
  const { as, size, all } = options
  const chosen = all ? found : [mainFace(found, photo)].filter((face) => face !== undefined)
  if (chosen.length === 0) return { faces: [], refused: ['no face was found in it'] }
  return {
    faces: chosen.filter(isMarked).map((face) => cutFound(photo, face, as, size)),
    refused: chosen.filter((face) => !isMarked(face)).map(notMarked),
  }
}

/** Cut out one face that was found, and that the mesh network recognised. */
export function cutFound(photo: Image, { mesh, ...found }: FoundFace, as: Cut, size: number): CutFace {
  if (typeof as === 'string') return { ...cutByLandmarks(photo, landmarks49(mesh), as, size), mesh, found }
  const map = windowMap(found.box, quartersOf(mesh), as, size)
  return { picture: warpAffine(photo, map, size, size), map, mesh, found }
}

/**
 * Cut out the face whose landmarks are given.
 *
 * @throws UserError as {@link align} does
 */
export function cutByLandmarks(
  photo: Image,
  landmarks: readonly Point[],
  as: Alignment,
  size: number,
): CutFace {
  return { picture: align(photo, landmarks, as, size), map: alignment(landmarks, as, size) }
}

/** The message for a face that the mesh network did not recognise. */
export function notMarked({ box: { left, top, width, height } }: FoundFace): string {
  const [x, y] = [left + width / 2, top + height / 2].map((place) => place.toFixed(0))
  return `eyes, nose and mouth were not recognised in the face around (${x}, ${y})`
}

/** How many quarter turns a face is turned clockwise, rounded: 0 to 3. */
function quartersOf(mesh: readonly Point[]): number {
  return (Math.round(rollOf(featuresOf(landmarks49(mesh))) / 90) + 4) % 4
}

/** From points of the picture of a window to points of the photo. */
function windowMap(
  { left, top, width, height }: Box,
  quarters: number,
  { box, down = 0 }: BoxCut,
  size: number,
): Affine {
  const side = Math.max(width, height)
  const [across, tall] = typeof box === 'number' ? [box, box] : box
  const [cosine, sine] = [[1, 0, -1, 0][quarters]!, [0, 1, 0, -1][quarters]!]
  const x = left + width / 2 - sine * down * side
  const y = top + height / 2 + cosine * down * side
  const [wide, high] = [across * side, tall * side]
  return [
    (cosine * wide) / size,
    (0 - sine * high) / size,
    x - (cosine * wide - sine * high) / 2,
    (sine * wide) / size,
    (cosine * high) / size,
    y - (sine * wide + cosine * high) / 2,
  ]
}
