import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { main } from '../../src/cli/main.ts'
import { heatMap, pixelRelevance } from '../../src/explanation/heatMap.ts'
import { NAMED_METHODS } from '../../src/explanation/methods.ts'
import { align } from '../../src/faces/align.ts'
import { parseLandmarks } from '../../src/faces/landmarks.ts'
import { writeOnnxFile } from '../../src/formats/node.ts'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32, int64, type TensorOf } from '../../src/graph/types.ts'
import { explainFile, type TrainedCard, writeModel } from '../../src/models/node.ts'
import { centreCrop } from '../../src/pictures/crop.ts'
import { enlarged } from '../../src/pictures/enlarged.ts'
import type { Image } from '../../src/pictures/image.ts'
import { readPhoto, writePicture } from '../../src/pictures/node.ts'
import { sideBySide } from '../../src/pictures/sideBySide.ts'
import { warpAffine } from '../../src/pictures/warp.ts'
import { drawnFace } from '../datasets/synthetic/drawing.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { shared } from '../shared.ts'
import { capturePrinted } from './capture.ts'

const PICTURE = 58
const SIZE = 51
const GAP = 4
// The pictures are enlarged to 320 pixels at least.
const BY = 7
const FILES = ['face.json', 'face.map.png', 'face.png', 'face.relevance.npy']

const folder = mkdtempSync(join(tmpdir(), 'regard-explain-'))
const model = join(folder, 'model.onnx')
const photo = join(folder, 'face.png')
const random = new Random('photo')

const card: TrainedCard = {
  network: 'adiencenet',
  task: 'gender',
  classes: ['m', 'f'],
  output: 'logits',
  input: { name: 'images', size: SIZE, layout: 'NCHW', channels: 'BGR', scale: 1 },
  meanPicture: float32([3, PICTURE, PICTURE], new Float32Array(3 * PICTURE ** 2).fill(120)),
  picture: PICTURE,
  composite: 'paper',
  trainedOn: { dataset: 'synthetic', setting: 'r', fold: 0, seed: 1, iterations: 10 },
}
writeModel(model, livelyNetwork(SIZE, 2), card)
/** The same network, for cut-out faces. */
const ofFaces = join(folder, 'ofFaces.onnx')
writeModel(ofFaces, livelyNetwork(SIZE, 2), { ...card, alignment: 'r' })
const noise: Image = {
  width: PICTURE,
  height: PICTURE,
  data: Uint8Array.from({ length: 3 * PICTURE ** 2 }, () => random.integer(256)),
}
await writePicture(photo, noise)
const bare = join(folder, 'bare.onnx')
copyFileSync(model, bare)
/** The flags for a model without a card. */
const FLAGS = ['--channels', 'BGR', '--scale', '1', '--mean', '120', '--picture', String(PICTURE)]
writeFileSync(join(folder, 'broken.yaml'), 'name: mine\nlayers: [{rule: epsilo, epsilon: 1}]\n')
const points = join(folder, 'points.txt')
writeFileSync(points, Array.from({ length: 49 }, (_, k) => `${k % 7} ${Math.floor(k / 7)}\n`).join(''))
const odd = GraphBuilder.from({ ...livelyNetwork(SIZE, 2), outputs: [] })
odd.output('y', odd.op('CumSum', [odd.value('logits'), odd.constant(int64([], [1]))], {}, 'total'))
writeOnnxFile(join(folder, 'odd.onnx'), odd.graph())

