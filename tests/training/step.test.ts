import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { float32, type Graph, int64, sizeOf, type TensorOf } from '../../src/graph/types.ts'
import { type NetworkName, networks } from '../../src/networks/index.ts'
import { Batches } from '../../src/training/batches.ts'
import { type StepOptions, trainingSteps } from '../../src/training/step.ts'
import {
  trainableWeights,
  type Weights,
  weightsAsConstants,
  weightsAsInputs,
} from '../../src/training/trainableWeights.ts'
import { type Plain, plain, plainForward } from '../rules/plainGraph.ts'
import { patches } from './pictures.ts'

const engine = await nodeEngine({ threads: 2 })
const { losses } = networks.googlenet
const BATCH = 2
const CLASSES = 3

/** A network of an eighth of the published channels, for the smallest pictures that it fits. */
function small(name: NetworkName, batch = BATCH): Graph {
  const { build, leastInput: input } = networks[name]
  return build({ input, classes: CLASSES, batch, width: 1 / 8, random: new Random(name) })
}

function randomly(shape: readonly number[], low: number, high: number, seed: string): TensorOf<'float32'> {
  const random = new Random(seed)
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high)),
  )
}

/** One batch for a network, with dropout off. */
function batchOf(network: Graph) {
  const images = randomly(network.inputs[0]!.shape as number[], -50, 50, 'images')
  const labels = Array.from({ length: images.shape[0]! }, (_, k) => k % CLASSES)
  return { images, labels }
}

/** Steps on one batch, from rest unless velocities are given: the first loss, and the new weights and velocities. */
async function step(
  network: Graph,
  options: StepOptions,
  rate: number,
  { steps = 1, velocities }: { steps?: number; velocities?: Weights } = {},
) {
  const { graph, masks } = trainingSteps(network, options)
  const { images, labels } = batchOf(network)
  const ones = masks.map(({ name, shape }) => {
    const whole = [steps, ...(shape as number[])]
    return [name, float32(whole, new Float32Array(sizeOf(whole)).fill(1))] as const
  })
  const weights = trainableWeights(network, options.rates)
  const program = await engine.load(graph)
  const results = await program.run({
    images: float32(
      [steps, ...images.shape],
      Array(steps)
        .fill([...images.data])
        .flat(),
    ),
    labels: int64([steps, labels.length], Array(steps).fill(labels).flat()),
    rate: float32([steps], Array(steps).fill(rate)),
    ...Object.fromEntries(ones),
    ...Object.fromEntries(weights),
    ...Object.fromEntries(
      [...weights].map(([name, { shape }]) => [`${name}.velocity`, velocities?.get(name) ?? float32(shape)]),
    ),
  })
  await program.release()
  const taken = (suffix: string): Weights =>
    new Map([...weights.keys()].map((name) => [name, results[name + suffix] as TensorOf<'float32'>]))
  return {
    loss: Number(results.losses!.data[0]),
    right: Number(results.right!.data[0]),
    norm: Number(results.norms!.data[0]),
    velocities: taken('.velocity.next'),
    next: taken('.next'),
  }
}

/** The sum of the losses of a network's outputs, from the definition, in double precision. */
class Judge {
  private readonly network: Graph
  private readonly labels: readonly number[]
  private readonly forwards: Map<string, Plain>[]

  constructor(network: Graph) {
    const { images, labels } = batchOf(network)
    this.network = network
    this.labels = labels
    const size = sizeOf(images.shape.slice(1))
    this.forwards = labels.map((_, k) =>
      plainForward(network, {
        images: plain([1, ...images.shape.slice(1)], images.data.subarray(k * size, (k + 1) * size)),
      }),
    )
  }

