import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { ageAt, readImdbWiki } from '../../src/datasets/imdbWiki.ts'
import { readPicture } from '../../src/datasets/pack.ts'
import { prepareFaces } from '../../src/datasets/prepared.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { matlab5, row, struct } from '../formats/matlab/write.ts'
import { folder, NONE, serial, table } from './imdbWikiFolder.ts'

describe('ageAt', () => {
  // What Octave 7.3 answers to [age, ~] = datevec(datenum(2010, 7, 1) - datenum(…)).
  it.each([
    [[1980, 3, 5], 30],
    [[1980, 6, 29], 30],
    [[1980, 6, 30], 29],
    [[1980, 7, 1], 29],
    [[1980, 7, 2], 29],
    [[1980, 12, 5], 29],
    [[2010, 6, 30], 0],
    [[2009, 7, 1], 0],
    [[2010, 7, 2], -1],
    [[1899, 5, 10], 111],
  ] as const)('says of somebody born on %j, in a photo of 2010, %i years', ([year, month, day], age) => {
    expect(ageAt(serial(year, month, day), 2010)).toBe(age)
  })

  it('counts birthdays up to 1 July, except for that day and the day before', () => {
    for (let born = serial(1900, 1, 1); born < serial(2000, 1, 1); born++) {
      const date = new Date((born - 719_529) * 86_400_000)
      const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()]
      if ((month === 6 && day === 30) || (month === 7 && day === 1)) continue
      expect(ageAt(born, 2010)).toBe(2010 - date.getUTCFullYear() - (month >= 7 ? 1 : 0))
    }
  })
})

describe('readImdbWiki', () => {
  it('gives each row its picture, person, age and gender', async () => {
    const photos = ['00/10000_1980-03-05_2010.jpg', '01/20001_1990-12-01_2011.jpg']
    const root = folder(
      'wiki',
      table([
        { photo: photos[0]!, name: 'Ada' },
        { photo: photos[1]!, dob: serial(1990, 12, 1), taken: 2012, gender: 1 },
      ]),
      photos,
    )
    expect(await readDataset('imdb-wiki', root)).toMatchObject({
      kind: 'imdb-wiki',
      root,
      faces: [
        { id: 'wiki-1', photo: join(root, photos[0]!), subject: 'Ada', years: 30, age: 4, gender: 'f' },
        { id: 'wiki-2', photo: join(root, photos[1]!), subject: 'wiki-2', years: 21, gender: 'm' },
      ],
      remarks: { 'age between the groups (kept for gender)': 1 },
    })
  })

  it('leaves out faces that training cannot use, and counts each reason', async () => {
    const here = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']
    const photo = 'a.jpg'
    const root = folder(
      'wiki',
      table([
        { photo },
        { photo: 'b.jpg', gender: NONE },
        { photo, dob: NONE },
        { photo, dob: serial(2011, 1, 1) },
        { photo, dob: serial(1900, 1, 1) },
        { photo, dob: 0 },
        { photo, score: Number.NEGATIVE_INFINITY },
        { photo: 'c.jpg', score: 0.9 },
        { photo: 'd.jpg', second: 2.5 },
        { photo: 'lost.jpg' },
      ]),
      here,
    )
    const { faces, dropped, remarks } = await readImdbWiki(root)
    expect(faces.map(({ id }) => id)).toEqual(['wiki-1', 'wiki-2'])
    expect(remarks).toEqual({ 'gender unknown (kept for age)': 1 })
    expect(dropped).toEqual({
      'no date of birth or year': 1,
      'age below 0 or above 100': 3,
      'no face found': 1,
      'face score below 1': 1,
      'a second face': 1,
      'picture missing': 1,
    })
    const lenient = await readImdbWiki(root, { faceScore: 0.5, secondFaceScore: 3 })
    expect(lenient.faces).toHaveLength(4)
  })

  it('keeps an age from 0 to 100', async () => {
    const photos = ['a.jpg', 'b.jpg', 'c.jpg']
    const born = [serial(1910, 3, 1), serial(1909, 3, 1), serial(2010, 3, 1)]
    const lines = photos.map((photo, k) => ({ photo, dob: born[k]! }))
    const { faces } = await readImdbWiki(folder('wiki', table(lines), photos))
    expect(faces.map(({ id, years }) => [id, years])).toEqual([
      ['wiki-1', 100],
      ['wiki-3', 0],
    ])
  })

  it('tells people of IMDb apart by celeb_id if names are missing, and reads both parts together', async () => {
    const { name: _, ...fields } = table([{ photo: 'a.jpg' }, { photo: 'b.jpg' }])
    const root = folder('imdb', { ...fields, celeb_id: row('double', Float64Array.of(7, 7)) }, [
      'a.jpg',
      'b.jpg',
    ])
    mkdirSync(join(root, 'wiki_crop'))
    writeFileSync(
      join(root, 'wiki_crop/wiki.mat'),
      matlab5({ wiki: struct(table([{ photo: 'c.jpg', name: 'Ada' }])) }),
    )
    writeFileSync(join(root, 'wiki_crop/c.jpg'), '')
    const { faces } = await readImdbWiki(root)
    expect(faces.map(({ subject }) => subject)).toEqual(['imdb 7', 'imdb 7', 'Ada'])
    expect(faces[2]!.photo).toBe(join(root, 'wiki_crop/c.jpg'))
  })

  it('says what is missing or differs from the published set', async () => {
    await expect(readImdbWiki(tmpdir())).rejects.toThrow('there is no imdb.mat or wiki.mat')
    const { dob: _, ...rest } = table([{ photo: 'a.jpg' }])
    await expect(readImdbWiki(folder('wiki', rest))).rejects.toThrow(
      /wiki\.mat: has no numbers in the field dob/,
    )
    const short = { ...table([{ photo: 'a.jpg' }]), gender: row('double', Float64Array.of(1, 0)) }
    await expect(readImdbWiki(folder('wiki', short))).rejects.toThrow(
      'has 1 dates of birth, and 2 values of gender',
    )
    const outside = folder('wiki', table([{ photo: '../a.jpg' }]))
    await expect(readImdbWiki(outside)).rejects.toThrow('row 1 has the full_path "../a.jpg"')
    const lost = folder('wiki', table([{ photo: 'a.jpg' }, { photo: 'b.jpg' }]))
    await expect(readImdbWiki(lost)).rejects.toThrow('holds no usable face (picture missing: 2)')
  })
})

describe('pictures without landmarks', () => {
  it('are used whole, made square, for r; for i the face is detected', async () => {
    const root = folder('wiki', table([{ photo: 'a.png' }]), ['a.png'])
    await sharp({ create: { width: 60, height: 40, channels: 3, background: '#204060' } }).toFile(
      join(root, 'a.png'),
    )
    const dataset = await readImdbWiki(root)
    const { pictures, skipped } = await prepareFaces(dataset, 'r', 16, join(root, 'kept'))
    expect(skipped).toEqual([])
    expect([...readPicture(pictures[0]!)]).toEqual(
      Array.from({ length: 256 }, () => [0x20, 0x40, 0x60]).flat(),
    )
    await expect(prepareFaces(dataset, 'i', 16, join(root, 'kept'))).rejects.toThrow(
      `none of its 1 faces can be used. The first: ${join(root, 'a.png')}: no face was found in it`,
    )
  })
})