const captured = capturePrinted()
let out: string
beforeEach(() => {
  out = mkdtempSync(join(folder, 'out-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Run `regard explain MODEL …` into a new folder. */
const explain = (...args: string[]) => main(['explain', model, ...args, '--out', out])
const record = (name: string) => JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8'))
const relevanceOf = (name: string) =>
  readNpy(readFileSync(join(out, `${name}.relevance.npy`)), name) as TensorOf<'float32'>

/** Equal within a hundred-thousandth of the largest number: other targets beside one change how sums are rounded. */
function closeTo(actual: Float32Array, expected: Float32Array): void {
  const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
  expect(most).toBeGreaterThan(0)
  expect(actual.every((value, k) => Math.abs(value - expected[k]!) < 1e-5 * most)).toBe(true)
}

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
    expect(readdirSync(out).sort()).toEqual(FILES)
    expect(captured.printed).toContain(
      `Photos are padded to 58 × 58, of which the network sees the central 51 × 51; BGR, pixel − the mean picture\n`,
    )

    const { model: named, input, outputs, target, composite } = record('face')
    expect([named, input, composite]).toEqual([model, photo, 'paper'])
    const { logits, probabilities } = outputs.logits
    const answer = logits.indexOf(Math.max(...logits))
    expect(target).toEqual({ output: 'logits', class: answer, name: 'mf'[answer], logit: logits[answer] })
    expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 6)
    expect(captured.printed).toContain(
      `gender “${'mf'[answer]}” ${(100 * probabilities[answer]).toFixed(1)} %`,
    )

    const relevance = relevanceOf('face')
    expect([relevance.type, relevance.shape]).toEqual(['float32', [1, 3, SIZE, SIZE]])
    const picture = await readPhoto(join(out, 'face.png'))
    expect([picture.width, picture.height]).toEqual([2 * SIZE * BY + GAP, SIZE * BY])
    const { left, top } = centreCrop(PICTURE, SIZE)
    expect(part(picture, 0, 0, SIZE * BY)).toEqual(enlarged(part(noise, left, top, SIZE), BY))
    const map = enlarged(heatMap(pixelRelevance(relevance)), BY)
    expect(part(picture, SIZE * BY + GAP, 0, SIZE * BY)).toEqual(map)
    expect(await readPhoto(join(out, 'face.map.png'))).toEqual(map)
  })

  it('explains ages in years, groups of ages, and one number against another', async () => {
    const ages = join(folder, 'ages.onnx')
    writeModel(ages, livelyNetwork(SIZE, 4), {
      task: 'age',
      classes: ['0-10', '20-29', '30-39', '60+'],
      output: 'logits',
      input: { size: SIZE, layout: 'NCHW', channels: 'BGR', scale: 1 },
      meanPicture: float32([3], [120, 120, 120]),
    })
    await main(['explain', ages, photo, '--class', 'years', '--minus', '30', '--out', out])
    const { target, outputs } = record('face')
    const expected = [5, 24.5, 34.5, 70].reduce(
      (sum, age, k) => sum + age * outputs.logits.probabilities[k],
      0,
    )
    expect(target).toMatchObject({ output: 'logits', name: 'years', minus: 30 })
    expect(target.value).toBeCloseTo(expected, 3)
    expect(target.weights.reduce((a: number, b: number) => a + b)).toBeCloseTo(0, 5)
    expect(captured.printed).toMatch(/face\.png: \d+\.\d years, \d+\.\d (more|less) than 30 →/)
    await main(['explain', ages, photo, '--class', '20-39', '--minus', '60+', '--out', out])
    expect(captured.printed).toMatch(/age “20-39” rather than “60\+” logit/)

    const other = join(folder, 'other.png')
    await writePicture(other, { ...noise, data: noise.data.map((value) => 255 - value) })
    await main(['explain', ages, photo, other, '--class', 'years', '--minus', 'mean', '--out', out])
    const [one, two] = ['face', 'other'].map((name) => record(name).target)
    expect(one.minus).toBeCloseTo((one.value + two.value) / 2, 2)
    expect(captured.printed).toMatch(/The mean of 2 answers is \d+\.\d/)

    const number = join(folder, 'number.onnx')
    writeOnnxFile(number, livelyNetwork(SIZE, 1))
    await main(['explain', number, photo, ...FLAGS.slice(0, 6), '--minus', '2', '--out', out])
    expect(captured.printed).toMatch(/face\.png: logits -?[\d.]+, [\d.]+ (more|less) than 2 →/)
    expect(captured.printed).toContain('logits is one number: the number itself is explained')
    expect(record('face').target).toMatchObject({ kind: 'number', minus: 2 })
  })

  it('says of the built-in network what its percentages are of, and nothing of how photos become its input', async () => {
    await main([
      'explain',
      fileURLToPath(new URL('../../studio/samples/astronaut.jpg', import.meta.url)),
      '--out',
      out,
    ])
    expect(captured.printed).toMatch(/astronaut\.jpg: \d+\.\d ± \d+\.\d years; explained: “\d+” \d+\.\d % → /)
    expect(captured.printed).toMatch(/astronaut\.jpg: gender “[fm]” \d+\.\d % → /)
    expect(captured.printed).not.toContain('pixel −')
  })

  it('reports where the relevance went in each layer', async () => {
    await explain(photo)
    const { conservation, target } = record('face')
    expect(conservation.map(({ layer, rule }: { layer: string; rule: string }) => [layer, rule])).toEqual([
      ['fc8', 'epsilon(0.01)'],
      ['fc7', 'epsilon(0.01)'],
      ['fc6', 'epsilon(0.01)'],
      ['conv3', 'alpha-beta(2, -1)'],
      ['conv2', 'alpha-beta(2, -1)'],
      ['conv1', 'flat'],
    ])
    expect(Object.keys(conservation[0])).toEqual([
      ...['layer', 'operator', 'rule', 'in', 'out', 'bias', 'epsilon', 'padding'],
    ])
    expect(conservation[0].in).toBeCloseTo(target.logit, 5)
  })

  it('explains several classes in separate files, the same as one by one', async () => {
    await explain(photo, '--class', 'm,f')
    expect(readdirSync(out).sort()).toEqual(
      ['f', 'm'].flatMap((name) => FILES.map((file) => file.replace('face', `face.${name}`))),
    )
    expect([record('face.m').target.class, record('face.f').target.class]).toEqual([0, 1])
    await explain(photo, '--class', 'f')
    closeTo(relevanceOf('face.f').data, relevanceOf('face').data)
  })

  it('explains what speaks for a class rather than another', async () => {
    await explain(photo, '--class', 'f', '--minus', 'm')
    const { outputs, target } = record('face')
    const [m, f] = outputs.logits.logits
    expect(target).toMatchObject({ class: 1, name: 'f', minus: 0, minusName: 'm' })
    expect(target.logit).toBeCloseTo(f - m, 5)
    expect(captured.printed).toMatch(/gender “f” rather than “m” logit -?\d/)
  })

  it('skips a photo whose answer is the class to compare it with', async () => {
    await explain(photo)
    const { name } = record('face').target
    await explain(photo, '--minus', name)
    expect(captured.printed).toMatch(
      /skipped: \S*face\.png: the network's own answer is [mf], which would be compared/,
    )
    expect(process.exitCode).toBe(3)
  })

  it('names the file if a method does not fit its network, and no class for a map that is about none', async () => {
    await explain(photo, '--method', 'attention-rollout')
    expect(captured.printed).toContain(
      `regard: ${model}: the network has no attention. Choose another method\n`,
    )
    captured.printed = ''
    await explain(photo, '--method', 'attention-rollout', '--class', 'f')
    expect(captured.printed).toMatch(
      /makes one map, the same for every class\. Leave --class and --minus out/,
    )
    expect(process.exitCode).toBe(2)
  })

  it.skipIf(!shared)('has no target if its map is about no class', async () => {
    const vit = join(shared!, 'reference/attention/vit-fused-opset17')
    const ready = join(out, 'input.npy')
    const { shape, data } = readNpy(readFileSync(join(vit, 'input.npy')), 'input')
    writeFileSync(ready, writeNpy(float32(shape, Float32Array.from(data as ArrayLike<number>))))
    const network = join(vit, 'model.onnx')
    await main(['explain', network, ready, '--method', 'attention-rollout', '--out', join(out, 'rollout')])
    expect(record('rollout/input').target).toBeNull()
    await main(['explain', network, ready, '--method', 'gradient-attention', '--out', join(out, 'chefer')])
    expect(record('chefer/input').target).toMatchObject({ class: expect.any(Number) })
  })

  it('explains by other composites, and by one from a file', async () => {
    await explain(photo, '--composite', 'gradient-times-input')
    expect(record('face')).toMatchObject({ composite: 'gradient-times-input', conservation: [] })
    const own = join(folder, 'own.yaml')
    writeFileSync(own, 'name: mine\nlayers:\n  - rule: z-plus\n')
    await explain(photo, '--composite', own)
    const { composite, conservation } = record('face')
    expect([composite, conservation[0].rule]).toEqual(['mine', 'z-plus'])
  })

  it("knows the input's range for z-box", async () => {
    await explain(photo, '--composite', 'epsilon-gamma-box')
    expect(record('face').conservation.at(-1).rule).toMatch(/^z-box/)
  })

  it('writes the relevance of other layers, named by node or value', async () => {
    await explain(photo, '--layer', 'conv2', '--layer', 'fc6')
    const read = (name: string) => readNpy(readFileSync(join(out, `face.${name}.npy`)), name)
    expect([read('conv2').shape.length, read('fc6').shape.length]).toEqual([4, 2])
    const { conservation } = record('face')
    const arrived = (read('fc6').data as Float32Array).reduce((a, b) => a + b)
    expect(conservation[2]).toMatchObject({ layer: 'fc6' })
    expect(arrived).toBeCloseTo(conservation[2].in, 4)
  })

  it.each(NAMED_METHODS.filter((name) => !name.includes('attention')))('explains by %s', async (method) => {
    await explain(photo, '--method', method)
    expect(record('face')).toMatchObject({ composite: null, method, conservation: [] })
    const channels = ['smoothgrad', 'integrated-gradients'].includes(method) ? 3 : 1
    expect(relevanceOf('face').shape).toEqual([1, channels, SIZE, SIZE])
    expect(readdirSync(out).sort()).toEqual(FILES)
  })

  it('takes a seed for a random method', async () => {
    const maps: TensorOf<'float32'>[] = []
    for (const seed of ['a', 'b', 'a']) {
      await explain(photo, '--method', 'lime', '--seed', seed)
      maps.push(relevanceOf('face'))
    }
    const [a, b, again] = maps
    expect(again).toEqual(a)
    expect(a).not.toEqual(b)
  })

  it('explains a model without a card by its flags', async () => {
    await main(['explain', bare, photo, ...FLAGS, '--out', join(out, 'bare')])
    await explain(photo)
    const read = (name: string) => readNpy(readFileSync(join(out, name)), name)
    expect(read('bare/face.relevance.npy')).toEqual(read('face.relevance.npy'))
    expect(JSON.parse(readFileSync(join(out, 'bare/face.json'), 'utf8')).target.name).toMatch(/^[01]$/)
  })

  it('shows in grey what it cannot show in colour', async () => {
    const ready = join(folder, 'unknown.npy')
    const values = Float32Array.from({ length: 3 * SIZE ** 2 }, () => random.uniform(-1, 1))
    writeFileSync(ready, writeNpy(float32([1, 3, SIZE, SIZE], values)))
    await main(['explain', bare, ready, '--out', out])
    expect(process.exitCode).toBe(0)
    const { data } = await readPhoto(join(out, 'unknown.png'))
    expect([data[0], data[0]]).toEqual([data[1], data[2]])
    await main(['explain', bare, ready, '--composite', 'epsilon-gamma-box', '--out', out])
    expect(captured.printed).toMatch(
      /^regard: layer conv1: the rule z-box needs the lowest and the highest value/m,
    )
    expect(process.exitCode).toBe(1)
  })

  it.each([
    ['f', 1, 'f'],
    ['0', 0, 'm'],
  ])('explains a class by name or index: %s', async (text, index, name) => {
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

  it('skips and names what it cannot read, and ends with exit code 3', async () => {
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
    expect(captured.printed).toMatch(/skipped: \S*broken\.jpg: the photo cannot be read/)
    expect(captured.printed).toMatch(/skipped: \S*nowhere\.jpg: there is no such file/)
    expect(captured.printed).toMatch(/skipped: \S*small\.npy: the network takes float32 \[1, 3, 51, 51\]/)
    expect(captured.printed).toMatch(/skipped: \S*nan\.npy: has values that are not numbers/)
    expect(captured.printed).toContain('4 of 5 inputs skipped')
    expect(readdirSync(out).sort()).toEqual(FILES)
  })

  it.each([
    [
      'a class that the network does not have',
      ['--class', 'x'],
      /no class 'x'\nIts classes: m \(0\), f \(1\)/,
    ],
    ['an index that the network does not have', ['--class', '2'], /no class '2'/],
    ['a class against itself', ['--class', 'f', '--minus', '1'], /class 1 does not differ from itself/],
    [
      'a composite that there is not',
      ['--composite', 'epsilon-pluss'],
      /no composite 'epsilon-pluss'; did you mean 'epsilon-plus'\? There are paper, epsilon, /,
    ],
    ['a layer that there is not', ['--layer', 'conv22'], /no layer 'conv22'; did you mean 'conv2'\?/],
    ['the input as a layer', ['--layer', 'images'], /no layer 'images'/],
    [
      'an output that there is not',
      ['--output', 'prob'],
      /no output prob; its outputs are logits \[batch, 2\]/,
    ],
    ['a mean that is none', ['--mean', 'a,b'], /Give a number, or one for each channel/],
    ['a size that is none', ['--size', 'big'], /Give a whole number of pixels, or HEIGHTxWIDTH/],
    ['a composite for a method', ['--method', 'occlusion', '--composite', 'paper'], /give only one of them/],
    ['a seed where nothing is random', ['--seed', '3'], /--seed is only for --method smoothgrad/],
    [
      'several layers for a method',
      ['--method', 'smoothgrad', '--layer', 'conv2'],
      /grad-cam is the only method that takes --layer/,
    ],
    ['landmarks for several photos', [photo, '--landmarks', 'points.txt'], /--landmarks is for one photo/],
  ])('takes %s as wrong use', async (_, args, message) => {
    await explain(photo, ...args)
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(2)
    expect(readdirSync(out)).toEqual([])
  })

  it.each([
    ['a model that is not there', [join(folder, 'none.onnx'), photo], /none\.onnx: there is no such model/],
    [
      'a model without a card',
      [bare, photo],
      /^regard: \S*bare\.onnx: it is unknown how a photo becomes the input .*: channels, scale and mean are missing/m,
    ],
    [
      'a composite that is none',
      [model, photo, '--composite', join(folder, 'broken.yaml')],
      /broken\.yaml:2:\d+: layers\[0\]\.rule must be .*Did you mean “epsilon”\?/,
    ],
    [
      'an operator without a rule',
      [join(folder, 'odd.onnx'), photo, ...FLAGS],
      /^regard: \S*odd\.onnx: node total uses the operator CumSum, which has no relevance rule\. .*\n$/m,
    ],
    ['two inputs of one name', [model, photo, join(folder, 'other', 'face.jpg')], /would both be written as/],
    [
      'landmarks that are not there',
      [model, photo, '--landmarks', join(folder, 'no.txt')],
      /landmarks cannot be read/,
    ],
  ])('fails with a clear message for %s', async (_, args, message) => {
    await main(['explain', ...args, '--out', out])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(1)
  })

  it('never writes over the photo itself', async () => {
    const before = readFileSync(photo)
    await main(['explain', model, photo, '--out', folder])
    expect(captured.printed).toMatch(/face\.png: the output would overwrite the input/)
    expect(readFileSync(photo)).toEqual(before)
    expect(existsSync(join(folder, 'face.json'))).toBe(false)
  })

  it('never writes over another of its photos', async () => {
    const other = join(folder, 'face.map.png')
    copyFileSync(photo, other)
    const renamed = join(folder, 'face.jpg')
    copyFileSync(photo, renamed)
    await main(['explain', model, renamed, other, '--out', folder])
    expect(captured.printed).toMatch(/face\.map\.png: the output would overwrite the input/)
    expect(readFileSync(other)).toEqual(readFileSync(photo))
    rmSync(other)
    rmSync(renamed)
  })
})

describe('regard explain of faces', () => {
  const photos = join(folder, 'photos')
  const one = join(photos, 'one.png')
  const two = join(photos, 'more', 'two.png')
  const nobody = join(photos, 'nobody.png')
  let face: Image
  beforeAll(async () => {
    ;({ face } = await drawnFace())
    mkdirSync(join(photos, 'more'), { recursive: true })
    await writePicture(one, face)
    await writePicture(two, sideBySide([face, face]))
    await writePicture(nobody, { width: 90, height: 60, data: new Uint8Array(3 * 90 * 60).fill(128) })
  })

  it('takes the default network and all faces in a folder, and maps each, also into the photo', async () => {
    await main(['explain', photos, '--class', 'f', '--out', out])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toMatch(/skipped: \S*nobody\.png: no face was found in it\n/)
    expect(captured.printed).toMatch(/1 of 3 inputs skipped/)
    expect(captured.printed).toMatch(/two\.png \(face 2 of 2\): gender “f” \d+\.\d % → /)
    expect(captured.printed).toMatch(/Gender here is a label/)
    const kinds = ['json', 'map.png', 'png', 'relevance.npy']
    expect(readdirSync(out).sort()).toEqual(
      ['more', ...[...kinds, 'photo.png'].map((kind) => `one.gender.${kind}`)].sort(),
    )
    expect(readdirSync(join(out, 'more')).sort()).toEqual(
      [
        ...[1, 2].flatMap((k) => kinds.map((kind) => `two.face${k}.gender.${kind}`)),
        'two.gender.photo.png',
      ].sort(),
    )
    const records = [1, 2].map((k) =>
      JSON.parse(readFileSync(join(out, 'more', `two.face${k}.gender.json`), 'utf8')),
    )
    const photo = await readPhoto(join(out, 'more', 'two.gender.photo.png'))
    expect([photo.width, photo.height]).toEqual([2 * face.width + 4, face.height])
    for (const { model, target, face } of records) {
      expect([model, target.name]).toEqual(['faceres', 'f'])
      // Only the face is coloured.
      const { left, top, width, height } = face.box
      let [inside, outside] = [0, 0]
      for (let at = 0; at < photo.data.length; at += 3) {
        const [x, y] = [(at / 3) % photo.width, Math.floor(at / 3 / photo.width)]
        const coloured = photo.data[at] !== photo.data[at + 1] || photo.data[at] !== photo.data[at + 2]
        const near = records.some(
          ({ face: { box } }) => Math.abs(x - box.left - box.width / 2) < 0.71 * box.width,
        )
        if (!near && coloured) outside++
        if (x > left && x < left + width && y > top && y < top + height && coloured) inside++
      }
      expect(outside).toBe(0)
      expect(inside / (width * height)).toBeGreaterThan(0.3)
    }
  })

  it('cuts out a face as the card says, without being told where it is', async () => {
    await main(['explain', ofFaces, one, '--out', out])
    expect(captured.printed).toContain(
      'Faces are aligned [r], 58 × 58, of which the network sees the central 51 × 51; BGR',
    )
    const { toPhoto } = record('one').face
    const { left, top } = centreCrop(PICTURE, SIZE)
    const seen = part(warpAffine(face, toPhoto, PICTURE, PICTURE), left, top, SIZE)
    const picture = await readPhoto(join(out, 'one.png'))
    expect(part(picture, 0, 0, SIZE * BY)).toEqual(enlarged(seen, BY))
  })

  it('takes a picture of a face as it is if told to', async () => {
    await main(['explain', ofFaces, photo, '--as-is', '--out', out])
    await main(['explain', model, photo, '--out', join(out, 'whole')])
    const read = (name: string) => readNpy(readFileSync(join(out, name)), name)
    expect(read('face.relevance.npy')).toEqual(read('whole/face.relevance.npy'))
    expect(record('face').face).toBeUndefined()
  })

  it('fails in a program for a photo without a face', async () => {
    await expect(explainFile(ofFaces, nobody)).rejects.toThrow(/nobody\.png: no face was found in it/)
    const { seen } = await explainFile(ofFaces, one)
    await main(['explain', ofFaces, one, '--out', out])
    expect(part(await readPhoto(join(out, 'one.png')), 0, 0, SIZE * BY)).toEqual(enlarged(seen!, BY))
  })

  it.each([
    ['nothing', [], /there is nothing to explain\. Name a photo: npx regard explain face\.jpg\n/],
    ['a network and no photo', ['faceres'], /faceres: there is nothing to explain\. Name a photo after it/],
    ['a network that there is not', ['facers', one], /no built-in network 'facers'\. Did you mean faceres\?/],
    [
      'a class of no answer',
      [one, '--class', 'x'],
      /no answer of the network has the class x\. Its answers are years \(.*--output age_pred\/Softmax\), gender \(.*--output/,
    ],
    ['landmarks that have no effect', [one, '--landmarks', points], /so landmarks have no effect/],
  ])('takes %s as wrong use', async (_, args, message) => {
    await main(['explain', ...args, '--out', out])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).not.toBe(0)
    expect(readdirSync(out)).toEqual([])
  })
})

describe.skipIf(!shared)('regard explain with a real photo', () => {
  it('cuts out the face by its landmarks, as the card says', async () => {
    const [name] = readdirSync(join(shared!, 'data/aaf/photos'))
    const real = join(shared!, 'data/aaf/photos', name!)
    const landmarks = join(shared!, 'data/aaf/landmarks49', name!.replace(/\.\w+$/, '.txt'))
    await main(['explain', ofFaces, real, '--landmarks', landmarks, '--out', out])
    expect(process.exitCode).toBe(0)
    const points = parseLandmarks(readFileSync(landmarks, 'utf8'), landmarks)
    const face = align(await readPhoto(real), points, 'r', PICTURE)
    const { left, top } = centreCrop(PICTURE, SIZE)
    const picture = await readPhoto(join(out, `${name!.replace(/\.\w+$/, '')}.png`))
    expect(part(picture, 0, 0, SIZE * BY)).toEqual(enlarged(part(face, left, top, SIZE), BY))
  })

  it('says how many years come from which part of the face', async () => {
    const [name] = readdirSync(join(shared!, 'data/aaf/photos'))
    const real = join(shared!, 'data/aaf/photos', name!)
    const landmarks = join(shared!, 'data/aaf/landmarks49', name!.replace(/\.\w+$/, '.txt'))
    const ages = join(folder, 'aligned.onnx')
    writeModel(ages, livelyNetwork(SIZE, 3), {
      task: 'age',
      classes: ['10', '30', '60+'],
      output: 'logits',
      input: { size: SIZE, layout: 'NCHW', channels: 'BGR', scale: 1 },
      meanPicture: float32([3], [120, 120, 120]),
      picture: PICTURE,
      alignment: 'r',
    })
    await main(['explain', ages, real, '--landmarks', landmarks, '--class', 'years', '--out', out])
    expect(captured.printed).toMatch(/years \([+−][\d.e-]+ from [a-z ]+, [+−][\d.e-]+ from [a-z ]+\) →/)
    const base = name!.replace(/\.\w+$/, '')
    const { parts } = record(base)
    const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0)
    expect(sum(Object.values(parts) as number[])).toBeCloseTo(sum(relevanceOf(base).data as Float32Array), 3)
    expect(Object.keys(parts)).toContain('forehead')
  })
})
