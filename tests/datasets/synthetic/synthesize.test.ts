import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAdience } from '../../../src/datasets/adience.ts'
import type { Dataset } from '../../../src/datasets/dataset.ts'
import { makeFolds } from '../../../src/datasets/folds.ts'
import { PARTS } from '../../../src/datasets/synthetic/parts.ts'
import { readSynthetic } from '../../../src/datasets/synthetic/read.ts'
import { synthesize } from '../../../src/datasets/synthetic/synthesize.ts'
import { ageGroup } from '../../../src/datasets/task.ts'

const COUNT = 60
const home = mkdtempSync(join(tmpdir(), 'synthetic-'))
const root = join(home, 'set')
const lines = () =>
  readFileSync(join(root, 'truth', 'faces.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(() => synthesize(root, { count: COUNT, seed: 'test' }))
afterAll(() => rmSync(home, { recursive: true }))

describe("Adience's layout", () => {
  const folds = () =>
    [0, 1, 2, 3, 4].map((fold) =>
      readFileSync(join(root, `fold_${fold}_data.txt`), 'utf8')
        .trimEnd()
        .split('\n'),
    )
  const rows = () => folds().map((lines) => lines.slice(1).map((line) => line.split('\t')))

  it('has the published columns, and ages and genders in the notation of Adience', () => {
    for (const [header] of folds()) {
      expect(header!.split('\t')).toEqual(
        'user_id original_image face_id age gender x y dx dy tilt_ang fiducial_yaw_angle fiducial_score'.split(
          ' ',
        ),
      )
    }
    const ages = ['(0, 2)', '(4, 6)', '(8, 12)', '(15, 20)', '(25, 32)', '(38, 43)', '(48, 53)', '(60, 100)']
    for (const row of rows().flat()) {
      expect(row).toHaveLength(12)
      expect(ages).toContain(row[3])
      expect(['m', 'f']).toContain(row[4])
    }
    expect(rows().flat()).toHaveLength(COUNT)
  })

  it('keeps each person in one fold, with two to four photos', () => {
    const people = rows().map((fold) => new Set(fold.map(([user]) => user)))
    const all = people.flatMap((users) => [...users])
    expect(new Set(all).size).toBe(all.length)
    expect(people.every((users) => users.size > 0)).toBe(true)
    const last = lines().at(-1).subject
    for (const user of all.filter((user) => user !== last)) {
      const photos = rows()
        .flat()
        .filter((row) => row[0] === user).length
      expect(photos).toBeGreaterThanOrEqual(2)
      expect(photos).toBeLessThanOrEqual(4)
    }
  })

  it('has both aligned pictures of each row', async () => {
    for (const [user, image, face] of rows().flat()) {
      for (const path of [
        join('faces', user!, `coarse_tilt_aligned_face.${face}.${image}`),
        join('aligned', user!, `landmark_aligned_face.${face}.${image}`),
      ]) {
        const { format, width, height } = await sharp(join(root, path)).metadata()
        expect({ format, width, height }).toEqual({ format: 'jpeg', width: 256, height: 256 })
      }
    }
  })
})

describe('the truth', () => {
  it('is read as a data set of photos, landmarks, people and labels', () => {
    const { faces, kind, dropped } = readSynthetic(root)
    expect(kind).toBe('synthetic')
    expect(dropped).toEqual({})
    expect(faces).toHaveLength(COUNT)
    expect(new Set(faces.map(({ age, gender }) => `${age} ${gender}`)).size).toBe(16)
    for (const { photo, landmarks } of faces) {
      expect(statSync(photo).size).toBeGreaterThan(1000)
      const points = readFileSync(landmarks!, 'utf8').trim().split('\n')
      expect(points).toHaveLength(49)
      for (const point of points) expect(point).toMatch(/^\d+\.\d+ \d+\.\d+$/)
    }
  })

  it('is read as Adience too, with the same labels, its folds and both aligned pictures', () => {
    const [truth, adience] = [readSynthetic(root), readAdience(root)]
    expect(adience).toMatchObject({ read: COUNT, dropped: {}, remarks: {}, skipped: [] })
    const labels = ({ faces }: Dataset) =>
      faces.map(({ photo, age, gender }) => [basename(photo).split('.').at(-2), age, gender].join()).sort()
    expect(labels(adience)).toEqual(labels(truth))
    const people = ({ faces }: Dataset) => new Set(faces.map(({ subject }) => subject)).size
    expect(people(adience)).toBe(people(truth))
    expect(makeFolds(adience.faces, 5, 1)).toEqual(adience.faces.map(({ fold }) => fold))
    for (const { published } of adience.faces) expect(Object.keys(published!)).toEqual(['r', 'i'])
  })

  it('gives an age in years inside the group, a tilt up to 30 degrees, and parts that carry each label', () => {
    for (const { age, age_group, tilt, carriers } of lines()) {
      expect(ageGroup(age)).toBe(age_group)
      expect(Math.abs(tilt)).toBeLessThanOrEqual(30)
      for (const part of [...carriers.age, ...carriers.gender]) expect(PARTS).toContain(part)
    }
  })

  it('has a mask with one 8-bit channel for each photo', async () => {
    const { id } = lines()[0]
    const mask = sharp(join(root, 'truth', 'masks', `${id}.png`))
    const { width, height, channels, depth } = await mask.metadata()
    expect({ width, height, channels, depth }).toEqual({
      width: 256,
      height: 256,
      channels: 1,
      depth: 'uchar',
    })
    expect((await mask.raw().toBuffer()).every((index) => index < PARTS.length)).toBe(true)
  })
})

describe('synthesizing again', () => {
  it('gives the same bytes for the same seed, other faces for another', async () => {
    await synthesize(join(home, 'same'), { count: COUNT, seed: 'test' })
    expect(digest(join(home, 'same'))).toEqual(digest(root))
    await synthesize(join(home, 'other'), { count: 4, seed: 'another' })
    const photo = join('truth', 'photos', 's0001_1.jpg')
    expect(readFileSync(join(home, 'other', photo))).not.toEqual(readFileSync(join(root, photo)))
  })

  it('leaves a complete set as it is, and refuses a folder that holds anything else', async () => {
    const before = statSync(join(root, 'truth', 'faces.jsonl')).mtimeMs
    await synthesize(root, { count: COUNT, seed: 'test' })
    expect(statSync(join(root, 'truth', 'faces.jsonl')).mtimeMs).toBe(before)
    await expect(synthesize(root, { count: COUNT, seed: 'another' })).rejects.toThrow(/other synthetic faces/)
    await expect(synthesize(home, { count: 1, seed: 1 })).rejects.toThrow(/something other than/)
  })

  it('finishes an interrupted set, which is not read as a complete one', async () => {
    const torn = join(home, 'torn')
    let photos = 0
    // What SIGKILL leaves: some photos, but no list of them.
    const stop = () => {
      if (++photos === 3) throw new Error('killed')
    }
    await expect(synthesize(torn, { count: COUNT, seed: 'test' }, stop)).rejects.toThrow('killed')
    expect(() => readSynthetic(torn)).toThrow(/regard dataset synthesize/)
    await synthesize(torn, { count: COUNT, seed: 'test' })
    expect(digest(torn)).toEqual(digest(root))
  })

  it('starts over if it was killed before its first file was complete', async () => {
    const options = { count: 4, seed: 'another' }
    const [early, whole] = [join(home, 'early'), join(home, 'whole')]
    const ended = spawnSync(process.execPath, ['-e', '']).pid
    mkdirSync(join(early, 'truth'), { recursive: true })
    writeFileSync(join(early, 'truth', `synthesis.json.${ended}.tmp`), '{"count"')
    await synthesize(early, options)
    await synthesize(whole, options)
    expect(digest(early)).toEqual(digest(whole))
  })

  it('refuses a folder truth that is not its own, and a file', async () => {
    const foreign = join(home, 'foreign')
    mkdirSync(join(foreign, 'truth'), { recursive: true })
    writeFileSync(join(foreign, 'truth', 'notes.txt'), 'mine')
    const file = join(foreign, 'truth', 'notes.txt')
    for (const place of [foreign, file]) {
      await expect(synthesize(place, { count: 4, seed: 1 })).rejects.toThrow(/something other than/)
    }
    expect(readdirSync(join(foreign, 'truth'))).toEqual(['notes.txt'])
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })
})

describe('reading', () => {
  it('names the damaged line', async () => {
    const damaged = join(home, 'damaged')
    await synthesize(damaged, { count: 3, seed: 1 })
    const file = join(damaged, 'truth', 'faces.jsonl')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"id":"s0001_2"', '"id":7'))
    expect(() => readSynthetic(damaged)).toThrow(/faces\.jsonl:2: .*id/s)
  })
})

function digest(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort()
  return Object.fromEntries(
    paths.map((path) => [
      relative(folder, path),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ]),
  )
}
