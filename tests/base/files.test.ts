import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeAtomic } from '../../src/base/files.ts'

test('a file is written in full, its folders made', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'regard-')), 'a', 'b.txt')
  writeAtomic(path, 'one ', Buffer.from('two'))
  expect(readFileSync(path, 'utf8')).toBe('one two')
  expect(readdirSync(join(path, '..'))).toEqual(['b.txt'])
})

test('where a file cannot be written, the error names it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-'))
  writeFileSync(join(folder, 'file'), '')
  chmodSync(join(folder, 'file'), 0o400)
  expect(() => writeAtomic(join(folder, 'file', 'below'), 'x')).toThrow(/file\/below: could not be written/)
})

// A real full disk: a file system of 64 KiB in memory, which only root can mount.
const disk = mkdtempSync(join(tmpdir(), 'regard-disk-'))
const mounted = mount()
afterAll(() => {
  if (mounted) execFileSync('umount', [disk])
})
if (!mounted) console.warn('SKIPPED: the full-disk test needs the right to mount a file system')

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.skipIf(!mounted)('on a full disk the old file stays and nothing half-written is left', () => {
  const path = join(disk, 'checkpoint')
  writeAtomic(path, 'the old one')
  expect(() => writeAtomic(path, Buffer.alloc(200_000))).toThrow(
    /checkpoint: could not be written.*disk is full/s,
  )
  expect(readFileSync(path, 'utf8')).toBe('the old one')
  expect(readdirSync(disk)).toEqual(['checkpoint'])
})
