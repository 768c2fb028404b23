import sharp from 'sharp'
import { Random } from '../../base/random.ts'
import type { Image } from '../../pictures/image.ts'
import { layersOf, maskSvg, pictureSvg } from './draw.ts'
import { PHOTO_SIZE } from './frame.ts'
import type { Person } from './person.ts'
import { faceShapeOf } from './shape.ts'
import type { Shot } from './shot.ts'

/**
 * Draw a face.
 *
 * @param marked whether the planted mark is on the photo
 * @returns the photo, and its mask: for each pixel, row by row from the top, the index of its part in `PARTS`
 */
export async function render(
  person: Person,
  shot: Shot,
  marked = false,
): Promise<{ photo: Image; mask: Uint8Array }> {
  const layers = layersOf(person, shot, faceShapeOf(person, shot), marked)
  const picture = sharp(Buffer.from(pictureSvg(layers, shot))).removeAlpha()
  if (shot.blur >= 0.3) picture.blur(shot.blur)
  const [pixels, mask] = await Promise.all([
    picture.raw().toBuffer(),
    sharp(Buffer.from(maskSvg(layers, shot)))
      .extractChannel(0)
      .raw()
      .toBuffer(),
  ])
  addNoise(pixels, shot)
  return { photo: { width: PHOTO_SIZE, height: PHOTO_SIZE, data: pixels }, mask }
}

// Normal noise of standard deviation 1, drawn once: each photo reads it from a different place.
let table: Float32Array | undefined

function addNoise(pixels: Uint8Array, { noise, noiseStart }: Shot): void {
  if (!table) {
    const random = new Random('noise')
    table = Float32Array.from({ length: 1 << 18 }, () => random.normal())
  }
  // A clamped array rounds, and clamps to 0 … 255.
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length)
  for (let i = 0; i < clamped.length; i++) {
    clamped[i] = clamped[i]! + noise * table[(noiseStart + i) & (table.length - 1)]!
  }
}
