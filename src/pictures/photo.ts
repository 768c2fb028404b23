/** How large a photo may be, in Node and in the browser alike. */

import { UserError } from '../base/errors.ts'
import type { Size } from './fit.ts'

/** How large a photo may be, in millions of pixels. Cameras of 64 megapixels give a little more than 64 million. */
export const MOST_MEGAPIXELS = 65

/**
 * The size from the header of a JPEG or PNG file, so that a photo that would fill the memory need not be decoded;
 * undefined for other files, and for damaged ones.
 */
export function sizeInHeader(bytes: Uint8Array): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length > 24 && view.getUint32(0) === 0x89504e47)
    return { width: view.getUint32(16), height: view.getUint32(20) }
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1]!
    // Frames; tables and a reserved marker lie among them.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
  }
  return undefined
}

/**
 * The error for a photo that could fill the memory.
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
  const megapixels = (width * height) / 1e6
  const rounded = Number(megapixels.toPrecision(3))
  return new UserError(
    `${rounded > most / 1e6 ? rounded : megapixels} megapixels; the limit is ${most / 1e6}`,
    where,
    remedy(Math.ceil(megapixels)),
  )
}
