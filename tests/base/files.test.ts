import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  AtomicFile,
  abandonedOf,
  append,
  requireWritable,
  requireWritableFolder,
  writeAtomic,
} from '../../src/base/files.ts'
import { smallDisk } from '../smallDisk.ts'

test('a file is written in full, and its folders are created', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'regard-')), 'a', 'b.txt')
  writeAtomic(path, 'one ', Buffer.from('two'))
  expect(readFileSync(path, 'utf8')).toBe('one two')
  expect(readdirSync(join(path, '..'))).toEqual(['b.txt'])
})

test('files that a killed process left half-written are removed, those that another is writing are not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-'))
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  writeFileSync(join(folder, `model.onnx.${dead}.tmp`), 'half')
  writeFileSync(join(folder, `model.onnx.${process.ppid}.tmp`), 'being written')
  writeAtomic(join(folder, 'model.onnx'), 'whole')
  expect(readdirSync(folder).sort()).toEqual(['model.onnx', `model.onnx.${process.ppid}.tmp`])
})

test('files that a killed process with the same number left, as in a container, are removed too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-'))
  const [path, left] = ['model.onnx', `model.onnx.${process.pid}.tmp`].map((name) => join(folder, name))
  writeFileSync(left!, 'half')
  expect(abandonedOf(path!)).toEqual([left])
  const file = new AtomicFile(path!)
  file.write('whole')
  expect(abandonedOf(path!)).toEqual([])
  file.commit()
  expect(readFileSync(path!, 'utf8')).toBe('whole')
  expect(readdirSync(folder)).toEqual(['model.onnx'])
})

test('the error names the file that cannot be written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-'))
  writeFileSync(join(folder, 'file'), '')
  chmodSync(join(folder, 'file'), 0o400)
  expect(() => writeAtomic(join(folder, 'file', 'below'), 'x')).toThrow(/file\/below: could not be written/)
})

test('a check before the work finds what cannot be written, and leaves nothing behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-'))
  writeFileSync(join(folder, 'file'), '')
  expect(() => requireWritableFolder(join(folder, 'file', 'below'))).toThrow(
    /file\/below: cannot be written into: \S+\/file is a file\. Choose another folder/,
  )
  expect(() => requireWritable(join(folder, 'file', 'a.csv'))).toThrow(/is a file/)
  expect(() => requireWritable(folder)).toThrow(/is a folder, not a file to write to/)
  requireWritable(join(folder, 'file'))
  requireWritable(join(folder, 'new', 'a.csv'))
  requireWritableFolder(join(folder, 'new', 'below'))
  expect(readdirSync(folder)).toEqual(['file'])
})

test.skipIf(!existsSync('/proc/self'))('a system folder that takes no files is not writable', () => {
  expect(() => requireWritableFolder('/proc/out')).toThrow(/\/proc\/out: could not be written/)
})

const disk = smallDisk('64k')

test.skipIf(!disk)('on a full disk the old file stays and nothing half-written is left', () => {
  const path = join(disk!, 'checkpoint')
  writeAtomic(path, 'the old one')
  expect(() => writeAtomic(path, Buffer.alloc(200_000))).toThrow(
    /checkpoint: could not be written.*disk is full/s,
  )
  expect(readFileSync(path, 'utf8')).toBe('the old one')
  expect(readdirSync(disk!)).toEqual(['checkpoint'])
  expect(() => {
    for (;;) append(join(disk!, 'log'), 'x'.repeat(1000))
  }).toThrow(/log: could not be written.*disk is full/s)
})
