import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of this process, which is gone when the process ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'regard-fuzz-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
