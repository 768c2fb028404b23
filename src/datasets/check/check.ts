/** What may silently ruin a study: everything that can be seen in a data set before a network is trained on it. */

import type { Watch } from '../../base/watch.ts'
import { type Dataset, type Skipped, skippedBelow, withoutRoot } from '../dataset.ts'
import { type Details, repetitions } from '../duplicates.ts'
import { makeFolds } from '../folds.ts'
import { classes } from './classes.ts'
import { copies } from './copies.ts'
import { faces } from './faces.ts'
import type { CheckedDataset, Finding, Severity } from './finding.ts'
import { labels } from './labels.ts'
import { type Look, lookAt } from './look.ts'
import { keyOf } from './marks.ts'
import { people } from './people.ts'
import { photos } from './photos.ts'

const SEVERITIES: readonly Severity[] = ['serious', 'doubtful', 'note']

/** How a data set is checked. */
export interface CheckOptions extends Pick<Watch, 'signal'> {
  /** How many folds to deal faces into, where the publishers have not dealt them, and by which seed. */
  readonly folds: number
  readonly seed: string | number
  /** Whether to look for faces in the photos, which takes most of the time. */
  readonly find: boolean
  /** Pairs that were marked as different pictures, by their keys (`keyOf`); by default none. */
  readonly different?: ReadonlySet<string>
  /** Called after each photo; in the second stage, photos that may be copies are looked at again. */
  readonly progress?: (stage: 'looking' | 'comparing', done: number, total: number) => void
}

/** What was found. */
export interface Checked {
  readonly folds: readonly number[]
  /** Whether the folds are the publishers' own. */
  readonly published: boolean
  /** The seed by which they were dealt if not. */
  readonly seed: string | number
  /** The result of every check, the most serious first; those that found nothing have no cases. */
  readonly findings: readonly Finding[]
  /** Rows, photos and landmarks that cannot be used. */
  readonly skipped: readonly Skipped[]
  /** What each face's photo shows, or the reason why it cannot be used. */
  readonly looks: readonly (Look | string)[]
}

/**
 * Check a data set.
 *
 * @throws UserError when the faces cannot be dealt into that many folds; the signal's reason, when that stops it
 */
export async function checkDataset(dataset: Dataset, options: CheckOptions): Promise<Checked> {
  const published = dataset.faces.some(({ fold }) => fold !== undefined)
  // Published folds do not go through the fold maker: it refuses folds that share a person, which are to be shown here.
  const folds = published
    ? dataset.faces.map(({ fold }) => fold!)
    : makeFolds(dataset.faces, options.folds, options.seed)
  const { root } = dataset
  const skipped = skippedBelow(dataset.skipped, root)
  const looks = (await allLooks(dataset, options)).map((look) =>
    typeof look === 'string' ? withoutRoot(look, root) : look,
  )
  const sketches = looks.map((look) => (typeof look === 'string' ? undefined : look.sketch))
  const id = (index: number) => dataset.faces[index]!.id
  const repeated = await repetitions(
    sketches,
    (indices) => closeLooks(dataset, indices, options),
    (a, b) => options.different?.has(keyOf({ a: id(a), b: id(b) })) ?? false,
  )
  const known: CheckedDataset = { dataset: { ...dataset, skipped }, folds, looks, repetitions: repeated }
  const findings = [
    ...copies(known),
    people(known),
    ...photos(known),
    ...classes(known),
    ...(options.find ? faces(known) : []),
    ...labels(known),
  ]
  const unusable = looks.flatMap((look, index) =>
    typeof look === 'string' ? [{ face: dataset.faces[index]!.id, reason: look }] : [],
  )
  return {
    folds,
    published,
    seed: options.seed,
    findings: SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity)),
    skipped: [...skipped, ...unusable],
    looks,
  }
}

async function allLooks(
  { faces }: Dataset,
  { find, signal, progress }: CheckOptions,
): Promise<(Look | string)[]> {
  const looks: (Look | string)[] = []
  for await (const result of lookAt(faces, find)) {
    signal?.throwIfAborted()
    if (typeof result === 'string') looks.push(result)
    else {
      const { details: _, ...look } = result
      looks.push(look)
    }
    progress?.('looking', looks.length, faces.length)
  }
  return looks
}

async function closeLooks(
  { faces }: Dataset,
  indices: readonly number[],
  { find, signal, progress }: CheckOptions,
): Promise<Map<number, Details>> {
  const details = new Map<number, Details>()
  const chosen = indices.map((index) => faces[index]!)
  let at = 0
  for await (const look of lookAt(chosen, find)) {
    signal?.throwIfAborted()
    const index = indices[at++]!
    // It was readable a moment ago.
    if (typeof look !== 'string') details.set(index, look.details)
    progress?.('comparing', at, indices.length)
  }
  return details
}
