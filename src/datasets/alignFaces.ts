import { availableParallelism } from 'node:os'
import { Workers, workerModule } from '../base/workers.ts'
import type { Alignment } from '../faces/image.ts'
import type { Aligned } from './align.worker.ts'
import type { Face } from './dataset.ts'

/** More threads wait for the disk, and each takes some 50 MB. */
const MOST_THREADS = 16
/** So that a thread aligns one face while another's photo is read and decoded. */
const AT_ONCE = 2

/**
 * Align faces on all cores.
 *
 * @param size the side of the pictures, in pixels
 * @param known keys of pictures that are there already and need not be made
 * @returns for each face, in their order, its picture and key, or the reason why there is none
 */
export async function* alignFaces(
  faces: readonly Face[],
  as: Alignment,
  size: number,
  known: ReadonlySet<string> = new Set(),
): AsyncGenerator<Aligned | string> {
  const count = Math.min(availableParallelism(), MOST_THREADS, faces.length)
  const module = workerModule(import.meta.url, 'align.worker.js')
  const workers = new Workers<Face, Aligned | string>(module, count, { as, size, known })
  const underway: Promise<Aligned | string>[] = []
  try {
    for (const index of faces.keys()) {
      while (underway.length < AT_ONCE * count && index + underway.length < faces.length) {
        underway.push(workers.run(faces[index + underway.length]!))
      }
      yield await underway.shift()!
    }
  } finally {
    await workers.close()
  }
}
