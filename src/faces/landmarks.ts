/**
 * The 49 facial landmarks: the 68 points of the iBUG 300-W scheme without the 17 points along the jaw and
 * without the two inner corners of the mouth. `left` and `right` are those of the person in the picture, so
 * the right eye is on the left of the photo.
 */

import { UserError } from '../base/errors.ts'
import type { Point } from '../pictures/image.ts'

/** Which of the 49 landmarks lie on which part: the index of the first, and the index after the last. */
export const LANDMARKS = {
  /** From the temple to the nose. */
  rightBrow: [0, 5],
  /** From the nose to the temple. */
  leftBrow: [5, 10],
  /** Down the bridge of the nose to its tip. */
  noseBridge: [10, 14],
  /** Below the nose, from the right nostril to the left one. */
  nostrils: [14, 19],
  /** Outer corner, along the upper lid, inner corner, back along the lower lid. */
  rightEye: [19, 25],
  /** Inner corner, along the upper lid, outer corner, back along the lower lid. */
  leftEye: [25, 31],
  /** The outer edge of the lips from the right corner along the upper lip, back along the lower lip. */
  outerLips: [31, 43],
  /** Where the lips meet, without the corners: three points of the upper lip, three of the lower lip back. */
  innerLips: [43, 49],
} as const satisfies Record<string, readonly [start: number, end: number]>

const COUNT = 49

/**
 * Read 49 landmarks from text: one point a line, x and y in pixels of the photo, separated by white space or a
 * comma. Empty lines are skipped.
 *
 * @param where the name of the file, for the error
 * @throws UserError naming the file and the line that is not a pair of numbers, or the number of points found
 */
export function parseLandmarks(text: string, where: string): Point[] {
  const points: Point[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const fields = line.trim().split(/\s*,\s*|\s+/)
    const [x, y] = fields.map((field) => (field === '' ? Number.NaN : Number(field)))
    if (fields.length !== 2 || !Number.isFinite(x) || !Number.isFinite(y)) {
      throw new UserError(
        `line ${index + 1} is "${line.trim().slice(0, 40)}", not a pair of numbers`,
        where,
        'Each line holds one landmark, its x and y in pixels of the photo',
      )
    }
    points.push({ x: x!, y: y! })
  }
  requireAll(points, where)
  return points
}

/**
 * The centres of the two eyes: for each, the mean of its six landmarks.
 *
 * @param points the 49 landmarks
 */
export function eyeCentres(points: readonly Point[]): { right: Point; left: Point } {
  return {
    right: centre(points.slice(...LANDMARKS.rightEye)),
    left: centre(points.slice(...LANDMARKS.leftEye)),
  }
}

/** The mean of some points. */
export function centre(points: readonly Point[]): Point {
  let [x, y] = [0, 0]
  for (const point of points) {
    x += point.x / points.length
    y += point.y / points.length
  }
  return { x, y }
}

/** @throws UserError, naming `where`, unless there are 49 landmarks */
export function requireAll(points: readonly Point[], where?: string): void {
  if (points.length === COUNT) return
  throw new UserError(
    `has ${points.length} landmarks, not ${COUNT}`,
    where,
    'They are the 68 points of the 300-W scheme without the jaw and the two inner corners of the mouth',
  )
}
