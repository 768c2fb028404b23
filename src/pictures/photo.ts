/** What Node and the browser say alike of a photo that cannot be used. */

import { UserError } from '../base/errors.ts'
import { impostor } from '../base/impostor.ts'
import type { Size } from './fit.ts'

/** How large a photo may be, in millions of pixels. Cameras of 64 megapixels give a little more than 64 million. */
export const MOST_MEGAPIXELS = 65

/**
 * The size that a JPEG or PNG file says in its header, so that a photo that would fill the memory need not be decoded;
 * undefined of other files, and of damaged ones.
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
  const megapixels = (width * height) / 1e6
  const rounded = Number(megapixels.toPrecision(3))
  return new UserError(
    `${rounded > most / 1e6 ? rounded : megapixels} megapixels; the limit is ${most / 1e6}`,
    where,
    remedy(Math.ceil(megapixels)),
  )
}

/** What decodes photos: its name, and which of {@link FORMATS} it reads where they are not damaged. */
interface Decoder {
  readonly name: string
  readonly reads: readonly string[]
}

const EVERYWHERE = ['JPEG', 'PNG', 'WebP', 'GIF', 'AVIF', 'BMP']
export const BROWSER: Decoder = { name: 'this browser', reads: EVERYWHERE }
export const NODE: Decoder = { name: 'regard', reads: [...EVERYWHERE, 'TIFF'] }

/**
 * A photo that its decoder does not read. The reason goes by the file's first bytes: what sharp and browsers say is of
 * all photos that they are at, mixed.
 *
 * @param bytes of the file
 * @param reason where the decoder's words are of this photo alone
 */
export function photoUnreadable(
  where: string,
  bytes: Uint8Array,
  { name, reads }: Decoder,
  reason?: string,
): UserError {
  const other = impostor(bytes, where)
  if (other) return other
  const format = formatOf(bytes)
  if (!reason && format && !reads.includes(format))
    return new UserError(`${name} cannot read ${format}`, where, 'Save it as JPEG')
  return new UserError(
    `the photo cannot be read (${reason ?? whatIsWrong(bytes, format, reads)})`,
    where,
    'Open it in a picture viewer to check it; what opens there can be saved as JPEG or PNG',
  )
}

function whatIsWrong({ length }: Uint8Array, format: string | undefined, reads: readonly string[]): string {
  if (length === 0) return 'the file is empty'
  return format
    ? `it is a ${format} file that is damaged, cut off, or of an uncommon variant`
    : `it is none of ${reads.join(', ')}`
}

/** Formats by how their files begin, in Latin-1. */
const FORMATS: readonly (readonly [format: string, start: RegExp])[] = [
  ['JPEG', /^\xff\xd8/],
  ['PNG', /^\x89PNG/],
  ['WebP', /^RIFF.{4}WEBP/s],
  ['GIF', /^GIF8/],
  ['AVIF', /^.{4}ftypavi[fs]/s],
  ['HEIC', /^.{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/s],
  ['TIFF', /^(II[*+]|MM.[*+])/s],
  ['JPEG XL', /^(\xff\n|.{4}JXL )/s],
  ['JPEG 2000', /^(.{4}jP {2}|\xff\x4f\xff\x51)/s],
  ['BMP', /^BM/],
  ['PSD', /^8BPS/],
  ['PDF', /^%PDF/],
  ['SVG', /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/is],
]

function formatOf(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 512))
  return FORMATS.find(([, start]) => start.test(head))?.[0]
}
