/** Pictures as files: read and written in Node, by sharp where it can. */

import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { messageOf, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { bmpSize, decodeBmp, isBmp } from './bmp.ts'
import type { Size } from './fit.ts'
import { decodeHeic, isHeic } from './heic.ts'
import type { Image } from './image.ts'
import { MOST_MEGAPIXELS, photoTooLarge } from './photo.ts'
import { NODE, photoUnreadable } from './unreadable.ts'

/**
 * Read a photo: upright (its EXIF orientation is applied), in 8-bit sRGB, whatever the file holds (grey, CMYK,
 * 16 bits, a palette). Transparent parts are shown on white; the first frame or page of several is read.
 *
 * A small file can hold a picture that fills the memory. So a photo of more than 65 million pixels is refused as soon
 * as its header is read; the environment variable `REGARD_MAX_MEGAPIXELS` sets another limit.
 *
 * @param path a JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP file, or HEIC where its decoder is installed
 * @throws UserError naming the file, when it is missing, not a picture, a drawing, damaged, cut off, or too large
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
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
    // The system's word, such as "permission denied", between the error's code and the path.
    const why = /^\w+: ([^,]*)/.exec(messageOf(error))?.[1] ?? messageOf(error)
    throw new UserError(
      missing ? 'there is no such file' : `the photo cannot be read (${why})`,
      path,
      'Check the path',
    )
  })
}

/**
 * Decode a photo's file, as {@link readPhoto} does.
 *
 * @param path for messages
 */
export async function decodePhoto(bytes: Uint8Array, path: string): Promise<Image> {
  const limitInputPixels = mostPixels()
  const requireSize = (size: Size) => {
    if (size.width * size.height > limitInputPixels) throw tooLarge(size, path)
  }
  try {
    if (isBmp(bytes)) {
      requireSize(bmpSize(bytes))
      return decodeBmp(bytes)
    }
    if (isHeic(bytes)) return await decodeHeic(bytes, path, requireSize)
    const photo = sharp(bytes, { failOn: 'error', limitInputPixels })
    if ((await photo.metadata()).format === 'svg')
      throw new UserError('is a drawing (SVG), not a photo', path, 'Save it as PNG')
    const { data, info } = await photo
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
    if (error instanceof UserError) throw error
    if (isBmp(bytes) || isHeic(bytes)) throw photoUnreadable(path, bytes, NODE, messageOf(error))
    const size = await sizeOf(bytes)
    if (size) requireSize(size)
    throw photoUnreadable(path, bytes, NODE)
  }
}

/**
 * Whether a JPEG file is damaged inside but can still be read: its decoder fills what it cannot decode with grey.
 *
 * @param bytes of a file that {@link decodePhoto} reads
 */
export async function isDamaged(bytes: Uint8Array): Promise<boolean> {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return false
  try {
    await sharp(bytes, { failOn: 'warning', limitInputPixels: mostPixels() }).raw().toBuffer()
    return false
  } catch {
    return true
  }
}

/** The size of a picture; undefined where the file does not say. */
async function sizeOf(bytes: Uint8Array): Promise<Size | undefined> {
  try {
    return await sharp(bytes, { limitInputPixels: false }).metadata()
  } catch {
    return undefined
  }
}

function mostPixels(): number {
  const given = process.env.REGARD_MAX_MEGAPIXELS || MOST_MEGAPIXELS
  const most = Math.floor(1e6 * Number(given))
  if (most > 0 && Number.isSafeInteger(most)) return most
  throw new UserError(`is "${given}", not a number above 0`, 'REGARD_MAX_MEGAPIXELS')
}

function tooLarge(size: Size, path: string): UserError {
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
