import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { main } from '../../src/cli/main.ts'
import { readPhoto } from '../../src/datasets/readPhoto.ts'
import { enlarged, heatMap, pixelRelevance } from '../../src/explanation/heatMap.ts'
import { align } from '../../src/faces/align.ts'
import { centreCrop } from '../../src/faces/crop.ts'
import type { Image } from '../../src/faces/image.ts'
import { parseLandmarks } from '../../src/faces/landmarks.ts'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { float32, type TensorOf } from '../../src/graph/types.ts'
import { writeModel } from '../../src/study/model.ts'
import { writePicture } from '../../src/study/writePicture.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { shared } from '../shared.ts'

const PICTURE = 58
const SIZE = 51
const GAP = 4
// The pictures are enlarged to 320 pixels at least.
const BY = 7

const folder = mkdtempSync(join(tmpdir(), 'regard-explain-'))
const model = join(folder, 'model.onnx')
const photo = join(folder, 'face.png')
const random = new Random('photo')

writeModel(model, {
  network: livelyNetwork(SIZE, 2),
  mean: new Float32Array(3 * PICTURE ** 2).fill(120),
  card: {
    network: 'adiencenet',
    task: 'gender',
    classes: ['m', 'f'],
    output: 'logits',
    input: { name: 'images', size: SIZE, layout: 'NCHW', channels: 'BGR', scale: 1 },
    picture: PICTURE,
    alignment: 'r',
    composite: 'paper',
    trainedOn: { dataset: 'synthetic', setting: 'r', fold: 0, seed: 1, iterations: 10 },
  },
})
const noise: Image = {
  width: PICTURE,
  height: PICTURE,
  data: Uint8Array.from({ length: 3 * PICTURE ** 2 }, () => random.integer(256)),
}
await writePicture(photo, noise)
const bare = join(folder, 'bare.onnx')
copyFileSync(model, bare)

