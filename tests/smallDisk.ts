import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/**
 * A real disk that is soon full: a file system in memory, which only root can mount; undefined for others.
 *
 * @param size as `mount` takes it: `64k`, `2m`
 */
export function smallDisk(size: string): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'regard-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    console.warn('SKIPPED: the full-disk tests need the right to mount a file system')
    return undefined
  }
  afterAll(() => {
    execFileSync('umount', [disk])
  })
  return disk
}
