/**
 * Pairs of faces that a user has marked as the same picture or not: `marks.csv` beside the findings of a check, which
 * the next check reads.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { csv } from '../../base/csv.ts'
import { UserError } from '../../base/errors.ts'
import { writeAtomic } from '../../base/files.ts'
import { readTable } from '../table.ts'

/** The name of the file. */
export const MARKS = 'marks.csv'

const id = z.string().min(1).max(500)

/** What the page sends: the pair and its mark; without one, the mark is removed. */
export const markSchema = z.strictObject({ a: id, b: id, mark: z.enum(['same', 'different']).optional() })

/** The mark of a pair. */
export interface Mark {
  readonly a: string
  readonly b: string
  readonly mark: 'same' | 'different'
}

/**
 * The marks in a folder; an empty list where there is no file.
 *
 * @throws UserError naming the file and the line that is not a mark
 */
export function readMarks(folder: string): Mark[] {
  const path = join(folder, MARKS)
  if (!existsSync(path)) return []
  const { rows, faulty } = readTable(path, ['a', 'b', 'mark'], { delimiter: ',' })
  const bad = faulty[0]
  if (bad) throw new UserError(bad.reason, bad.face)
  return rows.map(({ where, cells }) => {
    const { a = '', b = '', mark } = cells
    if (mark === 'same' || mark === 'different') return { a, b, mark }
    throw new UserError(`'${mark}' is not a mark`, where, 'Write same or different, or remove the line')
  })
}

/**
 * Write a pair's mark, replacing an earlier one.
 *
 * @throws UserError where the existing file does not hold marks, or cannot be written
 */
export function writeMark(folder: string, { a, b, mark }: z.infer<typeof markSchema>): void {
  const rest = readMarks(folder).filter((one) => keyOf(one) !== keyOf({ a, b }))
  const rows = (mark ? [...rest, { a, b, mark }] : rest).map(({ a, b, mark }) => ({ a, b, mark }))
  writeAtomic(join(folder, MARKS), csv(rows, ['a', 'b', 'mark']))
}

/** A pair, whichever of the two is named first. */
export function keyOf({ a, b }: Pick<Mark, 'a' | 'b'>): string {
  return JSON.stringify([a, b].sort())
}
