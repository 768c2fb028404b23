/** A thread of {@link Cutter}. */

import { Random } from '../base/random.ts'
import { serve } from '../base/workers.ts'
import { readPicture, type StoredPicture } from '../datasets/pack.ts'
import { cropInto } from '../pictures/crop.ts'
import { cropDistorted } from './augmentation.ts'
import type { CutterJob, HiddenPart } from './cutter.ts'
import { hidePart } from './hiding.ts'

let pixels = new Uint8Array(0)

serve(
  (job: CutterJob): ArrayBuffer => {
    pixels = pixels.length === 3 * job.size * job.size ? pixels : new Uint8Array(3 * job.size * job.size)
    if ('sum' in job) return sum(job.sum)
    const { windows, size, crop, mean, into } = job
    const images = new Float32Array(into)
    windows.forEach((window, k) => {
      const [at, picture] = [k * 3 * crop * crop, readPicture(window.picture, pixels)]
      if (window.hidden) hide(picture, size, window.hidden)
      if (window.distortion) cropDistorted(images, at, picture, mean, size, crop, window, window.distortion)
      else cropInto(images, at, picture, mean, size, crop, window)
    })
    return into
  },
  (buffer) => [buffer],
)

function hide(picture: Uint8Array, size: number, { part, parts, how, seed, other }: HiddenPart): void {
  const labelled = { pixels: picture, parts: readPicture(parts) }
  if (how === 'swap') {
    const swapped = { pixels: readPicture(other.picture), parts: readPicture(other.parts) }
    hidePart(labelled, size, part, { how, other: swapped })
  } else if (how === 'noise') {
    const random = new Random(seed)
    hidePart(labelled, size, part, { how, byte: () => random.integer(256) })
  } else hidePart(labelled, size, part, { how })
}

/** The sums of pictures, byte by byte: 32 bits hold those of 16 million pictures. */
function sum(pictures: readonly StoredPicture[]): ArrayBuffer {
  const sums = new Uint32Array(pixels.length)
  for (const picture of pictures) {
    readPicture(picture, pixels)
    for (let k = 0; k < sums.length; k++) sums[k]! += pixels[k]!
  }
  return sums.buffer
}
