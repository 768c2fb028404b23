import sharp from 'sharp'
import { writeAtomic } from '../base/files.ts'
import type { Image } from '../pictures/image.ts'

/**
 * Write a picture as PNG, whole or not at all.
 *
 * @throws UserError naming the file, when it cannot be written
 */
export async function writePicture(path: string, { width, height, data }: Image): Promise<void> {
  writeAtomic(
    path,
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  )
}
