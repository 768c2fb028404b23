/** Which way up a face is, by its eyes and its mouth. */

import type { Point } from '../pictures/image.ts'
import { centre, eyeCentres, LANDMARKS } from './landmarks.ts'

/** Where the features that say which way up a face is lie. `left` and `right` are those of the person. */
export interface Features {
  readonly rightEye: Point
  readonly leftEye: Point
  readonly mouth: Point
}

/**
 * The features from the landmarks.
 *
 * @param landmarks the 49 landmarks
 */
export function featuresOf(landmarks: readonly Point[]): Features {
  const { right, left } = eyeCentres(landmarks)
  const [start] = LANDMARKS.outerLips
  const [, end] = LANDMARKS.innerLips
  return { rightEye: right, leftEye: left, mouth: centre(landmarks.slice(start, end)) }
}

/**
 * The direction from the person's right to the left: along x for an upright face.
 *
 * It uses the eyes and the mouth together: in profile, the eyes lie so close together that the line through them points
 * anywhere. On FairFace, the eyes alone lose 5 of 143 faces, and this loses 3.
 */
export function acrossOf({ rightEye, leftEye, mouth }: Features): Point {
  const eyes = centre([rightEye, leftEye])
  return { x: leftEye.x - rightEye.x + mouth.y - eyes.y, y: leftEye.y - rightEye.y + eyes.x - mouth.x }
}

/** How many degrees a face is turned clockwise: −180 to 180, 0 for an upright one. */
export function rollOf(features: Features): number {
  const { x, y } = acrossOf(features)
  return (180 * Math.atan2(y, x)) / Math.PI
}
