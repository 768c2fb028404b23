import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { alignFaces } from '../../src/datasets/alignFaces.ts'
import { facesIn, type ShownPhoto } from '../../src/evaluation/facesIn.ts'
import type { AgeAnswer, ClassAnswer, PredictedPhoto } from '../../src/evaluation/predict.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { float32 } from '../../src/graph/types.ts'
import { openBuiltIn } from '../../src/models/node.ts'
import type { Image } from '../../src/pictures/image.ts'
import { readPhoto, writePicture } from '../../src/pictures/node.ts'
import { sideBySide } from '../../src/pictures/sideBySide.ts'
import { drawnFace } from '../datasets/synthetic/drawing.ts'
import { shared } from '../shared.ts'
import { capturePrinted } from './capture.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-predict-'))
const photos = join(folder, 'photos')
const one = join(photos, 'one.png')
const two = join(photos, 'more', 'two.png')
const { face } = await drawnFace()
mkdirSync(join(photos, 'more'), { recursive: true })
mkdirSync(join(folder, 'empty'))
await writePicture(one, face)
await writePicture(two, sideBySide([face, face]))
const grey: Image = { width: 90, height: 60, data: new Uint8Array(3 * 90 * 60).fill(128) }
await writePicture(join(photos, 'nobody.png'), grey)
writeFileSync(join(folder, 'notes.txt'), 'no picture')

