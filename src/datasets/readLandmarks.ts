import { readFileSync } from 'node:fs'
import { messageOf, UserError } from '../base/errors.ts'
import { parseLandmarks } from '../faces/landmarks.ts'
import type { Point } from '../pictures/image.ts'

/**
 * Read a file of 49 landmarks: one point a line, x and y in pixels of the photo.
 *
 * @throws UserError naming the file, when it cannot be read or does not hold 49 points
 */
export function readLandmarks(path: string): Point[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError(`the landmarks cannot be read (${messageOf(error)})`, path)
  }
  return parseLandmarks(text, path)
}
