import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readUtkface } from '../../src/datasets/utkface.ts'
import { shared } from '../shared.ts'
import { touch } from './samples.ts'

function folder(...names: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'regard-utkface-'))
  for (const name of names) touch(root, name)
  return root
}

describe('readUtkface', () => {
  it('reads labels from the names, and takes cut-out pictures as they are', () => {
    const root = folder('26_1_2_20170116174525125.jpg.chip.jpg', '7_0_0_20170116174525126.jpg')
    const chip = join(root, '26_1_2_20170116174525125.jpg.chip.jpg')
    expect(readUtkface(root).faces).toEqual([
      {
        id: '26_1_2_20170116174525125',
        photo: chip,
        published: { r: chip },
        subject: '26_1_2_20170116174525125',
        years: 26,
        age: 4,
        gender: 'f',
      },
      {
        id: '7_0_0_20170116174525126',
        photo: join(root, '7_0_0_20170116174525126.jpg'),
        subject: '7_0_0_20170116174525126',
        years: 7,
        gender: 'm',
      },
    ])
  })

  it('drops names that lack a field, as some of the published set do, and whole photos beside their cut-out pictures', () => {
    const root = folder(
      '61_1_20170109142408075.jpg.chip.jpg',
      '61_1_20170109150557335.jpg.chip.jpg',
      '39_1_20170116174525125.jpg.chip.jpg',
      '53__0_20170116184028385.jpg',
      '1_0_0_1.jpg',
      '1_0_0_1.jpg.chip.jpg',
      'readme.txt',
    )
    const { faces, dropped, read } = readUtkface(root)
    expect(faces).toHaveLength(1)
    expect(dropped).toEqual({
      'name that lacks age, gender or race': 4,
      'photo of which there is a cut-out picture too': 1,
    })
    expect(read).toBe(6)
  })

  it('also finds the pictures in the folder UTKFace', () => {
    expect(
      readUtkface(folder('UTKFace/1_0_0_1.jpg.chip.jpg', 'crop_part1/1_0_0_1.jpg.chip.jpg')).faces,
    ).toHaveLength(1)
  })
})

it('reads the parts in the wild, each picture once', () => {
  const parts = folder(
    'part1/1_0_0_1.jpg',
    'part2/2_1_0_2.jpg',
    'part3/part3/3_1_0_3.jpg',
    'part3/2_1_0_2.jpg',
  )
  const { faces, dropped } = readUtkface(parts)
  expect(faces.map(({ id, published }) => [id, published])).toEqual([
    ['1_0_0_1', undefined],
    ['2_1_0_2', undefined],
    ['3_1_0_3', undefined],
  ])
  expect(dropped).toEqual({ 'duplicate picture': 1 })
})

describe.skipIf(!shared)('UTKFace as published', () => {
  it('has 960 faces here, 120 of each age group, half of them of each gender', () => {
    const { faces, dropped } = readUtkface(join(shared!, 'data/utkface'))
    expect(faces).toHaveLength(960)
    expect(dropped).toEqual({})
    for (let age = 0; age < 8; age++) expect(faces.filter((face) => face.age === age)).toHaveLength(120)
    expect(faces.filter(({ gender }) => gender === 'f')).toHaveLength(480)
  })
})
