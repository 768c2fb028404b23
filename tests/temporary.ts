import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What tests write goes into one temporary folder, which is gone when they are over. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'regard-tests-'))
  process.env.TMPDIR = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
