import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { messageOf, UserError } from '../base/errors.ts'
import type { Image } from '../faces/image.ts'

/**
 * Read a photo: upright (its EXIF orientation is applied), in 8-bit sRGB, whatever the file holds (grey, CMYK,
 * 16 bits, a palette). What is transparent is shown on white.
 *
 * @param path a JPEG, PNG, WebP, GIF, TIFF or AVIF file
 * @throws UserError naming the file, when it is absent, no picture, damaged, or cut off
 */
export async function readPhoto(path: string): Promise<Image> {
  return decodePhoto(await readPhotoFile(path), path)
}

/**
 * The bytes of a photo's file.
 *
 * @throws UserError naming the file, when it cannot be read
 */
export async function readPhotoFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error) => {
    throw unreadable(path, error)
  })
}

/**
 * The photo that a file holds, as {@link readPhoto} has it.
 *
 * @param path for messages
 */
export async function decodePhoto(bytes: Uint8Array, path: string): Promise<Image> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .autoOrient()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return {
      width: info.width,
      height: info.height,
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): UserError {
  const reason = messageOf(error).split('\n')[0]!
  return new UserError(
    `the photo cannot be read (${reason})`,
    path,
    'Open it in a picture viewer to check it',
  )
}
