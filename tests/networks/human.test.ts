import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { cutFound } from '../../src/faces/cut.ts'
import { type Box, type FoundFace, isMarked } from '../../src/faces/face.ts'
import { packagedFaceFinder } from '../../src/faces/node.ts'
import type { TensorOf } from '../../src/graph/types.ts'
import { inputOf } from '../../src/models/input.ts'
import { requirePreprocessing } from '../../src/models/model.ts'
import { openBuiltIn } from '../../src/models/node.ts'
import type { Image, Point } from '../../src/pictures/image.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { Chromium, hasChromium } from '../chromium.ts'
import { shared } from '../shared.ts'

/** A face from Human: its box with a margin, relative to the photo's sides, and its answers. */
interface HumanFace {
  readonly boxRaw: [left: number, top: number, width: number, height: number]
  /** From the mesh network, if it ran. */
  readonly score: number
  /** Missing if it is 0. */
  readonly age?: number
  readonly gender: 'male' | 'female'
  readonly genderScore: number
}

/** How much larger than the detector's box its crop is. */
const HUMANS_MARGIN = 1.4
/** UTKFace's pictures are cut so tightly that Human's crop would exceed them; it sees black there, regard the edge. */
const EDGE = 60

const human = (path: string) =>
  join(dirname(fileURLToPath(import.meta.resolve('@vladmandic/human'))), '..', path)
const wasm = dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))

/** Ten photos of FairFace, and ten pictures of UTKFace with their edges extended, as PNG files in a folder. */
async function writePhotos(folder: string): Promise<string[]> {
  const pictures = (set: string) => {
    const root = join(shared!, 'data', set)
    const names = readdirSync(root).filter((name) => name.endsWith('.jpg'))
    return Array.from({ length: 10 }, (_, k) => join(root, names[Math.floor((k * names.length) / 10)]!))
  }
  const files = [...pictures('fairface'), ...pictures('utkface')]
  return Promise.all(
    files.map(async (file, k) => {
      const edge = file.includes('utkface') ? EDGE : 0
      const name = `${k}.png`
      await sharp(file)
        .extend({ top: edge, bottom: edge, left: edge, right: edge, extendWith: 'copy' })
        .png()
        .toFile(join(folder, name))
      return name
    }),
  )
}

/** How Human reads the outputs of FaceRes. If several ages tie for the likeliest, it may take any of them. */
function asHuman(age: Float32Array, male: number): { ages: number[]; gender: string; score: number } {
  const most = age.reduce((a, b) => Math.max(a, b))
  const ages = [...age.keys()]
    .filter((k) => age[k]! > most - 0.002)
    .map((k) => {
      const [below, above] = [age[k - 1]!, age[k + 1]!]
      return Math.round(below > above ? 10 * k - 100 * below : 10 * k + 100 * above) / 10
    })
  const score = Math.min(0.99, Math.trunc(200 * Math.abs(male - 0.5)) / 100)
  return { ages, gender: male <= 0.5 ? 'female' : 'male', score }
}

function withoutMargin({ left, top, width, height }: Box): Box {
  const [w, h] = [width / HUMANS_MARGIN, height / HUMANS_MARGIN]
  return { left: left + (width - w) / 2, top: top + (height - h) / 2, width: w, height: h }
}

function overlap(a: Box, b: Box): number {
  const across = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left)
  const down = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
  const both = Math.max(across, 0) * Math.max(down, 0)
  return both / (a.width * a.height + b.width * b.height - both)
}

