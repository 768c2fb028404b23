import { mkdtempSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFolder } from '../../src/datasets/folder.ts'
import { touch } from './samples.ts'

function folder(...names: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'regard-folder-'))
  for (const name of names) touch(root, name)
  return root
}

describe('readFolder', () => {
  it('takes the label from the name of the folder', () => {
    const root = folder('0-2/a.jpg', '(4, 6)/b.PNG', '8_13/c.webp', '60+/d.tif', '27/e.jpeg', '22/f.jpg')
    const labels = readFolder(root).faces.map(({ id, age, years }) => [id, age, years])
    expect(labels).toEqual([
      ['4_6_b', 1, undefined],
      ['0-2_a', 0, undefined],
      ['22_f', undefined, 22],
      ['27_e', 4, 27],
      ['60_d', 7, undefined],
      ['8_13_c', 2, undefined],
    ])
    const genders = readFolder(folder('M/a.jpg', 'woman/b.jpg', 'Male/c.jpg', 'f/d.jpg'))
    expect(genders.faces.map(({ gender }) => gender)).toEqual(['m', 'm', 'f', 'f'])
    expect(genders.remarks).toEqual({})
  })

  it('drops what is no photo, and photos beside the folders; skips folders within a class', () => {
    const root = folder('m/a.jpg', 'm/notes.txt', 'm/.hidden.jpg', 'm/2020/b.jpg', 'c.jpg', 'readme.md')
    const { faces, dropped, skipped, read } = readFolder(root)
    expect(faces.map(({ id }) => id)).toEqual(['m_a'])
    expect(dropped).toEqual({
      'not in the folder of a class': 1,
      'no picture by its name (jpg, png, webp, gif, tiff, avif)': 1,
    })
    expect(skipped.map(({ face }) => face)).toEqual([join(root, 'm/2020')])
    expect(read).toBe(4)
  })

  it('follows links', () => {
    const other = folder('a.jpg')
    const root = folder('m/b.jpg')
    symlinkSync(other, join(root, 'f'))
    symlinkSync(join(other, 'a.jpg'), join(root, 'm/a.jpg'))
    expect(readFolder(root).faces.map(({ id }) => id)).toEqual(['f_a', 'm_a', 'm_b'])
  })

  it('tells photos apart whose names come to the same id', () => {
    const root = folder('m/a.jpg', 'm/A.jpg', 'm/a.png', 'm/?.jpg', 'm/!.jpg')
    expect(readFolder(root).faces.map(({ id }) => id)).toEqual(['m_', 'm_-2', 'm_A', 'm_a-2', 'm_a-3'])
  })

  it('says which folders name no class, and what it understands', () => {
    const root = folder('m/a.jpg', '20-29/b.jpg', 'children/c.jpg')
    expect(() => readFolder(root)).toThrow(
      'holds folders that are named by no class: "20-29", "children". Each folder is named by what its photos show: ' +
        'a gender (m, f, male, female, man, woman), an age group (0-2, 4-6, 8-13, 15-20, 25-32, 38-43, 48-53, 60+) ' +
        'or an age in years (34)',
    )
  })
})
