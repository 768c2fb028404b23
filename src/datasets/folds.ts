import { DisjointSets } from '../base/disjointSets.ts'
import { UserError } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Face } from './dataset.ts'
import { identicalPhotos } from './duplicates.ts'

/**
 * Where photos that occur more than once, byte for byte, go: `together`, into one fold; or `anywhere`, as if they were
 * different.
 */
export const REPEATED = ['together', 'anywhere'] as const
export type Repeated = (typeof REPEATED)[number]

/**
 * Deal faces into folds for cross-validation. Published folds are used as they are. Faces of one subject are in one
 * fold, and so are photos that are the same byte for byte, unless `repeated` says otherwise: published data sets hold
 * some under two subjects. The folds are as equal in size as that allows.
 *
 * @param count the number of folds, 2 or more
 * @param seed the same seed, faces and photos give the same folds
 * @param repeated where photos that occur more than once go
 * @returns the fold of each face, from 0
 * @throws UserError when there are fewer subjects than folds; for published folds, when their number differs, or a
 *   subject is in two of them
 */
export function makeFolds(
  faces: readonly Face[],
  count: number,
  seed: string | number,
  repeated: Repeated = 'together',
): number[] {
  if (faces.some(({ fold }) => fold !== undefined)) return publishedFolds(faces, count)
  const groups = inseparable(faces, repeated)
  if (!Number.isInteger(count) || count < 2 || count > groups.length) {
    throw new UserError(
      `${faces.length} faces of ${groups.length} separate people cannot be divided into ${count} folds`,
      undefined,
      'Use at least two folds, and at least as many people as folds',
    )
  }
  // In random order, but large groups first, each to the fold that is smallest so far.
  const order = new Random(`folds ${seed}`).shuffle(groups).sort((a, b) => b.length - a.length)
  const sizes = new Array<number>(count).fill(0)
  const folds = new Array<number>(faces.length)
  for (const group of order) {
    const smallest = sizes.indexOf(Math.min(...sizes))
    sizes[smallest]! += group.length
    for (const index of group) folds[index] = smallest
  }
  return folds
}

function publishedFolds(faces: readonly Face[], count: number): number[] {
  const folds = faces.map(({ fold }) => fold!)
  const published = new Set(folds).size
  if (folds.some((fold) => !(fold < published))) {
    const numbers = [...new Set(folds)].sort((a, b) => a - b).join(', ')
    throw new UserError(
      `the data set's own folds are numbered ${numbers}`,
      undefined,
      'Number them from 0, without gaps',
    )
  }
  if (count !== published) {
    throw new UserError(
      `the data set has ${published} folds of its own and cannot be divided into ${count}`,
      undefined,
      `Use ${published} folds`,
    )
  }
  const foldOf = new Map<string, number>()
  for (const { id, subject, fold } of faces) {
    const other = foldOf.get(subject) ?? fold
    if (other !== fold) {
      throw new UserError(
        `${subject} is in two of the data set's own folds, ${other} and ${fold}`,
        `face ${id}`,
        'All faces of a subject must be in one fold',
      )
    }
    foldOf.set(subject, fold!)
  }
  return folds
}

/** The parts of a data set for one test fold: indices of faces. */
export interface Split {
  readonly train: number[]
  readonly validation: number[]
  readonly test: number[]
}

/**
 * The split for one test fold: of the faces in the other folds, shuffled together, every tenth is held out for
 * validation and the rest train, as in the lists published for Adience.
 *
 * @param folds the fold of each face, as {@link makeFolds} gives it
 * @throws UserError when no face is in the test fold
 */
export function splitFolds(folds: readonly number[], testFold: number, seed: string | number): Split {
  const all = [...folds.keys()]
  const test = all.filter((index) => folds[index] === testFold)
  if (test.length === 0) {
    throw new UserError(`there is no fold ${testFold} to test on`, undefined, 'Folds are counted from 0')
  }
  const others = new Random(`split ${seed} ${testFold}`).shuffle(
    all.filter((index) => folds[index] !== testFold),
  )
  const held = Math.floor(others.length / 10)
  return { train: others.slice(held), validation: others.slice(0, held), test }
}

// The faces (as indices) that must stay together, group by group, in the order of their first members.
function inseparable(faces: readonly Face[], repeated: Repeated): number[][] {
  const groups = new DisjointSets(faces.length)
  const first = new Map<string, number>()
  for (const [index, { subject }] of faces.entries()) {
    if (first.has(subject)) groups.join(first.get(subject)!, index)
    else first.set(subject, index)
  }
  if (repeated === 'together') {
    for (const [one, ...others] of identicalPhotos(faces))
      for (const other of others) groups.join(one!, other)
  }
  return groups.all()
}
