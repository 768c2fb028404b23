/**
 * For Figure 3: the test faces whose proportions the alignment [i] changes most, each as [r] and as [i] shows it.
 * They are written while the data set is there, so that the report needs only the study's files.
 */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Face } from '../datasets/dataset.ts'
import { readPicture } from '../datasets/pack.ts'
import { readLandmarks } from '../datasets/readLandmarks.ts'
import { type Alignment, alignment } from '../faces/align.ts'
import { type Stretch, stretchOf } from '../faces/stretch.ts'
import { writePicture } from '../pictures/node.ts'
import type { PreparedData } from './preparedData.ts'
import { files, type PairRecord, type PairsRecord, readRecord, writeRecord } from './record.ts'
import { ALIGNMENTS } from './setting.ts'

/** How many pairs are kept. */
const COUNT = 8

/**
 * Write the pairs of a study into `OUT/pairs/`, or keep them if they come from the same photos. Nothing is written
 * where the stretch is unknown: where photos were aligned in only one way, or by the publishers, or there are no
 * landmarks.
 *
 * @param folds the folds that are tested: for other faces no network's answer is known
 */
export async function writePairs(out: string, data: PreparedData, folds: readonly number[]): Promise<void> {
  const path = files.pairs(out)
  const { digest, pictures, size } = data
  if (!pictures.r || !pictures.i || isDone(path, digest, folds)) return
  const chosen = farthest(data, folds)
  if (chosen.length === 0) return
  const pairs: PairRecord[] = []
  for (const [k, { index, stretch }] of chosen.entries()) {
    const name = (as: Alignment) => `${k + 1}.${as}.png`
    for (const as of ALIGNMENTS) {
      const pixels = readPicture(pictures[as]![index]!)
      await writePicture(join(dirname(path), name(as)), { width: size, height: size, data: pixels })
    }
    pairs.push({ face: data.faces[index]!.id, stretch, r: name('r'), i: name('i') })
  }
  // Written last: where it exists, so do the pictures.
  writeRecord(path, { digest, folds, pairs } satisfies PairsRecord)
}

function isDone(path: string, digest: string, folds: readonly number[]): boolean {
  if (!existsSync(path)) return false
  const before = readRecord<PairsRecord>(path)
  return before.digest === digest && before.folds.join() === folds.join()
}

function farthest({ faces, folds, pictures }: PreparedData, tested: readonly number[]) {
  const seen = new Set<string>()
  return faces
    .flatMap((face, index) => {
      const stretch = tested.includes(folds[index]!) ? stretchIn(face) : undefined
      return stretch ? [{ index, stretch }] : []
    })
    .sort((a, b) => b.stretch.ratio - a.stretch.ratio || a.index - b.index)
    .filter(({ index }) => {
      // A photo that occurs twice is shown once.
      const { sha256 } = pictures.i![index]!
      return !seen.has(sha256) && seen.add(sha256)
    })
    .slice(0, COUNT)
}

/** How [i] stretches a face; undefined where it lacks landmarks, or its pictures were made without them. */
function stretchIn({ landmarks, published }: Face): Stretch | undefined {
  if (landmarks === undefined || published?.r !== undefined || published?.i !== undefined) return undefined
  return stretchOf(alignment(readLandmarks(landmarks), 'i', 1))
}
