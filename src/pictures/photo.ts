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

/** A photo whose file cannot be read, for the reason that the system gives. */
export function fileUnreadable(where: string, error: unknown): UserError {
  return unreadable(where, messageOf(error).split('\n')[0]!)
}

/**
 * A photo that its decoder does not read. The reason goes by the file's first bytes alone: what decoders say is of all
 * photos that they are at, mixed.
 *
 * @param bytes of the file
 */
export function photoUnreadable(where: string, bytes: Uint8Array): UserError {
  return impostor(bytes, where) ?? unreadable(where, whatIsWrong(bytes))
}

function unreadable(where: string, reason: string): UserError {
  return new UserError(
    `the photo cannot be read (${reason})`,
    where,
    'Open it in a picture viewer to check it; what opens there can be saved as JPEG or PNG',
  )
}

/** Kinds of pictures that are read, by how their files begin; Latin-1, and a dot stands for any byte. */
const KINDS: readonly (readonly [kind: string, start: RegExp])[] = [
  ['JPEG', /^\xff\xd8/],
  ['PNG', /^\x89PNG/],
  ['WebP', /^RIFF....WEBP/s],
  ['GIF', /^GIF8/],
  ['TIFF', /^(II[*+]\0|MM\0[*+])/],
  ['AVIF', /^....ftypavi[fs]/s],
]

function whatIsWrong(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty'
  const head = String.fromCharCode(...bytes.subarray(0, 16))
  const [kind] = KINDS.find(([, start]) => start.test(head)) ?? []
  return kind
    ? `it is a ${kind} file that is damaged, cut off, or of an uncommon variant`
    : `it is none of ${KINDS.map(([name]) => name).join(', ')}`
}
