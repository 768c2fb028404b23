import { onAllCores, workerModule } from '../base/workers.ts'
import type { Alignment } from '../faces/align.ts'
import type { Aligned } from './align.worker.ts'
import type { Face } from './dataset.ts'

/**
 * Align faces on all cores.
 *
 * @param size the side of the pictures, in pixels
 * @param known keys of pictures that are there already and need not be made
 * @returns for each face, in their order, its picture and key, or the reason why there is none
 */
export function alignFaces(
  faces: readonly Face[],
  as: Alignment,
  size: number,
  known: ReadonlySet<string> = new Set(),
): AsyncGenerator<Aligned | string> {
  const module = workerModule(import.meta.url, 'align.worker.js')
  return onAllCores<Face, Aligned | string>(module, faces, { as, size, known })
}
