/**
 * `SHA256SUMS` in a run's folder: a line for each file, in the format of `sha256sum`. It is written last: where it
 * exists, the run is finished, and where a file does not match it, the run is damaged.
 */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { writeAtomic } from '../base/files.ts'
import { hashOfFile } from '../base/hash.ts'

/** The name of the file of sums. */
export const SUMS = 'SHA256SUMS'
/** Files that may lie beside a run's own: checkpoints, prepared photos, and files being written. */
const OTHERS = /^checkpoint\.|^data\/|\.tmp$/

/** The file of sums in a run's folder. */
export function sumsIn(folder: string): string {
  return join(folder, SUMS)
}

/** Sum up every file of a finished run. */
export function writeSums(folder: string): void {
  const lines = filesIn(folder).map((name) => `${hashOfFile(join(folder, name))}  ${name}\n`)
  writeAtomic(sumsIn(folder), ...lines)
}

/**
 * What is wrong with a finished run's files: `model.onnx is missing`; undefined where nothing is.
 *
 * @param folder of a finished run
 * @param matters whether a file is looked at, by its name; by default all are
 */
export function damageOf(folder: string, matters = (_name: string) => true): string | undefined {
  const lines = readFileSync(sumsIn(folder), 'utf8').split('\n').slice(0, -1)
  if (lines.length === 0) return `${SUMS} is empty`
  for (const line of lines) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
    if (sum === undefined) return `${SUMS} is damaged`
    if (!matters(name!)) continue
    const path = join(folder, name!)
    if (!existsSync(path)) return `${name} is missing`
    if (!statSync(path).isFile() || hashOfFile(path) !== sum)
      return `${name} has changed since it was written`
  }
  return undefined
}

/** The files of a run, by their paths in its folder with slashes, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => name !== SUMS && !OTHERS.test(name))
    .sort()
}