describe.skipIf(!shared || !hasChromium)('faceres beside @vladmandic/human in a page', () => {
  let chromium: Chromium
  // `faces` without the mesh network, which cuts out the box itself; `verified` by it, as regard's are.
  let said: { photo: Image; faces: HumanFace[]; verified: HumanFace[] }[]

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'regard-human-'))
    copyFileSync(human('dist/human.js'), join(folder, 'human.js'))
    for (const part of ['models', 'wasm']) mkdirSync(join(folder, part))
    for (const name of ['blazeface', 'facemesh', 'faceres'].flatMap((one) => [`${one}.json`, `${one}.bin`]))
      copyFileSync(human(`models/${name}`), join(folder, 'models', name))
    for (const name of readdirSync(wasm).filter((one) => one.endsWith('.wasm')))
      copyFileSync(join(wasm, name), join(folder, 'wasm', name))
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><link rel="icon" href="data:,"><script src="human.js"></script>',
    )
    const names = await writePhotos(folder)
    chromium = await Chromium.start(folder)
    const page = await chromium.open()
    const detected = (await page.evaluate(async (names) => {
      const off = { enabled: false }
      // biome-ignore lint/suspicious/noExplicitAny: the page's own global, which has no types here
      const human = new (globalThis as any).Human.Human({
        backend: 'wasm',
        wasmPath: `${location.href}wasm/`,
        modelBasePath: '/models/',
        cacheSensitivity: 0,
        filter: off,
        gesture: off,
        body: off,
        hand: off,
        object: off,
        face: {
          detector: { maxDetected: 10, minConfidence: 0.5 },
          iris: off,
          emotion: off,
          description: { enabled: true, minConfidence: 0 },
        },
      })
      const all = []
      for (const name of names) {
        const image = new Image()
        image.src = name
        await image.decode()
        const own = ({ boxRaw, score, age, gender, genderScore }: HumanFace) => ({
          boxRaw,
          score,
          age,
          gender,
          genderScore,
        })
        const faces = (await human.detect(image, { face: { mesh: off } })).face.map(own)
        const verified = (await human.detect(image, { face: { mesh: { enabled: true } } })).face.map(own)
        all.push({ faces, verified })
      }
      return all
    }, names)) as { faces: HumanFace[]; verified: HumanFace[] }[]
    said = await Promise.all(
      names.map(async (name, k) => ({ photo: await readPhoto(join(folder, name)), ...detected[k]! })),
    )
  })
  afterAll(() => chromium?.stop())

  const boxOf = ({ width, height }: Image, { boxRaw: [left, top, wide, tall] }: HumanFace): Box => ({
    left: left * width,
    top: top * height,
    width: wide * width,
    height: tall * height,
  })

  /** The window of the 256 × 256 pixels that Human cuts out: the corners' centres lie on its box (TensorFlow's cropAndResize). */
  function cutByHuman(photo: Image, { boxRaw: [left, top, wide, tall] }: HumanFace): Box {
    const [width, height] = [(256 / 255) * wide * (photo.width - 1), (256 / 255) * tall * (photo.height - 1)]
    return {
      left: left * (photo.width - 1) + 0.5 - width / 512,
      top: top * (photo.height - 1) + 0.5 - height / 512,
      width,
      height,
    }
  }

  test('finds the same faces', async () => {
    const finder = await packagedFaceFinder()
    for (const { photo, verified } of said) {
      const own = (await finder.find(photo)).filter(isMarked)
      const theirs = verified.map((face) => ({ sure: face.score, box: withoutMargin(boxOf(photo, face)) }))
      const ours = own.map(({ presence, box }) => ({ sure: presence, box }))
      for (const [some, others] of [
        [theirs, ours],
        [ours, theirs],
      ] as const) {
        // For a face that the mesh network barely accepts, one pixel decides.
        for (const { box } of some.filter(({ sure }) => sure > 0.6))
          expect(Math.max(...others.map((other) => overlap(other.box, box)))).toBeGreaterThan(0.5)
      }
    }
    await finder.release()
  })

  test('gives the same answers, read as Human reads them', async () => {
    // Red, green and blue, with nothing subtracted: unlike in training.
    const model = await openBuiltIn('faceres', { card: { input: { channels: 'RGB', mean: 0 } } })
    const preprocessing = requirePreprocessing(model)
    const program = await (await nodeEngine()).load(model.network)
    for (const { photo, faces } of said) {
      for (const face of faces) {
        // Human cuts out upright boxes, whatever the mesh says: one without an extent is upright.
        const mesh = Array<Point>(468).fill({ x: 0, y: 0 })
        const found: FoundFace = { box: cutByHuman(photo, face), score: 1, presence: 1, mesh }
        const { picture } = cutFound(photo, found, { box: 1 }, 256)
        const outputs = await program.run({ [model.input.name]: inputOf(picture, preprocessing) })
        const { data: age } = outputs['age_pred/Softmax'] as TensorOf<'float32'>
        const { data: male } = outputs['gender_pred/Sigmoid'] as TensorOf<'float32'>
        const { ages, gender, score } = asHuman(age, male[0]!)
        const apart = Math.min(...ages.map((one) => Math.abs(one - (face.age ?? 0))))
        expect(apart).toBeLessThanOrEqual(0.5)
        expect(Math.abs(score - face.genderScore)).toBeLessThan(0.021)
        if (score > 0.05) expect(gender).toBe(face.gender)
      }
    }
  })
})
