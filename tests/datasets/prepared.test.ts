import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { readAaf } from '../../src/datasets/aaf.ts'
import { alignFaces } from '../../src/datasets/alignFaces.ts'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { facePartsOf } from '../../src/datasets/facePartsOf.ts'
import { readPicture } from '../../src/datasets/pack.ts'
import { type PreparedFaces, prepareFaces, prepareParts } from '../../src/datasets/prepared.ts'
import { readSynthetic } from '../../src/datasets/synthetic/read.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { type Alignment, align } from '../../src/faces/align.ts'
import { parseLandmarks } from '../../src/faces/landmarks.ts'
import { REFERENCE_FACE } from '../../src/faces/reference.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { shared } from '../shared.ts'

const SIZE = 32
const COUNT = 20
/** Bytes of a picture in its file, after its key and checksum. */
const RECORD = 64 + 3 * SIZE * SIZE

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

/** Prepare, and return for how many faces pictures had to be made. */
async function prepareCounting(as: Alignment = 'r', size = SIZE): Promise<[PreparedFaces, made: number]> {
  let last = 0
  const prepared = await prepareFaces(dataset, as, size, folder, (done, total) => {
    expect([done, total]).toEqual([last + 1, COUNT])
    last = done
  })
  return [prepared, prepared.made]
}

const pixelsOf = ({ pictures }: PreparedFaces, at: number) => readPicture(pictures[at]!)

