import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFairface } from '../../src/datasets/fairface.ts'
import { shared } from '../shared.ts'
import { touch } from './samples.ts'

const HEADER = 'file,age,gender,race,service_test'
const RANGES = ['0-2', '3-9', '10-19', '20-29', '30-39', '40-49', '50-59', '60-69', 'more than 70']

/** A folder with this label file, and photos of these names. */
function folder(name: string, text: string, photos: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'regard-fairface-'))
  writeFileSync(join(root, name), text)
  for (const photo of photos) touch(root, photo)
  return root
}

describe('readFairface', () => {
  it('gives an age group to ranges that lie within one', () => {
    const photos = RANGES.map((_, k) => `train/${k}.jpg`)
    const rows = RANGES.map((age, k) => `${photos[k]},${age},Male,White,False`)
    const { faces, remarks } = readFairface(
      folder('fairface_label_train.csv', [HEADER, ...rows].join('\n'), photos),
    )
    expect(faces.map(({ age }) => age)).toEqual([0, ...Array(6).fill(undefined), 7, 7])
    expect(faces.every(({ years, gender }) => years === undefined && gender === 'm')).toBe(true)
    expect(remarks).toEqual({ 'no age group (kept for gender)': 6 })
  })

  it('finds photos in the folders of the published archives, and drops missing ones', () => {
    const rows = [1, 2, 3].map((k) => `train/${k}.jpg,0-2,Female,White,False`)
    const root = folder('fairface_label_train.csv', [HEADER, ...rows].join('\n'), [
      'fairface-img-margin025-trainval/train/1.jpg',
      'train/2.jpg',
    ])
    const { faces, dropped } = readFairface(root)
    expect(faces.map(({ id }) => id)).toEqual(['train_1', 'train_2'])
    expect(dropped).toEqual({ 'picture missing': 1 })
  })

  it('skips malformed rows', () => {
    const rows = [
      'train/1.jpg,0-2,Female,White,False',
      'train/2.jpg,young,Female,White,False',
      'train/3.jpg,0-2,unknown,White,False',
      '../4.jpg,0-2,Male,White,False',
      'train/5.jpg',
    ]
    const root = folder('fairface_label_train.csv', [HEADER, ...rows].join('\n'), ['train/1.jpg'])
    const { skipped } = readFairface(root)
    const table = join(root, 'fairface_label_train.csv')
    expect(skipped).toEqual([
      { face: `${table}:6`, reason: 'has 1 fields, not 5' },
      { face: `${table}:3`, reason: 'has the age "young", which is not one of FairFace\'s' },
      { face: `${table}:4`, reason: 'has the gender "unknown", which is not one of FairFace\'s' },
      { face: `${table}:5`, reason: 'has the file "../4.jpg", which is not a path within the folder' },
    ])
  })

  it('reads a list in JSON, and skips entries that are not faces', () => {
    const list = [
      { id: 'a', filename: 'a.jpg', age: '70+', gender: 'Female' },
      { id: 'b', filename: 'b.jpg', age: 7 },
      { id: 'a', filename: 'a.jpg', age: '70+', gender: 'Female' },
    ]
    const root = folder('labels.json', JSON.stringify(list), ['a.jpg'])
    const { faces, skipped } = readFairface(root)
    expect(faces).toMatchObject([{ id: 'a', age: 7, gender: 'f' }])
    expect(skipped.map(({ face, reason }) => [face.slice(-6), reason])).toEqual([
      ['face 2', 'lacks one of filename, age and gender, as text'],
      ['face 3', `is of a.jpg, as ${join(root, 'labels.json')}, face 1 is`],
    ])
  })

  it('reports a file that is not JSON, or not a list', () => {
    expect(() => readFairface(folder('labels.json', '[{', []))).toThrow(/labels\.json: is not JSON \(/)
    expect(() => readFairface(folder('labels.json', '{}', []))).toThrow(/labels\.json: is not a list/)
  })
})

describe.skipIf(!shared)('FairFace as published', () => {
  it('has 144 photos here, 48 of them in an age group', () => {
    const { faces, remarks } = readFairface(join(shared!, 'data/fairface'))
    expect(faces).toHaveLength(144)
    expect(faces.filter(({ gender }) => gender === 'm')).toHaveLength(72)
    expect(remarks).toEqual({ 'no age group (kept for gender)': 96 })
  })
})
