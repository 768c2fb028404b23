/** What a study trains and tests on: its faces, dealt into folds, as aligned pictures of one size. */

import { UserError } from '../base/errors.ts'
import { sha256Of } from '../base/hash.ts'
import { requireEveryClass } from '../datasets/classes.ts'
import { type Dataset, type Face, labelOf, type Skipped } from '../datasets/dataset.ts'
import { makeFolds, type Repeated, type Split, splitFolds } from '../datasets/folds.ts'
import type { StoredPicture } from '../datasets/pack.ts'
import { partNames } from '../datasets/partNames.ts'
import { type PreparedFaces, prepareFaces, prepareParts } from '../datasets/prepared.ts'
import type { Task } from '../datasets/task.ts'
import type { Alignment } from '../faces/align.ts'
import type { Clock } from './clock.ts'

/** Side of the aligned picture that a network's crop is taken from: 256 for the paper's 227. */
export function pictureSize(input: number): number {
  return Math.round((input * 256) / 227)
}

/** The faces of a data set that could be prepared, as pictures of one size. */
export interface PreparedData {
  /** Side of a picture in pixels. */
  readonly size: number
  readonly faces: readonly Face[]
  /** For each face, its fold. */
  readonly folds: readonly number[]
  /** For each face, its picture in each alignment that was asked for. */
  readonly pictures: Readonly<Partial<Record<Alignment, readonly StoredPicture[]>>>
  /** Where each part of each face lies, if training hides one. */
  readonly parts?: PreparedParts
  /** What the reader skipped, and photos that could not be used. */
  readonly skipped: readonly Skipped[]
  /** A hash of all of the above: the same digest, the same data. */
  readonly digest: string
}

/** The parts of the faces in their pictures. */
interface PreparedParts {
  /** The names of the parts, by their indices. */
  readonly names: readonly string[]
  /** For each face the index of the part at each pixel of its picture. */
  readonly maps: PreparedData['pictures']
  /** A hash of these: the same digest, the same parts. */
  readonly digest: string
}

/** How to prepare faces. */
export interface Preparation {
  /** Side of a picture in pixels. */
  readonly size: number
  readonly alignments: readonly Alignment[]
  /** How many folds the people are dealt into, and by which seed. */
  readonly folds: number
  readonly seed: string | number
  /** Where photos that occur more than once go: see `makeFolds`. */
  readonly repeated?: Repeated
  /** The parts that training hides, whose places are then prepared too; by default none. */
  readonly hidden?: readonly string[]
  /** Where the pictures are kept for next time. */
  readonly folder: string
}

/**
 * Prepare a data set's faces, aligned in every way that is asked for.
 *
 * @throws UserError when no face can be used, or the faces lack a part that is to be hidden
 */
export async function prepare(
  dataset: Dataset,
  { size, alignments, folds: count, seed, repeated, hidden = [], folder }: Preparation,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<PreparedData> {
  const names = partNames(dataset.faces)
  const lacking = hidden.find((part) => !names.includes(part))
  if (lacking !== undefined) {
    throw new UserError(
      `its faces have no part '${lacking}' to hide`,
      dataset.root,
      `They have ${names.join(', ')}`,
    )
  }
  // Folds are made before photos are left out, so that one bad photo does not move all other faces.
  const folds = makeFolds(dataset.faces, count, seed, repeated)
  const foldOf = new Map(dataset.faces.map(({ id }, k) => [id, folds[k]!]))
  const total = dataset.faces.length
  const aligned = async (as: Alignment, what: string, make: typeof prepareFaces): Promise<PreparedFaces> =>
    clock.stage('preparing', total, (tell) =>
      make(dataset, as, size, folder, (done) => {
        signal.throwIfAborted()
        tell(done, `preparing ${what} [${as}] ${done}/${total}`)
      }),
    )
  const prepared: PreparedFaces[] = []
  const parts: PreparedFaces[] = []
  for (const as of alignments) {
    prepared.push(await aligned(as, 'photos', prepareFaces))
    if (hidden.length > 0) parts.push(await aligned(as, 'parts of faces', prepareParts))
  }
  // The faces that could be aligned in every way.
  const reasons = new Map(
    [...prepared, ...parts].flatMap(({ skipped }) => skipped.map(({ face, reason }) => [face.id, reason])),
  )
  const faces = dataset.faces.filter(({ id }) => !reasons.has(id))
  if (faces.length === 0) {
    throw new UserError(
      `none of its ${total} faces can be aligned as ${alignments.join(' and ')}`,
      dataset.root,
    )
  }
  const kept = faces.map(({ id }) => foldOf.get(id)!)
  const ofKept = (all: readonly PreparedFaces[]): PreparedData['pictures'] =>
    Object.fromEntries(
      all.map(
        ({ as, faces: own, pictures }) => [as, pictures.filter((_, k) => !reasons.has(own[k]!.id))] as const,
      ),
    )
  const [pictures, maps] = [ofKept(prepared), ofKept(parts)]
  // Dealt folds follow from the people, so they differ where these do; the folds of a table stay. Published data sets
  // have their people in their photos' names.
  const people = dataset.kind === 'csv' && dataset.faces.every(({ fold }) => fold !== undefined)
  const labelled = faces.map(({ id, age, years, gender, subject }, k) => [
    ...[id, age, years, gender, kept[k]],
    ...(people ? [subject] : []),
  ])
  const sumsOf = (all: PreparedData['pictures']) =>
    Object.values(all)
      .flat()
      .map(({ sha256 }) => sha256)
  return {
    size,
    faces,
    folds: kept,
    pictures,
    skipped: [...dataset.skipped, ...[...reasons].map(([face, reason]) => ({ face, reason }))],
    ...(hidden.length > 0 && { parts: { names, maps, digest: sha256Of(...sumsOf(maps)) } }),
    digest: sha256Of(JSON.stringify(labelled), ...sumsOf(pictures)),
  }
}

/** What a study needs its faces for. */
export interface Dealing {
  readonly tasks: readonly Task[]
  readonly seed: string | number
  readonly folds: { readonly count: number; readonly test: readonly number[]; readonly repeated?: Repeated }
}

/**
 * Check, by the labels alone, that every run of a study has faces to train on, before any photo is aligned: some photos
 * may still turn out to be unusable.
 *
 * @throws UserError as {@link makeFolds} and {@link splitFor} do
 */
export function requireTrainable(faces: readonly Face[], { tasks, seed, folds }: Dealing): void {
  const dealt = makeFolds(faces, folds.count, seed, folds.repeated)
  for (const task of tasks) {
    for (const fold of folds.test) splitFor({ faces, folds: dealt }, seed, task, fold)
  }
}

/**
 * The split of the faces that have a label for a task, as indices into all faces.
 *
 * @throws UserError when a class has no faces to train on, or there are none to validate or test on
 */
export function splitFor(
  data: Pick<PreparedData, 'faces' | 'folds'>,
  seed: string | number,
  task: Task,
  fold: number,
): Split {
  const labelled = (indices: readonly number[]) =>
    indices.filter((k) => labelOf(data.faces[k]!, task) !== undefined)
  const { train, validation, test } = splitFolds(data.folds, fold, seed)
  const own = { train: labelled(train), validation: labelled(validation), test: labelled(test) }
  requireEveryClass(data.faces, own.train, task)
  for (const part of ['validation', 'test'] as const) {
    if (own[part].length > 0) continue
    throw new UserError(
      `the ${part} part holds no face`,
      `task ${task}, fold ${fold}`,
      'Use more faces, or fewer folds',
    )
  }
  return own
}
