/** Faces that are left out of a data set: a table with a column `face`, as `regard dataset check` writes it. */

import { basename } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Dataset } from './dataset.ts'
import { readTable } from './table.ts'

/**
 * A data set without the faces that a table names.
 *
 * @throws UserError when the table cannot be read, names a face that does not exist, or none is left
 */
export function without(dataset: Dataset, table: string): Dataset {
  const { rows, faulty } = readTable(table, ['face'])
  const bad = faulty[0]
  if (bad) throw new UserError(bad.reason, bad.face)
  const known = new Set(dataset.faces.map(({ id }) => id))
  const left = new Set<string>()
  for (const { where, cells } of rows) {
    const face = cells.face!
    if (!known.has(face)) {
      throw new UserError(
        `${dataset.kind} has no face '${face}'`,
        where,
        'Use the names that `regard dataset check` gives faces. Remove the line, or check the data set again',
      )
    }
    left.add(face)
  }
  if (left.size === known.size) throw new UserError('leaves out every face of the data set', table)
  return leaving(dataset, left, `left out by ${basename(table)}`)
}

/**
 * A data set without some of its faces.
 * @param reason why, for its list of what was dropped
 */
export function leaving(dataset: Dataset, ids: ReadonlySet<string>, reason: string): Dataset {
  if (ids.size === 0) return dataset
  return {
    ...dataset,
    faces: dataset.faces.filter(({ id }) => !ids.has(id)),
    dropped: { ...dataset.dropped, [reason]: ids.size },
  }
}
