import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { DATASET_KINDS, readDataset } from '../../src/datasets/readers.ts'
import { CLASSES } from '../../src/datasets/task.ts'
import { ENTRIES, samples } from './samples.ts'

/** Data sets without rows, so none can repeat. */
const WITHOUT_ROWS = ['folder', 'utkface']

/** Data sets whose reader checks which photos exist; other missing photos only show when prepared. */
const PHOTOS_LISTED = ['adience', 'csv', 'fairface', 'imdb-wiki']

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

/** A data set as if its folder had another name. */
function elsewhere(dataset: Dataset, root: string): unknown {
  return JSON.parse(JSON.stringify(dataset).replaceAll(root, 'HERE'))
}

// What every reader must guarantee: a new one is a line in tests/datasets/samples.ts.
describe.each(DATASET_KINDS)('the reader of %s', (kind) => {
  const write = samples[kind]
  const read = (root: string) => readDataset(kind, root)
  const folderOf = (root: string) => (kind === 'csv' ? dirname(root) : root)

  it('gives faces unique ids that are safe in file names, and photos that exist', async () => {
    const root = write()
    const { faces } = await read(root)
    expect(faces).toHaveLength(ENTRIES)
    const ids = faces.map(({ id }) => id)
    expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(faces.length)
    for (const id of ids) expect(id).toMatch(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}@._-]*$/u)
    for (const { photo, published, landmarks } of faces) {
      for (const path of [photo, landmarks ?? photo, ...Object.values(published ?? {})]) {
        expect(isAbsolute(path)).toBe(true)
        expect(existsSync(path), path).toBe(true)
      }
    }
  })

  it('gives each a subject and at least one label, all within range', async () => {
    const { faces } = await read(write())
    for (const { subject, age, years, gender, fold } of faces) {
      expect(subject).not.toBe('')
      expect(age ?? years ?? gender).toBeDefined()
      if (age !== undefined) expect(CLASSES.age[age]).toBeDefined()
      if (years !== undefined) expect(Number.isInteger(years) && years >= 0 && years <= 130).toBe(true)
      if (gender !== undefined) expect(CLASSES.gender).toContain(gender)
      if (fold !== undefined) expect(Number.isInteger(fold) && fold >= 0).toBe(true)
    }
    expect(new Set(faces.map(({ fold }) => fold === undefined)).size).toBe(1)
    expect(new Set(faces.map(({ gender }) => gender))).toEqual(new Set(['m', 'f']))
  })

  it('states its name, licence and citation, and accounts for all that it read', async () => {
    const root = write()
    const dataset = await read(root)
    expect(dataset).toMatchObject({ kind, root, read: ENTRIES, skipped: [] })
    expect(dataset.licence).toMatch(/\w/)
    expect(dataset.citation).toMatch(/\w/)
    expect(dataset.faces.length + sum(dataset.dropped) + dataset.skipped.length).toBe(dataset.read)
  })

  it('gives the same for the same files', async () => {
    const root = write()
    expect(await read(root)).toEqual(await read(root))
    const other = write()
    expect(elsewhere(await read(other), folderOf(other))).toEqual(elsewhere(await read(root), folderOf(root)))
  })

  it.each([
    ['line ends of Windows', { end: '\r\n' }],
    ['a byte order mark', { start: '\uFEFF' }],
    ['empty lines', { end: '\n\n' }],
  ])('does not mind %s', async (what, writing) => {
    // Its own files have none, and a line is a face.
    if (kind === 'synthetic' && what === 'empty lines') return
    const [plain, other] = [write(), write(writing)]
    expect(elsewhere(await read(other), folderOf(other))).toEqual(
      elsewhere(await read(plain), folderOf(plain)),
    )
  })

  if (!WITHOUT_ROWS.includes(kind))
    it('leaves out a repeated row, and says so', async () => {
      const [plain, repeated] = [await read(write()), await read(write({ repeat: true }))]
      expect(repeated.read).toBe(ENTRIES + 1)
      expect(repeated.faces.length + sum(repeated.dropped) + repeated.skipped.length).toBe(ENTRIES + 1)
      if (kind === 'adience') {
        // The published lists repeat such rows.
        expect(repeated.faces).toHaveLength(ENTRIES + 1)
        expect(new Set(repeated.faces.map(({ id }) => id)).size).toBe(ENTRIES + 1)
        expect(repeated.remarks).toMatchObject({ 'row repeated (kept, as in the published lists)': 1 })
      } else {
        expect(repeated.faces.map(({ id }) => id)).toEqual(plain.faces.map(({ id }) => id))
        if (kind === 'imdb-wiki') expect(repeated.dropped).toEqual({ 'the picture of an earlier row': 1 })
        else expect(repeated.skipped[0]!.face).toMatch(/:\d+$/)
      }
    })

  it('says what is missing if there is nothing', async () => {
    const nowhere = join(tmpdir(), 'regard-nowhere')
    const empty = mkdtempSync(join(tmpdir(), 'regard-empty-'))
    for (const root of [nowhere, empty]) {
      const reading = read(root)
      await expect(reading).rejects.toThrow(UserError)
      await expect(reading).rejects.toThrow(root)
    }
  })

  if (PHOTOS_LISTED.includes(kind)) {
    it('says why if there are no photos', async () => {
      const root = write()
      for (const folder of ['photos', 'faces', 'aligned', 'val', '00']) {
        rmSync(join(folderOf(root), folder), { recursive: true, force: true })
      }
      await expect(read(root)).rejects.toThrow(/holds no usable face \(.*(missing: 5|does not exist)/)
    })
  }
})