  /** With some weights replaced. */
  loss(changed: Record<string, Plain> = {}): number {
    const perPicture = this.forwards.map((known, k) => {
      const values = plainForward(this.network, { images: known.get('images')!, ...changed }, known)
      const parts = Object.entries(losses).map(([output, weight]) => {
        const logits = values.get(output)!.data
        const total = logits.reduce((sum, v) => sum + Math.exp(v), 0)
        return weight * (Math.log(total) - logits[this.labels[k]!]!)
      })
      return parts.reduce((sum, part) => sum + part, 0)
    })
    return perPicture.reduce((sum, loss) => sum + loss, 0) / perPicture.length
  }
}

describe('a step of a network with heads', () => {
  it('has the gradients of the weighted sum of the losses', async () => {
    const network = small('googlenet')
    const { loss, velocities } = await step(network, { momentum: 0, decay: 0, losses }, 1)
    const judge = new Judge(network)
    expect(loss).toBeCloseTo(judge.loss(), 5)
    const random = new Random('directions')
    for (const [name, { shape, data }] of trainableWeights(network)) {
      const factor = name.endsWith('.bias') ? 2 : 1
      const gradient = Float64Array.from(velocities.get(name)!.data, (v) => v / factor)
      const length = Math.hypot(...gradient)
      // Half along the gradient, so that there is much to see, and half anywhere, so that nothing hides beside it.
      const anywhere = gradient.map(() => random.normal())
      const away = Math.hypot(...anywhere)
      const direction = gradient.map((g, k) => g / length + anywhere[k]! / away)
      const moved = (by: number) =>
        judge.loss({
          [name]: plain(
            shape,
            direction.map((d, k) => data[k]! + by * d),
          ),
        })
      const difference = (moved(1e-6) - moved(-1e-6)) / 2e-6
      const expected = gradient.reduce((sum, g, k) => sum + g * direction[k]!, 0)
      expect(Math.abs(difference - expected) / length, name).toBeLessThan(1e-3)
    }
  })

  it('lowers the loss of each head', async () => {
    const network = small('googlenet', 6)
    const each = async (weights: Weights) => {
      const forward = await engine.load(weightsAsConstants(weightsAsInputs(network), weights))
      const { images, labels } = batchOf(network)
      const outputs = await forward.run({ images })
      await forward.release()
      return Object.keys(losses).map((output) => {
        const rows = outputs[output]!.data as Float32Array
        const parts = labels.map((label, k) => {
          const row = rows.subarray(k * CLASSES, (k + 1) * CLASSES)
          return Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[label]!
        })
        return parts.reduce((sum, part) => sum + part, 0) / parts.length
      })
    }
    const before = await each(trainableWeights(network))
    const { next } = await step(network, { momentum: 0.9, decay: 0.0005, losses }, 0.002, { steps: 30 })
    const after = await each(next)
    after.forEach((loss, k) => {
      expect(loss, Object.keys(losses)[k]).toBeLessThan(0.9 * before[k]!)
    })
  })

  it('leaves the heads alone if their losses are not requested', () => {
    const network = small('googlenet')
    expect(() => trainingSteps(network, { momentum: 0, decay: 0 })).toThrow(/loss does not depend on loss1/)
  })
})

describe('Caffe’s update', () => {
  it('is v ← momentum·v + rate·(g + decay·w), w ← w − v, at twice the rate and without decay for a bias', async () => {
    const network = small('adiencenet')
    const gradients = (await step(network, { momentum: 0, decay: 0 }, 1)).velocities
    const before: Weights = new Map(
      [...trainableWeights(network)].map(([name, { shape }]) => [name, randomly(shape, -1e-3, 1e-3, name)]),
    )
    const rates = new Map([
      ['fc8.weight', 10],
      ['fc8.bias', 10],
    ])
    const { velocities, next } = await step(network, { momentum: 0.9, decay: 0.1, rates }, 0.01, {
      velocities: before,
    })
    for (const [name, { data }] of trainableWeights(network)) {
      const [isBias, rate] = [name.endsWith('.bias'), 0.01 * (rates.get(name) ?? 1)]
      const [v, g] = [before.get(name)!.data, gradients.get(name)!.data]
      data.forEach((w, k) => {
        // The gradient of a bias was measured at twice the rate already.
        const wanted = 0.9 * v[k]! + rate * (g[k]! + (isBias ? 0 : 0.1 * w))
        expect(velocities.get(name)!.data[k]).toBeCloseTo(wanted, 6)
        expect(next.get(name)!.data[k]).toBeCloseTo(w - wanted, 6)
      })
    }
  })
})

