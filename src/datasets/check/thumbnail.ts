import sharp from 'sharp'
import { UserError } from '../../base/errors.ts'
import { readPhoto } from '../../pictures/node.ts'
import type { Face } from '../dataset.ts'
import { readLandmarks } from '../readLandmarks.ts'
import { fileOf, type Look } from './look.ts'

/** The longer side, in pixels. */
const SIDE = 150

/**
 * A small picture of a face's photo, as a JPEG of about 5 kB.
 *
 * @param look given to draw its landmarks (green) and the boxes of the faces that were found (yellow)
 * @returns undefined where the photo cannot be read
 */
export async function thumbnail(face: Face, look?: Look): Promise<Buffer | undefined> {
  try {
    const { width, height, data } = await readPhoto(fileOf(face))
    const scale = Math.min(SIDE / width, SIDE / height)
    const size = {
      width: Math.max(1, Math.round(scale * width)),
      height: Math.max(1, Math.round(scale * height)),
    }
    const picture = sharp(data, { raw: { width, height, channels: 3 } }).resize({ ...size, fit: 'fill' })
    const marked = look ? picture.composite([{ input: marks(face, look, scale, size) }]) : picture
    return await marked.jpeg({ quality: 72 }).toBuffer()
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

function marks(
  face: Face,
  { found = [] }: Look,
  scale: number,
  { width, height }: { width: number; height: number },
): Buffer {
  const boxes = found.map(
    (box) =>
      `<rect x="${scale * box.left}" y="${scale * box.top}" width="${scale * box.width}" height="${scale * box.height}" fill="none" stroke="#fc0" stroke-width="1.5"/>`,
  )
  const points = (face.landmarks ? readLandmarks(face.landmarks) : []).map(
    ({ x, y }) => `<circle cx="${scale * x}" cy="${scale * y}" r="1.2" fill="#3e6"/>`,
  )
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${[...boxes, ...points].join('')}</svg>`,
  )
}
