/** Pictures in a browser, read by its own decoder: in a page and in a worker alike. */

import type { Size } from './fit.ts'
import type { Image } from './image.ts'
import { MOST_MEGAPIXELS, photoTooLarge, sizeInHeader } from './photo.ts'
import { fromRgba } from './rgba.ts'

/**
 * The photo that a file holds: upright (its EXIF orientation is applied), in 8-bit sRGB; transparent parts are shown on
 * white. The pixels equal Node's wherever the two decoders agree, as they do for PNG; for JPEG they differ by a few
 * levels.
 *
 * @param bytes a JPEG, PNG, WebP, GIF, AVIF or other file that the browser shows
 * @param where its name, for messages
 * @throws UserError when it is not a picture, is damaged, or has more than 65 million pixels
 */
export async function decodePhoto(bytes: Uint8Array, where: string): Promise<Image> {
  refuseLarge(sizeInHeader(bytes), where)
  let bitmap: ImageBitmap
  try {
    // Shared memory, which WebAssembly threads use, cannot become a Blob, so the bytes are copied.
    bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]), { imageOrientation: 'from-image' })
  } catch {
    // Messages are loaded only when they are needed.
    const { BROWSER, photoUnreadable } = await import('./unreadable.ts')
    throw photoUnreadable(where, bytes, BROWSER)
  }
  try {
    refuseLarge(bitmap, where)
    return pixelsOf(bitmap)
  } finally {
    bitmap.close()
  }
}

function refuseLarge(size: Size | undefined, where: string): void {
  const most = 1e6 * MOST_MEGAPIXELS
  if (size && size.width * size.height > most) throw photoTooLarge(size, where, most, () => 'Make it smaller')
}

/** The pixels of a bitmap, on white. */
function pixelsOf(bitmap: ImageBitmap): Image {
  const { width, height } = bitmap
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true })!
  context.fillStyle = 'white'
  context.fillRect(0, 0, width, height)
  context.drawImage(bitmap, 0, 0)
  return fromRgba(context.getImageData(0, 0, width, height))
}
