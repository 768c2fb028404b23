import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { readAaf } from '../../src/datasets/aaf.ts'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { type PreparedFaces, prepareFaces } from '../../src/datasets/prepared.ts'
import { readPhoto } from '../../src/datasets/readPhoto.ts'
import { align } from '../../src/faces/align.ts'
import type { Alignment } from '../../src/faces/image.ts'
import { parseLandmarks } from '../../src/faces/landmarks.ts'
import { REFERENCE_FACE } from '../../src/faces/reference.ts'
import { shared } from '../shared.ts'

const SIZE = 32
const COUNT = 20

let root: string
let folder: string
let dataset: Dataset

/** A data set of noise photos of different sizes, whose landmarks are a face in each. */
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'regard-prepared-'))
  folder = join(root, 'kept')
  mkdirSync(join(root, 'photos'))
  mkdirSync(join(root, 'landmarks49'))
  const names = Array.from({ length: COUNT }, (_, i) => `face${i}`)
  for (const [i, name] of names.entries()) {
    const [width, height] = [60 + 3 * i, 90 - i]
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
    await sharp({ create: { width, height, channels: 3, background: 'grey', noise } }).toFile(
      join(root, 'photos', `${name}.jpg`),
    )
    const points = REFERENCE_FACE.map(({ x, y }) => `${x * width} ${y * height}`)
    writeFileSync(join(root, 'landmarks49', `${name}.txt`), points.join('\n'))
  }
  writeFileSync(
    join(root, 'labels.csv'),
    ['name,person_id,age,gender', ...names.map((name, i) => `${name},${i},30,f`)].join('\n'),
  )
  dataset = readAaf(root)
})

/** Prepare, and say for how many faces pictures had to be made. */
async function prepareCounting(as: Alignment = 'r', size = SIZE): Promise<[PreparedFaces, made: number]> {
  let made = 0
  const prepared = await prepareFaces(dataset, as, size, folder, (done, total) => {
    expect(total).toBe(COUNT)
    made = done
  })
  return [prepared, made]
}

async function alignedFace(index: number, as: Alignment): Promise<Uint8Array> {
  const { photo, landmarks } = dataset.faces[index]!
  return align(await readPhoto(photo), parseLandmarks(readFileSync(landmarks!, 'utf8'), ''), as, SIZE).data
}