let printed: string
let out: string
beforeEach(() => {
  process.exitCode = 0
  printed = ''
  out = mkdtempSync(join(folder, 'out-'))
  const keep = (text: unknown) => {
    printed += `${text}\n`
    return true
  }
  vi.spyOn(process.stderr, 'write').mockImplementation(keep)
  vi.spyOn(console, 'error').mockImplementation(keep)
  vi.spyOn(console, 'log').mockImplementation(keep)
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = 0
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Run `regard explain MODEL …` into a new folder. */
const explain = (...args: string[]) => main(['explain', model, ...args, '--out', out])
const record = (name: string) => JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8'))
const relevanceOf = (name: string) =>
  readNpy(readFileSync(join(out, `${name}.relevance.npy`)), name) as TensorOf<'float32'>

/** A part of a picture. */
function part(image: Image, left: number, top: number, side: number): Image {
  const rows = Array.from({ length: side }, (_, row) => {
    const from = 3 * ((top + row) * image.width + left)
    return [...image.data.subarray(from, from + 3 * side)]
  })
  return { width: side, height: side, data: Uint8Array.from(rows.flat()) }
}

describe('regard explain', () => {
  it("explains the network's own answer: picture, relevance and figures", async () => {
    await explain(photo)
    expect(process.exitCode).toBe(0)
    expect(readdirSync(out).sort()).toEqual(['face.json', 'face.png', 'face.relevance.npy'])

    const { model: named, input, outputs, target, composite } = record('face')
    expect([named, input, composite]).toEqual([model, photo, 'paper'])
    const { logits, probabilities } = outputs.logits
    const answer = logits.indexOf(Math.max(...logits))
    expect(target).toEqual({ output: 'logits', class: answer, name: 'mf'[answer], logit: logits[answer] })
    expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 6)
    expect(printed).toContain(`gender “${'mf'[answer]}” ${(100 * probabilities[answer]).toFixed(1)} %`)

    const relevance = relevanceOf('face')
    expect([relevance.type, relevance.shape]).toEqual(['float32', [1, 3, SIZE, SIZE]])
    const picture = await readPhoto(join(out, 'face.png'))
    expect([picture.width, picture.height]).toEqual([2 * SIZE * BY + GAP, SIZE * BY])
    const { left, top } = centreCrop(PICTURE, SIZE)
    expect(part(picture, 0, 0, SIZE * BY)).toEqual(enlarged(part(noise, left, top, SIZE), BY))
    expect(part(picture, SIZE * BY + GAP, 0, SIZE * BY)).toEqual(
      enlarged(heatMap(pixelRelevance(relevance)), BY),
    )
  })

  it.each([
    ['f', 1, 'f'],
    ['0', 0, 'm'],
  ])('explains the class that is asked for by name or index: %s', async (text, index, name) => {
    await explain(photo, '--class', text)
    expect(record('face').target).toMatchObject({ class: index, name })
  })

  it('makes a photo of any shape square by repeating its edges', async () => {
    const wide = { width: 3 * PICTURE, height: PICTURE, data: new Uint8Array(9 * PICTURE ** 2).fill(200) }
    await writePicture(join(folder, 'wide.png'), wide)
    await explain(join(folder, 'wide.png'))
    const picture = await readPhoto(join(out, 'wide.png'))
    expect(new Set(part(picture, 0, 0, SIZE * BY).data)).toEqual(new Set([200]))
  })

  it('takes .npy input as it is', async () => {
    const { left, top } = centreCrop(PICTURE, SIZE)
    const seen = part(noise, left, top, SIZE).data
    const input = float32([1, 3, SIZE, SIZE])
    for (let k = 0; k < seen.length; k++)
      input.data[(2 - (k % 3)) * SIZE ** 2 + Math.floor(k / 3)] = seen[k]! - 120
    writeFileSync(join(folder, 'ready.npy'), writeNpy(input))
    await explain(photo, join(folder, 'ready.npy'))
    expect(relevanceOf('ready')).toEqual(relevanceOf('face'))
    expect(record('ready').outputs).toEqual(record('face').outputs)
  })

  it('skips what it cannot read, names it, and ends with 3', async () => {
    writeFileSync(join(folder, 'broken.jpg'), readFileSync(photo).subarray(0, 500))
    writeFileSync(join(folder, 'small.npy'), writeNpy(float32([1, 3, 5, 5])))
    writeFileSync(
      join(folder, 'nan.npy'),
      writeNpy(float32([1, 3, SIZE, SIZE], new Float32Array(3 * SIZE ** 2).fill(NaN))),
    )
    await explain(
      ...['broken.jpg', 'nowhere.jpg', 'small.npy', 'nan.npy', 'face.png'].map((name) => join(folder, name)),
    )
    expect(process.exitCode).toBe(3)
    expect(printed).toMatch(/skipped: \S*broken\.jpg: the photo cannot be read/)
    expect(printed).toMatch(/skipped: \S*nowhere\.jpg: the photo cannot be read/)
    expect(printed).toMatch(/skipped: \S*small\.npy: the network takes float32 \[1, 3, 51, 51\]/)
    expect(printed).toMatch(/skipped: \S*nan\.npy: has values that are not numbers/)
    expect(printed).toContain('4 of 5 inputs skipped')
    expect(readdirSync(out).sort()).toEqual(['face.json', 'face.png', 'face.relevance.npy'])
  })

  it.each([
    [
      'a class that the network does not have',
      ['--class', 'x'],
      /no class 'x'\nIts classes: m \(0\), f \(1\)/,
    ],
    ['an index that the network does not have', ['--class', '2'], /no class '2'/],
    [
      'landmarks for several photos',
      [photo, '--landmarks', 'points.txt'],
      /--landmarks belongs to one photo/,
    ],
  ])('takes %s as wrong use', async (_, args, message) => {
    await explain(photo, ...args)
    expect(printed).toMatch(message)
    expect(process.exitCode).toBe(2)
    expect(readdirSync(out)).toEqual([])
  })

  it.each([
    ['a model that is not there', [join(folder, 'none.onnx'), photo], /none\.onnx: there is no such model/],
    [
      'a model without a card',
      [bare, photo],
      /bare\.card\.yaml: the model has no card\. It says how a photo/,
    ],
    ['two inputs of one name', [model, photo, join(folder, 'other', 'face.jpg')], /would both be written as/],
    [
      'landmarks that are not there',
      [model, photo, '--landmarks', join(folder, 'no.txt')],
      /landmarks cannot be read/,
    ],
  ])('fails with a clear message for %s', async (_, args, message) => {
    await main(['explain', ...args, '--out', out])
    expect(printed).toMatch(message)
    expect(process.exitCode).toBe(1)
  })

  it('never writes over the photo itself', async () => {
    const before = readFileSync(photo)
    await main(['explain', model, photo, '--out', folder])
    expect(printed).toMatch(/face\.png: the result would overwrite the photo/)
    expect(readFileSync(photo)).toEqual(before)
    expect(existsSync(join(folder, 'face.json'))).toBe(false)
  })
})

describe.skipIf(!shared)('regard explain with a real photo', () => {
  it('cuts the face out by its landmarks, as the card says', async () => {
    const [name] = readdirSync(join(shared!, 'data/aaf/photos'))
    const real = join(shared!, 'data/aaf/photos', name!)
    const landmarks = join(shared!, 'data/aaf/landmarks49', name!.replace(/\.\w+$/, '.txt'))
    await explain(real, '--landmarks', landmarks)
    expect(process.exitCode).toBe(0)
    const points = parseLandmarks(readFileSync(landmarks, 'utf8'), landmarks)
    const face = align(await readPhoto(real), points, 'r', PICTURE)
    const { left, top } = centreCrop(PICTURE, SIZE)
    const picture = await readPhoto(join(out, `${name!.replace(/\.\w+$/, '')}.png`))
    expect(part(picture, 0, 0, SIZE * BY)).toEqual(enlarged(part(face, left, top, SIZE), BY))
  })
})
