import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { readAaf } from '../../src/datasets/aaf.ts'
import { countClasses } from '../../src/datasets/classes.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { shared } from '../shared.ts'

/** A folder laid out as All-Age-Faces is, with these rows below the header. */
function folder(rows: string[], header = 'name,person_id,age,gender'): string {
  const root = mkdtempSync(join(tmpdir(), 'regard-aaf-'))
  mkdirSync(join(root, 'photos'))
  mkdirSync(join(root, 'landmarks49'))
  writeFileSync(join(root, 'labels.csv'), `${[header, ...rows].join('\n')}\n`)
  return root
}

describe('readAaf', () => {
  it('gives each row its files, subject, age group and gender', () => {
    const root = folder(['00001A02,1,2,f', '07000A44,7000,44,m'])
    const { faces, remarks } = readAaf(root)
    expect(faces).toEqual([
      {
        id: '00001A02',
        photo: join(root, 'photos/00001A02.jpg'),
        landmarks: join(root, 'landmarks49/00001A02.txt'),
        subject: '1',
        years: 2,
        age: 0,
        gender: 'f',
      },
      {
        id: '07000A44',
        photo: join(root, 'photos/07000A44.jpg'),
        landmarks: join(root, 'landmarks49/07000A44.txt'),
        subject: '7000',
        years: 44,
        gender: 'm',
      },
    ])
    expect(remarks).toEqual({ 'age between the groups (kept for gender)': 1 })
  })

  it.each([
    ['a,1,2', 'has 3 fields, not 4'],
    ['a/../b,1,2,f', 'has the name "a/../b", which is not made of letters and digits'],
    ['first,1,2,f', 'has the name "first", which an earlier line also has'],
    ['a,,2,f', 'lacks a person_id'],
    ['a,1,old,f', 'has the age "old", not a whole number of years'],
    ['a,1,-2,f', 'has the age "-2", not a whole number of years'],
    ['a,1,2,u', 'has the gender "u", not m or f'],
  ])('skips the row %s and names its file and line', (row, reason) => {
    const root = folder(['first,1,2,f', row, 'last,2,3,m'])
    const { faces, skipped, read } = readAaf(root)
    expect(faces.map(({ id }) => id)).toEqual(['first', 'last'])
    expect(skipped).toEqual([{ face: `${join(root, 'labels.csv')}:3`, reason }])
    expect(read).toBe(3)
  })

  it('refuses a different header, and a table without faces', () => {
    expect(() => readAaf(folder(['a,1,2,f'], 'name,age'))).toThrow(
      /labels\.csv:1: has no column person_id, gender/,
    )
    expect(() => readAaf(folder([]))).toThrow(/holds no usable face/)
    const root = folder(['a,1'])
    expect(() => readAaf(root)).toThrow(UserError)
    expect(() => readAaf(root)).toThrow(
      `1 unusable, the first: ${join(root, 'labels.csv')}:2 has 2 fields, not 4`,
    )
  })

  it('names the missing part of the folder', () => {
    const root = folder(['a,1,2,f'])
    rmSync(join(root, 'photos'), { recursive: true })
    expect(() => readAaf(root)).toThrow(`${join(root, 'photos')}: is missing`)
    expect(() => readAaf(join(root, 'nowhere'))).toThrow(/labels\.csv: is missing/)
  })
})

describe.skipIf(!shared)('All-Age-Faces as published', () => {
  it('has 4581 faces, 400 of them of an age between the groups', async () => {
    const { faces, read, remarks, citation } = await readDataset('aaf', join(shared!, 'data/aaf'))
    const all = [...faces.keys()]
    expect(faces).toHaveLength(4581)
    expect(countClasses(faces, all, 'gender')).toEqual([2264, 2317])
    expect(countClasses(faces, all, 'age').reduce((sum, count) => sum + count)).toBe(4181)
    expect(read).toBe(4581)
    expect(remarks).toEqual({ 'age between the groups (kept for gender)': 400 })
    expect(citation).toMatch(/Cheng.*2019/)
  })
})
