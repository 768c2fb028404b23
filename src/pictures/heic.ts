/**
 * Photos of iPhones. Their decoder is not part of regard, because of its licence (LGPL); users with such photos install
 * it beside regard.
 */

import { UserError } from '../base/errors.ts'
import type { Size } from './fit.ts'
import type { Image } from './image.ts'

/** The npm package that decodes them. */
const DECODER = 'heic-decode'

/** What a message says about how to have such photos read. */
export const HEIC_REMEDY = `Run \`npm install ${DECODER}\` beside regard, or save them as JPEG`

/** What heic-decode gives about a picture before decoding it. */
interface Decodable extends Size {
  decode(): Promise<Size & { readonly data: Uint8ClampedArray }>
}

/** Whether a file is such a photo, by how it begins: HEIF with HEVC pictures. */
export function isHeic(bytes: Uint8Array): boolean {
  const [brand = '', others = ''] =
    /^.{4}ftyp(.{4}).{4}(.*)/s.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 64)))?.slice(1) ?? []
  return /^(hei[cxms]|hev[cxms])/.test(brand) || (/^(mif1|msf1)/.test(brand) && !/avi[fs]/.test(others))
}

/** Whether the decoder is installed. */
export function readsHeic(): boolean {
  try {
    import.meta.resolve(DECODER)
    return true
  } catch {
    return false
  }
}

/**
 * Read the first picture of such a photo: upright, on white.
 *
 * @param where its file, for messages
 * @param requireSize throws where a picture is too large to decode
 * @throws UserError when the decoder is not installed; the decoder's own error, when it cannot read the photo
 */
export async function decodeHeic(
  bytes: Uint8Array,
  where: string,
  requireSize: (size: Size) => void,
): Promise<Image> {
  if (!readsHeic()) throw new UserError('is a HEIC photo, which needs a decoder', where, HEIC_REMEDY)
  const { default: decoder } = await import(DECODER)
  const pictures: Decodable[] & { dispose(): void } = await decoder.all({ buffer: bytes })
  try {
    requireSize(pictures[0]!)
    const { width, height, data: rgba } = await pictures[0]!.decode()
    const data = new Uint8Array(3 * width * height)
    for (let pixel = 0; pixel < width * height; pixel++) {
      const opacity = rgba[4 * pixel + 3]! / 255
      for (let k = 0; k < 3; k++)
        data[3 * pixel + k] = Math.round(255 + opacity * (rgba[4 * pixel + k]! - 255))
    }
    return { width, height, data }
  } finally {
    pictures.dispose()
  }
}
