/** What Node and the browser say alike of a photo that cannot be used. */

import { messageOf, UserError } from '../base/errors.ts'
import { impostor } from '../base/impostor.ts'
import type { Size } from './fit.ts'

/** How large a photo may be, in millions of pixels. Cameras of 64 megapixels give a little more than 64 million. */
export const MOST_MEGAPIXELS = 65

/**
 * A photo that could fill the memory.
 *
 * @param where its file, for the message
 * @param most how many pixels are allowed
 * @param remedy what to do, given how many million pixels it has
 */
export function photoTooLarge(
  { width, height }: Size,
  where: string,
  most: number,
  remedy: (megapixels: number) => string,
): UserError {
  return new UserError(
    `the photo is too large: ${width} × ${height} pixels, and ${most / 1e6} million are allowed`,
    where,
    remedy(Math.ceil((width * height) / 1e6)),
  )
}

/**
 * A photo that its decoder does not read; the first line of what it says is the reason.
 *
 * @param bytes of the file, where it could be read at all
 */
export function photoUnreadable(where: string, error: unknown, bytes?: Uint8Array): UserError {
  const other = bytes && impostor(bytes, where)
  if (other) return other
  return new UserError(
    `the photo cannot be read (${messageOf(error).split('\n')[0]})`,
    where,
    'Open it in a picture viewer to check it; what opens there can be saved as JPEG or PNG',
  )
}
