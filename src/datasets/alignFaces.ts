import { onAllCores, workerModule } from '../base/workers.ts'
import type { Cut } from '../faces/cut.ts'
import type { Aligned } from './align.worker.ts'
import type { Face } from './dataset.ts'
import type { Recipe } from './pictureKey.ts'

/**
 * Align faces on all cores. A cut by the detector's box always looks for the face; where there are landmarks, it takes
 * the face around them.
 *
 * @param size the side of the pictures, in pixels
 * @param options.parts whether to say which part of the face is seen at each pixel
 * @returns for each face, in order, its picture and key, or the reason why there is none
 */
export function alignFaces(
  faces: readonly Face[],
  as: Cut,
  size: number,
  { parts = false }: { readonly parts?: boolean } = {},
): AsyncGenerator<Aligned | string> {
  const module = workerModule(import.meta.url, 'align.worker.js')
  return onAllCores<Face, Aligned | string>(module, faces, { as, size, parts } satisfies Recipe)
}
