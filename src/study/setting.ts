/**
 * Settings: which photos a network is trained on, and what its weights start from. The paper writes one as `[m,n]`.
 * Here it is a record, which is converted to and from text only at the edges: in files, on the command line, on pages.
 */

import { UserError } from '../base/errors.ts'
import type { Alignment } from '../faces/align.ts'

/** The alignments of a face, in the order in which photos are prepared, tested and listed. */
export const ALIGNMENTS: readonly Alignment[] = ['r', 'i']

/** The photos that a network is trained on: aligned in one way, or `m`, mixed: each face in both ways. */
export type TrainingPhotos = Alignment | 'm'

/** All training photos, in the order of the paper's tables. */
export const TRAINING_PHOTOS = ['i', 'r', 'm'] as const satisfies TrainingPhotos[]

/** Kinds of trained weights to start from, and the paper's letter for each; `s` for any others. */
export const START_LETTERS = { imagenet: 'n', 'imdb-wiki': 'w', other: 's' } as const

/** Kinds of trained weights to start from. */
export type TrainedKind = keyof typeof START_LETTERS

/** What a network's weights start from: random or trained ones. */
export type StartKind = 'random' | TrainedKind

export const TRAINED_KINDS = Object.keys(START_LETTERS) as TrainedKind[]

/** All starts, in the order of the paper's tables. */
export const STARTS: readonly StartKind[] = ['random', ...TRAINED_KINDS]

/** What a network is trained on, and what its weights start from. */
export interface Setting {
  readonly photos: TrainingPhotos
  readonly start: StartKind
}

/** A setting as text: `m,n`, or `m` for random weights. */
export type SettingText = TrainingPhotos | `${TrainingPhotos},${(typeof START_LETTERS)[TrainedKind]}`

/** All settings, in the order of the paper's tables: random starts first, and for each start [i], [r] and [m]. */
const SETTINGS: readonly Setting[] = STARTS.flatMap((start) =>
  TRAINING_PHOTOS.map((photos) => ({ photos, start })),
)

/** A setting as in files: `m,n`. */
export function formatSetting({ photos, start }: Setting): SettingText {
  return start === 'random' ? photos : `${photos},${START_LETTERS[start]}`
}

/** A setting as the paper writes it and people read it: `[m,n]`. */
export function bracketed(setting: Setting): string {
  return `[${formatSetting(setting)}]`
}

/** A setting as part of a file's name: `m-n`. */
export function inFileNames(setting: Setting): string {
  return formatSetting(setting).replace(',', '-')
}

/**
 * The inverse of {@link formatSetting}.
 *
 * @param where it stands, for the message
 * @throws UserError when there is no such setting
 */
export function parseSetting(text: string, where?: string): Setting {
  const setting = SETTINGS.find((one) => formatSetting(one) === text)
  if (setting) return setting
  const letters = Object.values(START_LETTERS).join(', ')
  throw new UserError(
    `there is no setting '${text}'`,
    where,
    `A setting is one of ${TRAINING_PHOTOS.join(', ')}, followed by a comma and one of ${letters} if it starts from trained weights`,
  )
}

export function isSameSetting(a: Setting, b: Setting): boolean {
  return a.photos === b.photos && a.start === b.start
}

/** Where a setting stands in the paper's tables, from 0. */
export function placeOf(setting: Setting): number {
  return SETTINGS.findIndex((one) => isSameSetting(one, setting))
}

/** Settings in the order of the paper's tables, each once. */
export function inPaperOrder(settings: readonly Setting[]): Setting[] {
  return SETTINGS.filter((one) => settings.some((setting) => isSameSetting(one, setting)))
}

/** The alignments of the photos that a run is trained on. */
export function trainedOn({ photos }: Setting): readonly Alignment[] {
  return photos === 'm' ? ALIGNMENTS : [photos]
}

/** The photos that a run is tested on: `i` for `[i]`, `r` for `[r]` and `[m]`, as in the paper. */
export function ownTest({ photos }: Setting): Alignment {
  return photos === 'i' ? 'i' : 'r'
}

/** The other photos: what the paper calls swapped test sets. */
export function swappedTest(setting: Setting): Alignment {
  return ownTest(setting) === 'i' ? 'r' : 'i'
}

/** The alignments that have an entry. */
export function alignmentsIn(items: Readonly<Partial<Record<Alignment, unknown>>>): Alignment[] {
  return ALIGNMENTS.filter((alignment) => items[alignment])
}
