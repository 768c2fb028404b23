import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Tests write into one temporary folder, which is removed when they end. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'regard-tests-'))
  process.env.TMPDIR = folder
  // A browser that is ending still writes there.
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}
