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
  it('takes the label from the folder name', () => {
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

  it('drops photos beside the folders, and counts other files by extension, with what to do', () => {
    const root = folder('m/a.jpg', 'm/notes.txt', 'm/.hidden.jpg', 'c.jpg', 'readme.md', 'm/b.MP4', 'm/c.jp2')
    const { faces, dropped, skipped, read } = readFolder(root)
    expect(faces.map(({ id }) => id)).toEqual(['m_a'])
    expect(dropped).toEqual({
      'in no folder that is named after a class': 1,
      'not read as a photo: .txt': 1,
      'not read as a photo: .md': 1,
      'not read as a photo: .mp4 (Save frames of videos as pictures)': 1,
      'not read as a photo: .jp2 (Save pictures as JPEG or PNG)': 1,
    })
    expect(skipped).toEqual([])
    expect(read).toBe(6)
  })

  it('reads albums within a class, and classes within other folders, as archives unpack', () => {
    const root = folder(
      'm/a.jpg',
      'm/2020/b.jpg',
      'm/12/f/c.jpg',
      'Training/female/d.jpg',
      'Validation/male/e.jpg',
      'notes/list.txt',
      '__MACOSX/m/._a.jpg',
      'm/Thumbs.db',
    )
    expect(readFolder(root).faces.map(({ id, gender, years }) => [id, gender, years])).toEqual([
      ['Training_female_d', 'f', undefined],
      ['Validation_male_e', 'm', undefined],
      ['m_a', 'm', undefined],
      ['m_12_f_c', 'm', undefined],
      ['m_2020_b', 'm', undefined],
    ])
  })

  it('reads every extension of its formats', () => {
    const root = folder('m/a.jpe', 'm/b.JFIF', 'm/c.bmp', 'm/d.avif', 'm/e.tif')
    expect(readFolder(root).faces).toHaveLength(5)
  })

  it('follows links', () => {
    const other = folder('a.jpg')
    const root = folder('m/b.jpg')
    symlinkSync(other, join(root, 'f'))
    symlinkSync(join(other, 'a.jpg'), join(root, 'm/a.jpg'))
    expect(readFolder(root).faces.map(({ id }) => id)).toEqual(['f_a', 'm_a', 'm_b'])
  })

  it('distinguishes photos whose names give the same id', () => {
    const root = folder('m/a.jpg', 'm/A.jpg', 'm/a.png', 'm/?.jpg', 'm/!.jpg')
    expect(readFolder(root).faces.map(({ id }) => id)).toEqual(['m_', 'm_-2', 'm_A', 'm_a-2', 'm_a-3'])
  })

  it('names the folders that are not classes, and says what it understands', () => {
    const root = folder('m/a.jpg', '20-29/b.jpg', 'children/c.jpg')
    expect(() => readFolder(root)).toThrow(
      'holds folders that are not named after a class: "20-29", "children". Name each folder after what its photos show: ' +
        'a gender (m, f, male, female, men, women), an age group (0-2, 4-6, 8-13, 15-20, 25-32, 38-43, 48-53, 60+) ' +
        'or an age in years (34)',
    )
  })
})
