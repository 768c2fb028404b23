import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { readWeightsFile } from '../../src/formats/node.ts'
import { readNpy } from '../../src/formats/npy.ts'
import type { TensorOf } from '../../src/graph/types.ts'
import { type NetworkName, networks } from '../../src/networks/index.ts'
import { startFrom } from '../../src/networks/start.ts'
import { shared } from '../shared.ts'

function built(name: NetworkName, seed: string, classes: number, width = 1 / 16) {
  const { build, leastInput: input } = networks[name]
  return build({ input, classes, batch: 'batch', width, random: new Random(seed) })
}

function weightsOf(name: NetworkName, seed: string, classes: number, width?: number) {
  const { initializers } = built(name, seed, classes, width)
  return new Map(
    [...initializers].filter(([key]) => /\.(weight|bias)$/.test(key)) as [string, TensorOf<'float32'>][],
  )
}

describe('a network that starts from trained weights', () => {
  it('takes every layer except a classifier for other classes, which starts random and learns faster', () => {
    const weights = weightsOf('caffenet', 'trained', 5)
    const random = built('caffenet', 'random', 2)
    const { network, taken, fresh, rates } = startFrom(random, { weights, where: 'x.onnx', freshRate: 10 })
    expect(taken).toEqual(['conv1', 'conv2', 'conv3', 'conv4', 'conv5', 'fc6', 'fc7'])
    expect(fresh).toEqual(['fc8'])
    expect([...rates]).toEqual([
      ['fc8.weight', 10],
      ['fc8.bias', 10],
    ])
    expect(network.initializers.get('fc7.weight')!.data).toBe(weights.get('fc7.weight')!.data)
    expect(network.initializers.get('fc8.weight')).toBe(random.initializers.get('fc8.weight'))
    expect(network.nodes).toBe(random.nodes)
  })

  it('takes all weights of a layer or none', () => {
    const weights = weightsOf('caffenet', 'trained', 2)
    weights.delete('conv2.bias')
    const { fresh } = startFrom(built('caffenet', 'r', 2), { weights, where: 'x.onnx', freshRate: 1 })
    expect(fresh).toEqual(['conv2'])
  })

  it('takes four-dimensional weights, which old Caffe files use for every layer', () => {
    const weights = weightsOf('caffenet', 'trained', 2)
    for (const [name, tensor] of weights) {
      const ones = Array(4 - tensor.shape.length).fill(1)
      weights.set(name, { ...tensor, shape: [...ones, ...tensor.shape] })
    }
    const { network, fresh } = startFrom(built('caffenet', 'r', 2), { weights, where: 'x', freshRate: 1 })
    expect(fresh).toEqual([])
    expect(network.initializers.get('fc6.bias')!.shape).toHaveLength(1)
  })

  it('leaves out a training-only head if none of its layers is taken', () => {
    const weights = weightsOf('googlenet', 'trained', 5)
    for (const name of weights.keys()) if (name.startsWith('loss1/')) weights.delete(name)
    const random = built('googlenet', 'random', 2)
    const { network, taken, fresh, rates } = startFrom(random, { weights, where: 'x', freshRate: 10 })
    expect(network.outputs.map(({ name }) => name)).toEqual(['logits', 'loss2/logits'])
    const kept = [...random.initializers.keys()].filter((name) => !name.startsWith('loss1/'))
    expect([...network.initializers.keys()]).toEqual(kept)
    expect(taken).toContain('loss2/fc')
    expect(fresh).toEqual(['loss2/classifier', 'loss3/classifier'])
    expect([...rates.keys()].some((name) => name.startsWith('loss1/'))).toBe(false)
  })

  it('freezes the given layers: their learning rate is zero', () => {
    const weights = weightsOf('googlenet', 'trained', 5)
    const random = built('googlenet', 'random', 2)
    const { rates } = startFrom(random, { weights, where: 'x', freshRate: 2, frozen: ['conv1', 'conv2/3x3'] })
    const frozen = [...rates].filter(([, rate]) => rate === 0).map(([name]) => name)
    expect(frozen).toEqual(['conv1/7x7_s2.weight', 'conv1/7x7_s2.bias', 'conv2/3x3.weight', 'conv2/3x3.bias'])
    expect(rates.get('loss3/classifier.weight')).toBe(2)
  })

  it('cannot freeze a layer that it lacks, or that starts random', () => {
    const start = { weights: weightsOf('caffenet', 'trained', 5), where: 'x.onnx', freshRate: 10 }
    const from = (frozen: string[]) => () => startFrom(built('caffenet', 'r', 2), { ...start, frozen })
    expect(from(['conv'])).toThrow(
      'x.onnx: no layer conv is taken from it, so there is none to freeze. It has conv1, conv2, conv3, conv4, conv5, fc6, fc7',
    )
    expect(from(['fc8'])).toThrow('no layer fc8 is taken')
  })

  it('refuses weights of which no layer fits', () => {
    const random = built('caffenet', 'random', 2)
    const wide = { weights: weightsOf('caffenet', 'trained', 5, 1 / 8), where: 'wide.onnx', freshRate: 10 }
    expect(() => startFrom(random, wide)).toThrow(
      'wide.onnx: no layer fits the network caffenet: conv1.weight is [12, 3, 11, 11], not [6, 3, 11, 11]. ' +
        'Give the network the width',
    )
    const other = { weights: weightsOf('googlenet', 'trained', 5), where: 'google.onnx', freshRate: 10 }
    expect(() => startFrom(random, other)).toThrow(
      /google\.onnx: no layer has the name of one in the network caffenet: it holds conv1\/7x7_s2\.weight/,
    )
  })

  it('refuses weights that are not numbers', () => {
    const weights = weightsOf('caffenet', 'trained', 2)
    weights.get('conv3.bias')!.data[4] = Number.NaN
    expect(() => startFrom(built('caffenet', 'r', 2), { weights, where: 'bad.onnx', freshRate: 10 })).toThrow(
      'bad.onnx: conv3.bias holds NaN (number 4 of 24). The file is damaged',
    )
  })
})

test.skipIf(!shared)(
  'GoogLeNet as built here, from the real ImageNet weights, answers as in OpenCV',
  async () => {
    const npy = (name: string) => readNpy(readFileSync(join(shared!, 'reference/googlenet', name)), name)
    const where = join(shared!, 'models/caffe/bvlc_googlenet.caffemodel')
    const { build, input } = networks.googlenet
    const random = build({ input, classes: 1000, batch: 'batch', width: 1, random: new Random('real') })
    const weights = await readWeightsFile(where)
    const { network, taken, fresh } = startFrom(random, { weights, where, freshRate: 10 })
    expect(taken).toHaveLength(58)
    // The file is of the network without its heads.
    expect(fresh.every((layer) => /^loss[12]\//.test(layer))).toBe(true)

    const program = await (await nodeEngine()).load(network)
    const { logits } = await program.run({ images: npy('input.npy') })
    await program.release()
    const powers = Array.from(logits!.data as Float32Array, Math.exp)
    const total = powers.reduce((sum, power) => sum + power, 0)
    const expected = npy('prob.npy').data as Float32Array
    const difference = Math.max(...powers.map((power, k) => Math.abs(power / total - expected[k]!)))
    expect(difference).toBeLessThan(1e-5)
  },
)
