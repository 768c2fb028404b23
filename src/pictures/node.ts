/** Pictures as files: read and written in Node, by sharp. */

import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import type { Image } from './image.ts'
import { fileUnreadable, MOST_MEGAPIXELS, photoTooLarge, photoUnreadable } from './photo.ts'

/**
 * Read a photo: upright (its EXIF orientation is applied), in 8-bit sRGB, whatever the file holds (grey, CMYK,
 * 16 bits, a palette). What is transparent is shown on white; of a moving picture or several pages the first is read.
 *
 * A small file can hold a picture that fills the memory. So a photo of more than 65 million pixels is refused as soon
 * as its header is read; the environment variable `REGARD_MAX_MEGAPIXELS` sets another limit.
 *
 * @param path a JPEG, PNG, WebP, GIF, TIFF or AVIF file
 * @throws UserError naming the file, when it is absent, no picture, damaged, cut off, or too large
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
    if (error.code === 'ENOENT') throw new UserError('there is no such file', path)
    throw fileUnreadable(path, error)
  })
}

/**
 * The photo that a file holds, as {@link readPhoto} has it.
 *
 * @param path for messages
 */
export async function decodePhoto(bytes: Uint8Array, path: string): Promise<Image> {
  const limitInputPixels = mostPixels()
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels })
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
  } catch {
    // Not by what the library says: its words are of all photos that it is at, on all threads.
    throw (await tooLarge(bytes, path)) ?? photoUnreadable(path, bytes)
  }
}

function mostPixels(): number {
  const given = process.env.REGARD_MAX_MEGAPIXELS || MOST_MEGAPIXELS
  const most = Math.floor(1e6 * Number(given))
  if (most > 0 && Number.isSafeInteger(most)) return most
  throw new UserError(`is "${given}", not a number above 0`, 'REGARD_MAX_MEGAPIXELS')
}

/** Undefined where the photo is not too large, or its size cannot be read. */
async function tooLarge(bytes: Uint8Array, path: string): Promise<UserError | undefined> {
  const sizeOf = async () => sharp(bytes, { limitInputPixels: false }).metadata()
  const size = await sizeOf().catch(() => undefined)
  if (!size || size.width * size.height <= mostPixels()) return undefined
  return photoTooLarge(
    size,
    path,
    mostPixels(),
    (least) => `Make it smaller, or set REGARD_MAX_MEGAPIXELS=${least}`,
  )
}

/**
 * Write a picture as PNG, whole or not at all.
 *
 * @throws UserError naming the file, when it cannot be written
 */
export async function writePicture(path: string, image: Image): Promise<void> {
  writeAtomic(path, await pngOf(image))
}

/** A picture as the bytes of a PNG file. */
export function pngOf({ width, height, data }: Image): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}
