import * as wasm from 'onnxruntime-web'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Engine, Tensors } from '../../src/engine/engine.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { sessionEngine } from '../../src/engine/session.ts'
import { float32, int64, sizeOf } from '../../src/graph/types.ts'
import { networks } from '../../src/networks/index.ts'
import { type State, stepperFor } from '../../src/training/stepper.ts'
import { trainableWeights } from '../../src/training/trainableWeights.ts'
import { expectClose } from '../rules/layer.ts'

const native = await nodeEngine({ threads: 2 })
const [BATCH, CLASSES, STEPS] = [2, 3, 3]

/** Some steps of a network of an eighth of the published channels, from rest. */
async function stepped(large: number, engine: Engine = native) {
  const { build, leastInput: input, losses } = networks.adiencenet
  const network = build({
    input,
    classes: CLASSES,
    batch: BATCH,
    width: 1 / 8,
    random: new Random('weights'),
  })
  const weights = trainableWeights(network)
  const rates = new Map([['conv1.weight', 10]])
  const stepper = await stepperFor(engine, network, { momentum: 0.9, decay: 0.01, losses, rates }, large)
  const random = new Random('feeds')
  const filled = (shape: readonly number[], draw: () => number) =>
    float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => draw()),
    )
  const feeds = {
    images: filled([STEPS, BATCH, 3, input, input], () => random.uniform(-50, 50)),
    labels: int64([STEPS, BATCH], [0, 1, 2, 0, 1, 2]),
    rate: float32([STEPS], [0.01, 0.003, 0.001]),
    ...Object.fromEntries(
      stepper.masks.map(({ name, shape }) => [
        name,
        filled([STEPS, ...(shape as number[])], () => (random.chance(0.5) ? 0 : 2)),
      ]),
    ),
  }
  let state: State = {
    weights: new Map([...weights].map(([key, { shape, data }]) => [key, float32(shape, data)])),
    velocities: new Map([...weights].map(([key, { shape }]) => [key, float32(shape)])),
  }
  const seen: number[] = []
  for (let from = 0; from < STEPS; from += stepper.atOnce) {
    const count = Math.min(stepper.atOnce, STEPS - from)
    const part = Object.fromEntries(
      Object.entries(feeds).map(([key, { data, shape, type }]) => {
        const each = data.length / STEPS
        return [
          key,
          { type, shape: [count, ...shape.slice(1)], data: data.slice(from * each, (from + count) * each) },
        ]
      }),
    )
    const next = await stepper.run(state, part as Tensors)
    state = next.state
    seen.push(...next.measured.losses)
  }
  await stepper.release()
  return { atOnce: stepper.atOnce, losses: seen, state }
}

test('steps give the same bits if the weights of a large network are updated in place, part by part', async () => {
  const several = await stepped(Number.POSITIVE_INFINITY)
  const one = await stepped(0)
  expect([several.atOnce, one.atOnce]).toEqual([4, 1])
  expect(one.losses).toEqual(several.losses)
  for (const kind of ['weights', 'velocities'] as const) {
    for (const [name, { data }] of several.state[kind]) {
      expect(Buffer.compare(bytes(one.state[kind].get(name)!.data), bytes(data)), `${kind} ${name}`).toBe(0)
    }
  }
})

test('an engine that cannot write in place takes the same steps', async () => {
  wasm.env.wasm.numThreads = 1
  const engine = sessionEngine(wasm, { device: 'wasm', threads: 1, writesInto: false, oneAtATime: true })
  const [expected, actual] = [await stepped(0), await stepped(0, engine)]
  for (const [name, { data }] of expected.state.weights) {
    expectClose(actual.state.weights.get(name)!.data, data, 1e-5)
  }
})

function bytes(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