describe('frozen weights', () => {
  it('stay as they are, and all others learn as they would otherwise', async () => {
    const network = small('googlenet')
    const whole = await step(network, { momentum: 0.9, decay: 5e-4, losses }, 0.01)
    const frozen = [...trainableWeights(network).keys()].filter((name) => name.startsWith('conv'))
    const rates = new Map(frozen.map((name) => [name, 0]))
    const part = await step(network, { momentum: 0.9, decay: 5e-4, losses, rates }, 0.01)
    expect(frozen).toHaveLength(6)
    expect([...part.next.keys()]).toEqual([...whole.next.keys()].filter((name) => !frozen.includes(name)))
    for (const [name, { data }] of part.next) {
      const other = whole.next.get(name)!.data
      const largest = data.reduce((most, value, k) => Math.max(most, Math.abs(value - other[k]!)), 0)
      // Kernels differ if weights are constants.
      expect(largest, name).toBeLessThan(1e-6)
    }
  })
})

describe('what a step reports', () => {
  it('is the norm of the gradient over all weights, and the share of right answers in the batch', async () => {
    const network = small('adiencenet', 6)
    const { velocities, norm, right } = await step(network, { momentum: 0, decay: 0.1 }, 1)
    const bare = await step(network, { momentum: 0, decay: 0 }, 1)
    const squares = [...bare.velocities].map(([name, { data }]) => {
      const factor = name.endsWith('.bias') ? 2 : 1
      return data.reduce((sum, v) => sum + (v / factor) ** 2, 0)
    })
    expect(norm).toBeCloseTo(Math.sqrt(squares.reduce((sum, part) => sum + part, 0)), 4)
    // Decay is not included.
    expect(bare.norm).toBe(norm)
    expect(velocities.get('fc8.weight')).not.toEqual(bare.velocities.get('fc8.weight'))

    const forward = await engine.load(network)
    const { images, labels } = batchOf(network)
    const logits = (await forward.run({ images })).logits!.data as Float32Array
    await forward.release()
    const hits = labels.filter((label, k) => {
      const row = logits.subarray(k * CLASSES, (k + 1) * CLASSES)
      return row.indexOf(Math.max(...row)) === label
    })
    expect(right).toBeCloseTo(hits.length / labels.length, 6)
  })
})

describe('the masks of dropout', () => {
  it('drop the given share of each layer, and scale up the rest', () => {
    const { masks } = trainingSteps(small('googlenet', 50), { momentum: 0, decay: 0, losses })
    const ratios = { 'pool5/drop_7x7_s1': 0.4, 'loss1/drop_fc': 0.7, 'loss2/drop_fc': 0.7 }
    const pictures = patches(50, 90, 'masks')
    const batches = new Batches({ pictures, crop: 79, batch: 50, masks, seed: 'masks' })
    const { tensors } = batches.draw(1)
    expect(masks.map(({ name }) => name).sort()).toEqual(
      Object.keys(ratios)
        .map((name) => `${name}.mask`)
        .sort(),
    )
    for (const [name, ratio] of Object.entries(ratios)) {
      const values = Array.from(tensors[`${name}.mask`]!.data as Float32Array)
      const dropped = values.filter((v) => v === 0).length / values.length
      expect(dropped).toBeCloseTo(ratio, 1)
      for (const v of values) if (v !== 0) expect(v).toBeCloseTo(1 / (1 - ratio), 5)
    }
  })
})
