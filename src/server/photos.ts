/** Small pictures of the faces of data sets, only for faces that a data set's own reader lists. */

import { join, resolve } from 'node:path'
import { thumbnail } from '../datasets/check/thumbnail.ts'
import type { Face } from '../datasets/dataset.ts'
import { DATASET_KINDS, type DatasetKind, readDataset } from '../datasets/readers.ts'
import { readRecord } from '../study/record.ts'

/** Data sets that were read, by kind and folder; reading the lists of large ones takes seconds. */
const known = new Map<string, Promise<ReadonlyMap<string, Face>>>()

/**
 * The photo of a face of a study's data set, or of a checked one, as a JPEG.
 *
 * @param record of the study or the check
 * @returns undefined where the data set was moved, lacks the face, or its photo cannot be read
 */
export async function photoOf(
  folder: string,
  record: 'study' | 'check',
  face: string,
): Promise<Buffer | undefined> {
  const source = sourceOf(folder, record)
  if (!source) return undefined
  const { kind, root } = source
  const key = `${kind}:${root}`
  let faces = known.get(key)
  if (!faces) {
    faces = readDataset(kind, root).then(({ faces }) => new Map(faces.map((each) => [each.id, each])))
    known.set(key, faces)
    // It may be there later.
    faces.catch(() => known.delete(key))
  }
  try {
    const found = (await faces).get(face)
    return found && (await thumbnail(found))
  } catch {
    return undefined
  }
}

function sourceOf(
  folder: string,
  record: 'study' | 'check',
): { readonly kind: DatasetKind; readonly root: string } | undefined {
  const { kind, root } =
    record === 'study'
      ? readRecord<{ dataset: { kind: string; root?: string } }>(join(folder, 'study.json')).dataset
      : readRecord<{ kind: string; root: string }>(join(folder, 'findings.json'))
  const isKnown = DATASET_KINDS.includes(kind as DatasetKind)
  return isKnown && root !== undefined
    ? { kind: kind as DatasetKind, root: resolve(folder, root) }
    : undefined
}
