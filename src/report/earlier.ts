import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CLASSES } from '../datasets/task.ts'

const TASK = `(?:${Object.keys(CLASSES).join('|')})`
const REST = '[a-z0-9-]+'
const ROWS = 'accuracy|confusion|groups|training|calibration|comparisons|findings|looks|faithful'

/** The names that reports give their files: files of other names are their user's own. */
const NAMES = {
  tables: new RegExp(
    [
      `^(?:${ROWS})\\.csv$`,
      `^(?:findings|${TASK}-(?:own|swapped)|table-\\d-${TASK}(?:-swapped)?)\\.tex$`,
      `^(?:comparisons|looks|faithful|calibration|groups)-${TASK}(?:-${REST})?\\.tex$`,
    ].join('|'),
  ),
  figures: new RegExp(
    `^(?:calibration|figure-1-learning-curves|figure-3-alignment-pairs|(?:figure-\\d|starts|confusion|looks)-${TASK}-${REST})\\.svg$`,
  ),
} as const

/**
 * Remove the tables and figures that an earlier report left and this one lacks: beside its own they would mix the numbers
 * of two studies.
 *
 * @param folder the report's
 * @param written the files of this report
 */
export function removeEarlier(folder: string, written: ReadonlySet<string>): void {
  for (const [kind, names] of Object.entries(NAMES)) {
    const inside = join(folder, kind)
    if (!existsSync(inside)) continue
    const own = readdirSync(inside).filter((name) => names.test(name))
    for (const path of own.map((name) => join(inside, name))) if (!written.has(path)) rmSync(path)
  }
}