describe('prepareFaces', () => {
  it.each(['r', 'i'] as const)(
    'gives every face, aligned as %s, in the order of the data set',
    async (as) => {
      const [prepared, made] = await prepareCounting(as)
      expect(made).toBe(COUNT)
      expect(prepared).toMatchObject({ as, size: SIZE, faces: dataset.faces, skipped: [] })
      for (let i = 0; i < COUNT; i++) expect(prepared.picture(i)).toEqual(await alignedFace(i, as))
      expect(() => prepared.picture(COUNT)).toThrow(RangeError)
    },
  )

  it('makes pictures once for each alignment and size, and leaves no other files', async () => {
    const [first] = await prepareCounting()
    const [second, made] = await prepareCounting()
    expect(made).toBe(0)
    expect(second.picture(7)).toEqual(first.picture(7))
    expect((await prepareCounting('i'))[1]).toBe(COUNT)
    expect((await prepareCounting('r', 16))[1]).toBe(COUNT)
    expect((await prepareCounting())[1]).toBe(0)
    const names = ['aaf-i-32', 'aaf-r-16', 'aaf-r-32'].flatMap((name) => [`${name}.json`, `${name}.rgb`])
    expect(readdirSync(folder).sort()).toEqual(names)
  })

  it('takes labels from the data set, not from what was kept', async () => {
    await prepareCounting()
    dataset = { ...dataset, faces: dataset.faces.map((face) => ({ ...face, gender: 'm' as const })) }
    const [{ faces }, made] = await prepareCounting()
    expect(made).toBe(0)
    expect(faces).toEqual(dataset.faces)
  })

  it('makes them anew when a photo, a landmark file or the list of faces changed', async () => {
    await prepareCounting()
    utimesSync(dataset.faces[3]!.photo, 1, 1)
    expect((await prepareCounting())[1]).toBe(COUNT)
    utimesSync(dataset.faces[3]!.landmarks!, 1, 1)
    expect((await prepareCounting())[1]).toBe(COUNT)
    dataset = { ...dataset, faces: dataset.faces.toReversed() }
    expect((await prepareCounting())[1]).toBe(COUNT)
  })

  it.each<[string, (path: string) => void]>([
    ['cut', (path) => truncateSync(`${path}.rgb`, 1000)],
    [
      'changed in one byte',
      (path) => {
        const bytes = readFileSync(`${path}.rgb`)
        bytes[5000]! ^= 1
        writeFileSync(`${path}.rgb`, bytes)
      },
    ],
    ['kept with a damaged list', (path) => truncateSync(`${path}.json`, 50)],
  ])('makes them anew when they were %s', async (_, damage) => {
    await prepareCounting()
    damage(join(folder, `aaf-r-${SIZE}`))
    const [prepared, made] = await prepareCounting()
    expect(made).toBe(COUNT)
    expect(prepared.picture(2)).toEqual(await alignedFace(2, 'r'))
    expect((await prepareCounting())[1]).toBe(0)
  })

  it('skips what it cannot use, with the file and the reason, and the same for r and i', async () => {
    const { faces } = dataset
    truncateSync(faces[0]!.photo, 400)
    writeFileSync(faces[4]!.landmarks!, '1 2\n3 4\n')
    writeFileSync(faces[9]!.landmarks!, '5 5\n'.repeat(49))
    const lost = { ...faces[19]!, photo: join(root, 'photos/lost.jpg') }
    dataset = { ...dataset, faces: [...faces.slice(0, 19), lost] }
    const [r] = await prepareCounting('r')
    const [i] = await prepareCounting('i')
    for (const { faces: kept, skipped } of [r, i, (await prepareCounting('r'))[0]]) {
      expect(kept).toEqual(dataset.faces.filter((_, at) => ![0, 4, 9, 19].includes(at)))
      expect(skipped.map(({ face }) => face)).toEqual([faces[0], faces[4], faces[9], lost])
      expect(skipped[0]!.reason).toContain(`${faces[0]!.photo}: the photo cannot be read`)
      expect(skipped[1]!.reason).toContain(`${faces[4]!.landmarks}: has 2 landmarks, and 49 are needed`)
      expect(skipped[2]!.reason).toContain(`${faces[9]!.landmarks}: the landmarks lie on one point or line`)
      expect(skipped[3]!.reason).toContain('lost.jpg')
    }
    expect(r.picture(0)).toEqual(await alignedFace(1, 'r'))
    expect(r.picture(15)).toEqual(await alignedFace(18, 'r'))
  })

  it('refuses a data set of which nothing can be used', async () => {
    for (const { photo } of dataset.faces) truncateSync(photo, 0)
    await expect(prepareCounting()).rejects.toThrow(UserError)
    await expect(prepareCounting()).rejects.toThrow(`${root}: none of its 20 faces can be used. The first: `)
    expect(readdirSync(folder)).toEqual([])
  })

  it('leaves nothing half-written when it is stopped', async () => {
    const stopped = prepareFaces(dataset, 'r', SIZE, folder, (done) => {
      if (done === 10) throw new Error('stopped')
    })
    await expect(stopped).rejects.toThrow('stopped')
    expect(readdirSync(folder)).toEqual([])
  })

  it('names the file when the folder cannot be written', async () => {
    const blocked = join(root, 'labels.csv')
    await expect(prepareFaces(dataset, 'r', SIZE, blocked)).rejects.toThrow(
      /aaf-r-32\.rgb: could not be written/,
    )
  })
})

describe.skipIf(!shared)('on photos of All-Age-Faces', () => {
  it('prepares them all', async () => {
    const all = readAaf(join(shared!, 'data/aaf'))
    const some = { ...all, faces: all.faces.filter((_, i) => i % 40 === 0) }
    const r = await prepareFaces(some, 'r', 64, folder)
    const i = await prepareFaces(some, 'i', 64, folder)
    expect(r.skipped).toEqual([])
    expect(i.faces).toEqual(r.faces)
    // Photos, not edges: every picture has light and dark.
    for (const { picture } of [r, i]) {
      for (let at = 0; at < some.faces.length; at++) {
        const pixels = picture(at)
        expect(Math.max(...pixels) - Math.min(...pixels)).toBeGreaterThan(80)
      }
    }
  })
})
