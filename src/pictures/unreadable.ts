/** The error, the same in Node and the browser, for a photo that the decoder cannot read. */

import { UserError } from '../base/errors.ts'
import { impostor } from '../base/impostor.ts'

/** A decoder: its name, and which of {@link FORMATS} it reads if they are not damaged. */
interface Decoder {
  readonly name: string
  readonly reads: readonly string[]
}

const EVERYWHERE = ['JPEG', 'PNG', 'WebP', 'GIF', 'AVIF', 'BMP']
export const BROWSER: Decoder = { name: 'this browser', reads: EVERYWHERE }
export const NODE: Decoder = { name: 'regard', reads: [...EVERYWHERE, 'TIFF'] }

/**
 * The error for a photo that its decoder cannot read. The reason is found from the file's first bytes, because the
 * messages of sharp and browsers mix those of all photos being decoded.
 *
 * @param bytes of the file
 * @param reason the decoder's message, where it is about this photo alone
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
  if (bytes.length === 0)
    return new UserError(
      'the photo cannot be read (the file is empty)',
      where,
      'Copy it again from where it came from',
    )
  return new UserError(
    `the photo cannot be read (${reason ?? whatIsWrong(format, reads)})`,
    where,
    'Open it in a picture viewer to check it; what opens there can be saved as JPEG or PNG',
  )
}

function whatIsWrong(format: string | undefined, reads: readonly string[]): string {
  return format
    ? `it is a ${format} file that is damaged, cut off, or of an uncommon variant`
    : `it is not one of ${reads.join(', ')}`
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
