/** Data sets, their folds, and problems with their photos on the command line. */

import { basename, resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { UsageError, UserError } from '../base/errors.ts'
import { fromHome } from '../base/home.ts'
import { nearest } from '../base/nearest.ts'
import { printable } from '../base/printable.ts'
import type { Skipped } from '../datasets/dataset.ts'
import { leftInWords } from '../datasets/photoFiles.ts'
import { DATASET_KINDS, type DatasetKind, type ReaderOptions } from '../datasets/readers.ts'

/** A data set as named on the command line. */
export interface Source {
  readonly kind: DatasetKind
  readonly root: string
}

/** What `--data` is: words for its help. */
export const DATA = `a data set: its kind (${DATASET_KINDS.join(', ')}), a colon, and its folder, or for csv its table`

/** Read the argument of `--data`. */
export function sourceFrom(text: string): Source {
  const colon = text.indexOf(':')
  const [kind, root] = [text.slice(0, colon), text.slice(colon + 1)]
  if (colon < 1 || root === '')
    throw new InvalidArgumentError('Write its kind before it: folder:photos for photos of your own.')
  if (DATASET_KINDS.includes(kind as DatasetKind)) return { kind: kind as DatasetKind, root: fromHome(root) }
  const near = nearest(kind, DATASET_KINDS)
  const remedy = near ? `Did you mean ${near}?` : `There are ${DATASET_KINDS.join(', ')}.`
  throw new InvalidArgumentError(`There is no kind '${kind}'. ${remedy}`)
}

/** The name of a data set in a page that is passed on, without the place where it lies: `aaf:AAF`. */
export function nameOfData({ kind, root }: Source): string {
  return `${kind}:${basename(resolve(root))}`
}

/** The flag of a command that reads data sets, and what it means. */
export const REPAIR = [
  '--repair-labels',
  'adience: restore the ages of 72 faces that the published lists lost to a typing error',
] as const

/** @throws UsageError when labels are to be repaired, and none of the data sets has any to repair */
export function requireUse(sources: readonly Source[], { repairLabels }: ReaderOptions): void {
  if (!repairLabels || sources.some(({ kind }) => kind === 'adience')) return
  throw new UsageError(`${REPAIR[0]} is only for data of kind adience`, undefined, 'Leave it out')
}

/** Read the argument of `--fold`. */
export function foldFrom(text: string): { fold: number; of: number } {
  const [, fold, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number)
  if (fold === undefined || of === undefined || of < 2 || fold >= of) {
    throw new InvalidArgumentError('Write it as K/N, with K from 0 to N - 1, such as 0/5.')
  }
  return { fold, of }
}

/** Name the photos and rows that could not be used, if any, and set the exit code. */
export function tellSkipped(skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return
  console.error(`\n${skipped.length} ${skipped.length === 1 ? 'photo' : 'photos'} could not be used:`)
  for (const { face, reason } of skipped) console.error(`  ${printable(face)}: ${reason}`)
  process.exitCode = 3
}

/** @throws UserError where folders that were named hold no photos at all */
export function requirePhotos(photos: readonly unknown[], skipped: readonly Skipped[]): void {
  const [first] = skipped
  if (photos.length === 0 && first) throw new UserError(first.reason, first.face)
}

/** Report which files in the named folders are not photos, so that nobody relies on them. */
export function tellLeft(left: ReadonlyMap<string, number>): void {
  if (left.size === 0) return
  const count = [...left.values()].reduce((a, b) => a + b)
  console.error(
    `Left out of the folders because regard cannot read ${count === 1 ? 'it as a photo' : 'them as photos'}: ${leftInWords(left)}`,
  )
}

/** The message of an error about a photo begins with its path, which is printed before it anyway. */
export function withoutPath(path: string, message: string): Skipped {
  const start = `${printable(path)}: `
  return { face: path, reason: message.startsWith(start) ? message.slice(start.length) : message }
}