/** Flip a bit of a file. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
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
      for (let i = 0; i < COUNT; i++) expect(pixelsOf(prepared, i)).toEqual(await alignedFace(i, as))
    },
  )

  it('makes pictures once for each alignment and size, and leaves no other files', async () => {
    const [first] = await prepareCounting()
    const [second, made] = await prepareCounting()
    expect(made).toBe(0)
    expect(pixelsOf(second, 7)).toEqual(pixelsOf(first, 7))
    expect((await prepareCounting('i'))[1]).toBe(COUNT)
    expect((await prepareCounting('r', 16))[1]).toBe(COUNT)
    expect((await prepareCounting())[1]).toBe(0)
    expect(readdirSync(folder).sort()).toEqual([
      'aaf-i-32.pictures',
      'aaf-r-16.pictures',
      'aaf-r-32.pictures',
    ])
  })

  it('takes labels from the data set, not from the cache', async () => {
    await prepareCounting()
    dataset = { ...dataset, faces: dataset.faces.map((face) => ({ ...face, gender: 'm' as const })) }
    const [{ faces }, made] = await prepareCounting()
    expect(made).toBe(0)
    expect(faces).toEqual(dataset.faces)
  })

  it('remakes only those whose photo or landmarks changed', async () => {
    await prepareCounting()
    const { photo } = dataset.faces[3]!
    const { landmarks } = dataset.faces[5]!
    copyFileSync(dataset.faces[8]!.photo, photo)
    writeFileSync(
      landmarks!,
      readFileSync(landmarks!, 'utf8').replace(/^\S+/, (x) => `${Number(x) + 9}`),
    )
    const [changed, made] = await prepareCounting()
    expect(made).toBe(2)
    for (let i = 0; i < COUNT; i++) expect(pixelsOf(changed, i)).toEqual(await alignedFace(i, 'r'))
  })

  it('finds pictures by what they are made from, wherever it lies and in whichever order', async () => {
    await prepareCounting()
    utimesSync(dataset.faces[3]!.photo, 1, 1)
    const moved = `${root}-moved`
    renameSync(root, moved)
    folder = join(moved, 'kept')
    dataset = readAaf(moved)
    expect((await prepareCounting())[1]).toBe(0)
    dataset = { ...dataset, faces: dataset.faces.toReversed() }
    const [reversed, made] = await prepareCounting()
    expect(made).toBe(0)
    expect(pixelsOf(reversed, 4)).toEqual(await alignedFace(4, 'r'))
  })

  it.each<[string, number, (path: string) => void]>([
    ['cut', 7, (path) => truncateSync(path, RECORD * 13 + 100)],
    ['cut to nothing', COUNT, (path) => truncateSync(path, 1)],
    ['changed in a pixel', 1, (path) => flip(path, 5000)],
    ['changed in a key', 1, (path) => flip(path, 2 * RECORD + 5)],
    ['changed in a checksum', 1, (path) => flip(path, 2 * RECORD + 40)],
  ])('remakes what was %s, and says so', async (what, lost, damage) => {
    await prepareCounting()
    const path = join(folder, `aaf-r-${SIZE}.pictures`)
    damage(path)
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const [prepared, made] = await prepareCounting()
      expect(made).toBe(lost)
      for (let i = 0; i < COUNT; i++) expect(pixelsOf(prepared, i)).toEqual(await alignedFace(i, 'r'))
      // A picture whose key was changed counts as missing.
      const words = what.endsWith('key')
        ? []
        : [[`${path}: was damaged; ${lost} of ${COUNT} pictures were prepared again`]]
      expect(said.mock.calls).toEqual(words)
      expect((await prepareCounting())[1]).toBe(0)
    } finally {
      said.mockRestore()
    }
  })

  it('continues with what a killed process left, whole pictures only', async () => {
    await prepareCounting()
    const path = join(folder, `aaf-r-${SIZE}.pictures`)
    // No process has this number: it is above Linux's limit.
    const left = `${path}.4194305.tmp`
    renameSync(path, left)
    truncateSync(left, RECORD * 11 + 500)
    flip(left, 3 * RECORD + 100)
    const [second, made] = await prepareCounting()
    expect(made).toBe(COUNT - 10)
    for (let i = 0; i < COUNT; i++) expect(pixelsOf(second, i)).toEqual(await alignedFace(i, 'r'))
    expect(readdirSync(folder)).toEqual([`aaf-r-${SIZE}.pictures`])
  })

  it('aligns as its version promises', async () => {
    // If these pixels changed on purpose, raise VERSION in pictureKey.ts: it invalidates older pictures.
    const pixels = Uint8Array.from({ length: 3 * 64 * 64 }, (_, k) => (k * 7919) % 251)
    const photo = join(root, 'photos/face0.png')
    await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).toFile(photo)
    const landmarks = join(root, 'landmarks49/exact.txt')
    writeFileSync(landmarks, REFERENCE_FACE.map(({ x, y }) => `${8 + 40 * x} ${10 + 50 * y}`).join('\n'))
    dataset = { ...dataset, faces: [{ ...dataset.faces[0]!, photo, landmarks }] }
    const digests = await Promise.all(
      (['r', 'i'] as const).map(async (as) => {
        const { pictures } = await prepareFaces(dataset, as, SIZE, folder)
        return pictures[0]!.sha256.slice(0, 16)
      }),
    )
    expect(digests).toEqual(['defad0f358cd002b', '0ef15067838adeff'])
  })

  it('skips unusable faces, with file and reason, the same for r and i', async () => {
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
      expect(skipped[1]!.reason).toContain(`${faces[4]!.landmarks}: has 2 landmarks, not 49`)
      expect(skipped[2]!.reason).toContain(`${faces[9]!.landmarks}: the landmarks lie on one point or line`)
      expect(skipped[3]!.reason).toContain('lost.jpg')
    }
    expect(pixelsOf(r, 0)).toEqual(await alignedFace(1, 'r'))
    expect(pixelsOf(r, 15)).toEqual(await alignedFace(18, 'r'))
  })

  it('refuses a data set without a usable face', async () => {
    for (const { photo } of dataset.faces) truncateSync(photo, 0)
    await expect(prepareCounting()).rejects.toThrow(UserError)
    await expect(prepareCounting()).rejects.toThrow(`${root}: none of its 20 faces can be used. The first: `)
    expect(existsSync(folder)).toBe(false)
  })

  it('keeps finished pictures when it is stopped, and leaves no other files', async () => {
    const stopped = prepareFaces(dataset, 'r', SIZE, folder, (done) => {
      if (done === 10) throw new Error('stopped')
    })
    await expect(stopped).rejects.toThrow('stopped')
    expect(readdirSync(folder)).toEqual([`aaf-r-${SIZE}.pictures`])
    const [prepared, made] = await prepareCounting()
    expect(made).toBe(COUNT - 10)
    expect(pixelsOf(prepared, 15)).toEqual(await alignedFace(15, 'r'))
  })

  it('names the file if the folder cannot be written to', async () => {
    const blocked = join(root, 'labels.csv')
    await expect(prepareFaces(dataset, 'r', SIZE, blocked)).rejects.toThrow(
      /aaf-r-32\.pictures: could not be written/,
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
    for (const prepared of [r, i]) {
      for (let at = 0; at < some.faces.length; at++) {
        const pixels = pixelsOf(prepared, at)
        expect(Math.max(...pixels) - Math.min(...pixels)).toBeGreaterThan(80)
      }
    }
  })
})

describe('the parts of faces', () => {
  it('of drawn faces are the true ones, made once, and remade if a mask changed', async () => {
    const drawn = join(root, 'drawn')
    await synthesize(drawn, { count: 4, seed: 1 })
    const faces = readSynthetic(drawn)
    const first = await prepareParts(faces, 'r', SIZE, folder)
    expect(readdirSync(folder)).toEqual([`synthetic-r-${SIZE}.parts`])
    let at = 0
    for await (const aligned of alignFaces(faces.faces, 'r', SIZE, { parts: true })) {
      expect(readPicture(first.pictures[at++]!)).toEqual((aligned as { parts: Uint8Array }).parts)
    }
    expect((await prepareParts(faces, 'r', SIZE, folder)).made).toBe(0)
    copyFileSync(faces.faces[0]!.mask!, faces.faces[2]!.mask!)
    const again = await prepareParts(faces, 'r', SIZE, folder)
    expect(again.made).toBe(1)
    expect(readPicture(again.pictures[2]!)).not.toEqual(readPicture(first.pictures[2]!))
  })

  it('of photos with landmarks follow from the landmarks', async () => {
    const { pictures, faces } = await prepareParts(dataset, 'i', SIZE, folder)
    expect(faces).toEqual(dataset.faces)
    const wanted = facePartsOf(dataset.faces[5]!, 'i', SIZE)!
    expect(readPicture(pictures[5]!)).toEqual(wanted.data)
  })

  it('are remade if damaged', async () => {
    await prepareParts(dataset, 'r', SIZE, folder)
    const path = join(folder, `aaf-r-${SIZE}.parts`)
    flip(path, 64 + 3)
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect((await prepareParts(dataset, 'r', SIZE, folder)).made).toBe(1)
    expect(said).toHaveBeenCalledOnce()
    said.mockRestore()
  })

  it('are unknown everywhere in a published picture without a face', async () => {
    const photo = dataset.faces[0]!.photo
    const faces = [{ id: 'a', subject: 'a', photo, published: { r: photo } }]
    const { pictures } = await prepareParts({ ...dataset, faces }, 'r', SIZE, folder)
    expect(new Set(readPicture(pictures[0]!))).toEqual(new Set([255]))
  })
})
