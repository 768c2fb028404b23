import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { CUES } from '../../src/datasets/synthetic/cues.ts'
import { PARTS } from '../../src/datasets/synthetic/parts.ts'
import { drawPerson } from '../../src/datasets/synthetic/person.ts'
import { render } from '../../src/datasets/synthetic/render.ts'
import { drawShot } from '../../src/datasets/synthetic/shot.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { loadExplainer } from '../../src/explanation/explain.ts'
import { pixelRelevance } from '../../src/explanation/heatMap.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { readGraph, writeGraph } from '../../src/graph/file.ts'
import { float32, type Graph, int64, sizeOf } from '../../src/graph/types.ts'
import { defaultComposite } from '../../src/rules/composites/default.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { type State, stepperFor } from '../../src/training/stepper.ts'
import { trainableWeights } from '../../src/training/trainableWeights.ts'

// A vision transformer, read from an ONNX file and trained here on drawn faces that show gender by brows and lashes
// alone. So we know where it looks: its map must lie there, and its untrained twin's must not.

const SIDE = 96
const SIZE = 3 * SIDE ** 2
/** The corner of the square around the eyes, in a photo of 256 × 256. */
const CORNER = { x: 78, y: 64 }
const PATCH = 12
const TOKENS = (SIDE / PATCH) ** 2
const WIDTH = 48
const HEADS = 4
const BLOCKS = 2
const BATCH = 32
const STEPS = 280
const LEARNT = 600
const TESTED = 60
const CARRIERS = ['brow_thickness', 'lashes'] as const
const engine = await nodeEngine()

interface Face {
  /** [3, SIDE, SIDE], about −2 to 2. */
  readonly pixels: Float32Array
  readonly gender: 0 | 1
  /** Whether each pixel belongs to the brows or eyes, here or in the same face with the other gender. */
  readonly carries: boolean[]
}

/** Faces that show gender only by their brows and lashes. */
async function draw(number: number, withTruth: boolean): Promise<Face> {
  const random = new Random(`transformer ${number}`)
  const gender = (number % 2) as 0 | 1
  const person = drawPerson(random, random.integer(8), gender === 0 ? 'm' : 'f')
  const shot = { ...drawShot(random), tilt: 0, x: 0, y: 0, scale: 1, blur: 0 }
  const cuesOf = (shown: 0 | 1) => {
    const cues = { ...person.cues }
    for (const [name, { task, neutral }] of Object.entries(CUES))
      if (task === 'gender') cues[name as keyof typeof CUES] = neutral
    for (const name of CARRIERS) {
      const [m, f] = CUES[name].levels as [number, number]
      cues[name] = (shown === 0) === m > f ? 0.95 : 0.05
    }
    return cues
  }
  const { photo, mask } = await render({ ...person, cues: cuesOf(gender) }, shot)
  const places = Array.from(
    { length: SIDE ** 2 },
    (_, k) => (CORNER.y + Math.floor(k / SIDE)) * photo.width + CORNER.x + (k % SIDE),
  )
  const pixels = Float32Array.from({ length: SIZE }, (_, k) => {
    const [channel, place] = [Math.floor(k / SIDE ** 2), places[k % SIDE ** 2]!]
    return (photo.data[3 * place + channel]! - 128) / 64
  })
  const masks = [mask]
  if (withTruth) masks.push((await render({ ...person, cues: cuesOf(gender === 0 ? 1 : 0) }, shot)).mask)
  const isCarrier = (part: number) => ['brows', 'eyes'].includes(PARTS[part]!)
  return { pixels, gender, carries: places.map((place) => masks.some((each) => isCarrier(each[place]!))) }
}

/** A small vision transformer with pre-norm blocks, GELU and a mean over the tokens, as an ONNX file holds it. */
function transformer(batch: number | string): Graph {
  const random = new Random('transformer')
  const g = new GraphBuilder('transformer')
  const weights = (shape: readonly number[], deviation: number, name: string) =>
    g.initializer(
      `${name}.weight`,
      float32(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, deviation)),
      ),
    )
  const constant = (length: number, value: number, name: string) =>
    g.initializer(name, float32([length], new Float32Array(length).fill(value)))
  const linear = (x: Value, inputs: number, outputs: number, name: string) =>
    g.add(g.matmul(x, weights([inputs, outputs], inputs ** -0.5, name)), constant(outputs, 0, `${name}.bias`))
  const norm = (x: Value, name: string) => {
    const mean = (value: Value) => g.op('ReduceMean', [value, g.integers([-1])])
    const centred = g.sub(x, mean(x))
    const deviation = g.op('Sqrt', [g.add(mean(g.mul(centred, centred)), g.scalar(1e-5))])
    const scaled = g.mul(g.div(centred, deviation), constant(WIDTH, 1, `${name}.weight`))
    return g.add(scaled, constant(WIDTH, 0, `${name}.bias`))
  }
  const size = WIDTH / HEADS
  const inHeads = (x: Value) => g.transpose(g.reshape(x, [0, TOKENS, HEADS, size]), [0, 2, 1, 3])

  const images = g.input('images', 'float32', [batch, 3, SIDE, SIDE])
  const filters = [
    weights([WIDTH, 3, PATCH, PATCH], (3 * PATCH ** 2) ** -0.5, 'patches'),
    constant(WIDTH, 0, 'patches.bias'),
  ]
  const patches = g.op('Conv', [images, ...filters], { strides: [PATCH, PATCH] })
  const places = g.transpose(g.reshape(patches, [0, WIDTH, TOKENS]), [0, 2, 1])
  let x = g.add(places, weights([1, TOKENS, WIDTH], 0.3, 'positions'))
  for (let block = 0; block < BLOCKS; block++) {
    const at = (name: string) => `block${block}.${name}`
    const before = norm(x, at('norm1'))
    const [q, k, v] = ['q', 'k', 'v'].map((name) => inHeads(linear(before, WIDTH, WIDTH, at(name)))) as [
      Value,
      Value,
      Value,
    ]
    const scores = g.mul(g.matmul(q, g.transpose(k, [0, 1, 3, 2])), g.scalar(size ** -0.5))
    const mixed = g.transpose(g.matmul(g.op('Softmax', [scores]), v), [0, 2, 1, 3])
    x = g.add(x, linear(g.reshape(mixed, [0, TOKENS, WIDTH]), WIDTH, WIDTH, at('out')))
    const wide = linear(norm(x, at('norm2')), WIDTH, 2 * WIDTH, at('up'))
    const half = g.add(g.op('Erf', [g.mul(wide, g.scalar(Math.SQRT1_2))]), g.scalar(1))
    x = g.add(x, linear(g.mul(g.mul(wide, g.scalar(0.5)), half), 2 * WIDTH, WIDTH, at('down')))
  }
  const mean = g.op('ReduceMean', [norm(x, 'norm'), g.integers([1])], { keepdims: 0 })
  g.output('gender', linear(mean, WIDTH, 2, 'head'))
  return readGraph(writeGraph(g.graph()), 'transformer.onnx')
}

