import { readText } from '../base/files.ts'
import { parseLandmarks } from '../faces/landmarks.ts'
import type { Point } from '../pictures/image.ts'

/**
 * Read a file of 49 landmarks: one point a line, x and y in pixels of the photo.
 *
 * @throws UserError naming the file, when it cannot be read or does not hold 49 points
 */
export function readLandmarks(path: string): Point[] {
  return parseLandmarks(readText(path, { what: 'the landmarks' }), path)
}
