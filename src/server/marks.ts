/** Pairs of faces that somebody has looked at: the same or not. `marks.csv` beside the findings of a check. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { csv } from '../base/csv.ts'
import { writeAtomic } from '../base/files.ts'

/** The name of the file. */
export const MARKS = 'marks.csv'

/** What the page sends: the pair, and what it is; without, the mark is taken back. */
export const markSchema = z.strictObject({
  check: z.string().min(1).max(100),
  a: z.string().min(1).max(500),
  b: z.string().min(1).max(500),
  mark: z.enum(['same', 'different']).optional(),
})

type Mark = z.infer<typeof markSchema>

/** Write down what a pair is, in place of what was said of it before. */
export function writeMark(folder: string, { check, a, b, mark }: Mark): void {
  const path = join(folder, MARKS)
  const before = existsSync(path)
    ? (parse(readFileSync(path), { columns: true }) as Record<string, string>[])
    : []
  const rest = before.filter((one) => one.check !== check || one.a !== a || one.b !== b)
  writeAtomic(path, csv(mark ? [...rest, { check, a, b, mark }] : rest, ['check', 'a', 'b', 'mark']))
}