/** The same network with the weights after training on some faces. */
async function trainedOn(faces: readonly Face[]): Promise<Graph> {
  const stepper = await stepperFor(engine, transformer(BATCH), { momentum: 0.9, decay: 0.0005 })
  const untrained = transformer('batch')
  const weights = trainableWeights(untrained)
  let state: State = {
    weights: new Map([...weights].map(([name, each]) => [name, { ...each, data: each.data.slice() }])),
    velocities: new Map([...weights].map(([name, { shape }]) => [name, float32(shape)])),
  }
  const order = new Random('order')
  const { atOnce } = stepper
  for (let step = 0; step < STEPS; step += atOnce) {
    const images = float32([atOnce, BATCH, 3, SIDE, SIDE])
    const labels = Array.from({ length: atOnce * BATCH }, (_, k) => {
      const { pixels, gender } = faces[order.integer(faces.length)]!
      const mirrored = order.chance(0.5)
      const column = (x: number) => (mirrored ? SIDE - 1 - x : x)
      for (let i = 0; i < SIZE; i++) images.data[k * SIZE + i] = pixels[i - (i % SIDE) + column(i % SIDE)]!
      return gender
    })
    // Warm-up, then half a cosine.
    const rate = 0.05 * Math.min(1, (step + 1) / 20) * 0.5 * (1 + Math.cos((Math.PI * step) / STEPS))
    const feeds = {
      images,
      labels: int64([atOnce, BATCH], labels),
      rate: float32([atOnce], new Array(atOnce).fill(rate)),
    }
    ;({ state } = await stepper.run(state, feeds))
  }
  await stepper.release()
  return { ...untrained, initializers: new Map([...untrained.initializers, ...state.weights]) }
}

describe('a vision transformer that is trained here', () => {
  let faces: Face[]
  let trained: Graph
  beforeAll(async () => {
    const numbers = Array.from({ length: LEARNT + TESTED }, (_, k) => k)
    faces = await Promise.all(numbers.map((number) => draw(number, number >= LEARNT)))
    trained = await trainedOn(faces.slice(0, LEARNT))
  })

  const tested = () => faces.slice(LEARNT)
  const pictureOf = ({ pixels }: Face) => float32([1, 3, SIDE, SIDE], pixels)

  /** The mean share of the positive relevance for a face's own gender in what carries it. */
  async function shareOnCues(network: Graph): Promise<number> {
    const explainer = await loadExplainer(engine, network, composites[defaultComposite(network)])
    let shares = 0
    for (const face of tested()) {
      const target = { class: face.gender, minus: 1 - face.gender }
      const [{ relevance } = { relevance: pictureOf(face) }] = await explainer.explain(pictureOf(face), [
        target,
      ])
      let [inside, whole] = [0, 0]
      pixelRelevance(relevance, 'NCHW').data.forEach((value, k) => {
        whole += Math.max(value, 0)
        if (face.carries[k]) inside += Math.max(value, 0)
      })
      shares += inside / whole / TESTED
    }
    await explainer.release()
    return shares
  }

  test('recognises the gender of people that it has not seen', async () => {
    const program = await engine.load(trained)
    let right = 0
    for (const face of tested()) {
      const [m, f] = (await program.run({ images: pictureOf(face) })).gender!.data as Float32Array
      if (f! > m! === (face.gender === 1)) right++
    }
    await program.release()
    expect(right / TESTED).toBeGreaterThanOrEqual(0.85)
  })

  test('looks at what shows it: half of the positive relevance lies in a seventh of the picture', async () => {
    expect(defaultComposite(trained)).toBe('attnlrp-gamma')
    const area = tested().reduce(
      (sum, { carries }) => sum + carries.filter(Boolean).length / SIDE ** 2 / TESTED,
      0,
    )
    expect(area).toBeLessThanOrEqual(0.15)
    expect(await shareOnCues(trained)).toBeGreaterThanOrEqual(0.5)
  })

  test('its untrained twin does not', async () => {
    expect(await shareOnCues(transformer('batch'))).toBeLessThan(0.3)
  })
})