const captured = capturePrinted()
let out: string
beforeEach(() => {
  out = mkdtempSync(join(folder, 'out-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const predict = (...args: string[]) => main(['predict', ...args])
const json = () => join(out, 'all.json')
const read = (): PredictedPhoto[] => JSON.parse(readFileSync(json(), 'utf8')).photos

describe('regard predict', () => {
  it('prints for the sample what the tutorial shows', async () => {
    const photo = join(out, 'face.jpg')
    copyFileSync('studio/samples/astronaut.jpg', photo)
    await predict(photo)
    const [, ...shown] = captured.printed.split('\n').slice(0, 2)
    const tutorial = readFileSync('docs/tutorial.md', 'utf8').split('\n')
    const told = tutorial.find((line) => line.startsWith('  face.jpg '))!
    // The column of the photo is as wide as its path.
    expect(shown[0]!.replace(photo, '').trim()).toBe(told.replace('face.jpg', '').trim())
  })

  it('gives each face in a folder its place, age, gender and confidence', async () => {
    await predict(photos, '--csv', join(out, 'all.csv'), '--json', json(), '--draw', join(out, 'drawn'))
    expect(process.exitCode, captured.printed).toBe(0)
    const found = read()
    expect(found.map(({ photo, faces }) => [photo, faces.length])).toEqual([
      [join(photos, 'nobody.png'), 0],
      [one, 1],
      [two, 2],
    ])
    expect(captured.printed).toContain('3 faces in 3 photos, by faceres\n')
    expect(captured.printed).toMatch(/1 photo without a usable face:\n {2}\S*nobody\.png: no face was found/)
    expect(captured.printed).toMatch(/Gender here is a label/)

    for (const { answers, found: place } of found.flatMap(({ faces }) => faces)) {
      const { years, gender } = answers as { years: AgeAnswer; gender: ClassAnswer }
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b)
      expect(sum(years.probabilities!)).toBeCloseTo(1, 4)
      expect(years.years).toBeCloseTo(sum(years.probabilities!.map((p, k) => p * (k + 1))), 3)
      const { f, m } = gender.probabilities as { f: number; m: number }
      expect(f + m).toBeCloseTo(1, 5)
      expect(gender.probability).toBe(Math.max(f, m))
      expect(place!.score).toBeGreaterThan(0.5)
    }
    // Both halves of the second photo show the first.
    const [left, right] = found[2]!.faces.map(({ found }) => found!.box.left).sort((a, b) => a - b)
    expect(right! - left! - face.width - 4).toBeLessThan(8)

    const [head, ...rows] = readFileSync(join(out, 'all.csv'), 'utf8').trimEnd().split('\r\n')
    expect(head).toBe(
      'photo,face,left,top,width,height,score,age,age_deviation,age_group,gender,gender_probability,network',
    )
    expect(rows).toHaveLength(3)
    expect(rows[0]).toMatch(/one\.png,1,(-?[\d.]+,){7}[\d+-]+,[fm],0\.\d+,faceres$/)
    expect(readdirSync(join(out, 'drawn'), { recursive: true }).sort()).toEqual([
      'more',
      'more/two.png',
      'one.png',
    ])
    const drawing = await readPhoto(join(out, 'drawn/one.png'))
    expect([drawing.width, drawing.height]).toEqual([face.width, face.height])
  })

  it('names and skips what it cannot read, and ends with exit code 3', async () => {
    await predict(one, join(folder, 'notes.txt'), join(folder, 'none.png'), '--json', json())
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toContain('1 face in 1 photo, by faceres')
    expect(captured.printed).toMatch(/2 photos could not be used:\n {2}\S*notes\.txt: .*\n {2}\S*none\.png: /)
    expect(read().map(({ broken }) => broken === undefined)).toEqual([true, false, false])
  })

  it('takes a picture as it is if told to', async () => {
    await predict(one, '--as-is', '--json', json())
    const [{ faces }] = read() as [PredictedPhoto]
    expect(faces).toHaveLength(1)
    expect(faces[0]!.found).toBeUndefined()
  })

  it.each([
    ['a folder without photos', [join(folder, 'empty')], 1, /empty: holds no photos\n$/],
    [
      'a network that there is not',
      [one, '--model', 'facerez'],
      2,
      /no built-in network 'facerez'\. Did you mean faceres\?/,
    ],
    ['a model that is not there', [one, '--model', 'none.onnx'], 1, /none\.onnx: there is no such model/],
    ['no photo', [], 2, /missing required argument 'photo'/],
    ['a drawing over a photo', [one, '--draw', photos], 1, /one\.png: the output would overwrite a photo/],
  ])('explains in one sentence what is wrong: %s', async (_, args, code, message) => {
    await predict(...args)
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(code)
  })

  it('shows control characters in names, and writes a table that can be read back', async () => {
    const odd = join(out, 'a\nb\u001b[31m.png')
    writeFileSync(odd, readFileSync(one))
    await predict(odd, join(photos, 'nobody.png'), '--csv', join(out, 'odd.csv'))
    expect(captured.printed).toContain('a\\nb\\u001b[31m.png')
    expect(captured.printed).not.toContain('\u001b[31m')
    const [, row] = readFileSync(join(out, 'odd.csv'), 'utf8').split('\r\n')
    expect(row).toContain(`"${odd}",1,`)
  })

  it('writes a table with only its header if no face was found', async () => {
    await predict(one, '--csv', join(out, 'one.csv'))
    await predict(join(photos, 'nobody.png'), '--csv', join(out, 'none.csv'))
    const [header] = readFileSync(join(out, 'one.csv'), 'utf8').split('\r\n')
    expect(readFileSync(join(out, 'none.csv'), 'utf8')).toBe(`${header}\r\n`)
  })

  it.each(['--csv', '--json', '--draw'])('says before it starts that %s cannot be written', async (flag) => {
    await predict(one, flag, join(folder, 'notes.txt', 'below', 'x'))
    expect(captured.printed).toMatch(
      /^regard: \S+: cannot be written into: \S+notes\.txt is a file\. [^\n]*\n$/,
    )
    expect(process.exitCode).toBe(1)
  })

  it('says how to fetch a missing network', async () => {
    const before = process.env.REGARD_CACHE
    process.env.REGARD_CACHE = out
    try {
      await predict(one, '--model', 'gear')
    } finally {
      if (before === undefined) delete process.env.REGARD_CACHE
      else process.env.REGARD_CACHE = before
    }
    expect(captured.printed).toMatch(
      /gear: is not on this machine .*Download it: npx regard networks add gear/,
    )
    expect(process.exitCode).toBe(1)
  })
})

describe('a photo in all commands', () => {
  it('gets the same answers from explain as from predict', async () => {
    await predict(two, '--json', json())
    await main(['explain', two, '--class', 'f', '--out', out])
    const [{ faces }] = read() as [PredictedPhoto]
    for (const [k, { answers }] of faces.entries()) {
      const record = JSON.parse(readFileSync(join(out, `two.face${k + 1}.gender.json`), 'utf8'))
      expect(record.face.box).toEqual(faces[k]!.found!.box)
      const { years, gender } = answers as { years: AgeAnswer; gender: ClassAnswer }
      const pairs = [
        [record.outputs['age_pred/Softmax'].probabilities, years.probabilities!],
        [record.outputs['gender_pred/Sigmoid'].probabilities, [gender.probabilities.m!]],
      ] as const
      for (const [said, own] of pairs) {
        expect(said).toHaveLength(own.length)
        expect(own.every((p, n) => Math.abs(p - said[n]) < 1e-4)).toBe(true)
      }
    }
  })

  it('has its main face cut out by evaluate as by the others', async () => {
    const model = await openBuiltIn('faceres')
    const shown = await facesIn([{ photo: one }], model, { asIs: false }).next()
    const labelled = [{ id: 'one', subject: 'one', photo: one }]
    const aligned = await alignFaces(labelled, model.card.alignment!, 224).next()
    const { picture } = aligned.value as { picture: Uint8Array }
    expect(Buffer.from(picture).equals((shown.value as ShownPhoto).faces[0]!.picture.data)).toBe(true)
  })
})

describe.skipIf(!shared)('a photo of many people', () => {
  it('gets an answer for every face found in it', async () => {
    const root = join(shared!, 'data/utkface')
    const names = readdirSync(root).filter((_, k) => k % 16 === 3)
    const faces = await Promise.all(names.slice(0, 60).map((name) => readPhoto(join(root, name))))
    const rows = Array.from({ length: 6 }, (_, k) => sideBySide(faces.slice(10 * k, 10 * k + 10), 0))
    const data = new Uint8Array(rows.reduce((sum, row) => sum + row.data.length, 0))
    for (const [k, row] of rows.entries()) data.set(row.data, k * row.data.length)
    const many = join(out, 'many.png')
    await writePicture(many, { width: rows[0]!.width, height: 6 * rows[0]!.height, data })
    await predict(many, '--json', json())
    expect(process.exitCode).toBe(0)
    const [{ faces: found }] = read() as [PredictedPhoto]
    expect(found.length).toBeGreaterThan(40)
    expect(captured.printed).toContain(`${found.length} faces in 1 photo, by faceres`)
  })
})

describe('answers that are one number', () => {
  /** Mean brightness of an 8 × 8 picture, from 0 to 255, as an age, a plain number, and a sigmoid's gender. */
  const model = join(folder, 'numbers.onnx')
  const g = new GraphBuilder('numbers')
  const mean = g.op('Flatten', [g.op('GlobalAveragePool', [g.input('x', 'float32', ['batch', 3, 8, 8])])])
  const column = (name: string, weights: readonly number[]) =>
    g.op('Gemm', [mean, g.constant(float32([3, 1], weights), `${name}.weight`)], {}, `${name}.sum`)
  g.output('age', column('age', [0.1, 0.1, 0.1]))
  g.output('gender', g.op('Sigmoid', [column('gender', [0.01, 0, 0])]))
  g.output('light', column('light', [1, 0, 0]))
  writeFileSync(model, writeGraph(g.graph()))
  writeFileSync(
    join(folder, 'numbers.card.yaml'),
    [
      'answers:',
      '  - { output: age, task: years }',
      '  - { output: gender, task: gender, classes: [m, f] }',
      '  - { output: light, task: light }',
      'input: { size: 8, channels: RGB, scale: 1, mean: 0 }',
    ].join('\n'),
  )

  it('are that number, and the answers beside them are read from their own place', async () => {
    await predict(join(photos, 'nobody.png'), '--model', model, '--json', json())
    const [{ faces } = { faces: [] }] = read()
    const { years, gender, light } = faces[0]!.answers as unknown as {
      years: AgeAnswer
      gender: ClassAnswer
      light: { value: number }
    }
    expect(years.years).toBeCloseTo(38.4, 3)
    expect(gender).toMatchObject({ class: 'f' })
    expect(gender.probability).toBeCloseTo(1 / (1 + Math.exp(-1.28)), 5)
    expect(light.value).toBeCloseTo(128, 3)
  })

  it('never overwrite a photo or the model', async () => {
    for (const [flag, path] of [
      ['--csv', one],
      ['--json', model],
    ]) {
      const before = readFileSync(path!)
      await predict(one, '--model', model, flag!, path!)
      expect(process.exitCode).toBe(1)
      expect(readFileSync(path!).equals(before)).toBe(true)
    }
  })
})
