import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/**
 * A real disk that soon fills up: a file system in memory, which only root can mount; undefined for others.
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
    // Files of prepared pictures stay open until the process ends.
    execFileSync('umount', ['--lazy', disk])
  })
  return disk
}

/** Leave so many bytes free on a disk. */
export function leaveFree(disk: string, bytes: number): void {
  const ballast = join(disk, 'ballast')
  rmSync(ballast, { force: true })
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes)))
}

/** Make a disk read-only, like a disk with errors. */
export function makeReadOnly(disk: string): void {
  execFileSync('mount', ['-o', 'remount,ro', disk])
}
