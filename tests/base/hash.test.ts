import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { hashOfFile } from '../../src/base/hash.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-hash-'))
afterAll(() => rmSync(folder, { recursive: true }))

// It is read in parts of 4 MiB.
it.each([0, 1, 2 ** 22 - 1, 2 ** 22, 2 ** 22 + 1])('a file of %d bytes has the hash of its bytes', (size) => {
  const path = join(folder, String(size))
  const bytes = Buffer.alloc(size, 'faces')
  writeFileSync(path, bytes)
  for (const algorithm of ['sha1', 'sha256'] as const)
    expect(hashOfFile(path, algorithm)).toBe(createHash(algorithm).update(bytes).digest('hex'))
})
