import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { caffeGraph } from '../../src/formats/caffe/graph.ts'
import { sizeOf } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { adienceNet } from '../../src/networks/adiencenet.ts'
import { type NetworkName, networks } from '../../src/networks/index.ts'
import { logitsOf, logitValues } from '../../src/rules/logits.ts'
import { randomWeights } from '../formats/caffe/caffemodel.ts'
import { shared } from '../shared.ts'
import { outline } from './outline.ts'

const published: [NetworkName, file: string, classes: number][] = [
  ['adiencenet', 'adiencenet_age_deploy.prototxt', 8],
  ['caffenet', 'caffenet_deploy.prototxt', 1000],
  ['googlenet', 'googlenet_age_deploy.prototxt', 8],
  ['vgg16', 'vgg16_age_deploy.prototxt', 8],
]

describe.skipIf(!shared)('a network as published', () => {
  it.each(published)('%s is node for node what %s says', (name, file, classes) => {
    const text = readFileSync(join(shared!, 'models/caffe', file), 'utf8')
    const read = caffeGraph(text, file, randomWeights())
    const { build, input } = networks[name]
    const built = build({ input, classes, batch: 'batch', width: 1, random: new Random(name) })
    // The files end in a softmax, and those of the heads come before that of the trunk.
    const logits = read.outputs.map((output) => logitValues(logitsOf(read, output.name))[0]!)
    const outputs = built.outputs.map((output) => output.name)
    expect(outputs[0]).toBe('logits')
    expect(outline(built, outputs)).toEqual(outline(read, [logits.at(-1)!, ...logits.slice(0, -1)]))
    expect(built.nodes.length + read.outputs.length).toBe(read.nodes.length)
    // Its layers with weights have the published names, except for the classifiers: each task has its own.
    const own = read.nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm').map((node) => node.name)
    for (const layer of own) {
      const renamed = layer.replace(/_agexgender$|-age$/, '')
      expect(built.initializers.has(`${renamed}.weight`), renamed).toBe(true)
    }
  })
})

describe('a network of another size', () => {
  it.each(Object.entries(networks))('%s can be built for the smallest input, and not below', (_, network) => {
    const { build, leastInput, losses } = network
    const size = { classes: 3, batch: 2, width: 1 / 16 }
    const graph = build({ ...size, input: leastInput, random: new Random('least') })
    verify(graph)
    expect(graph.outputs.map(({ name, shape }) => [name, shape])).toEqual(
      Object.keys(losses).map((output) => [output, [2, 3]]),
    )
    expect(() => build({ ...size, input: leastInput - 1, random: new Random('least') })).toThrow(
      new RegExp(`needs pictures of at least ${leastInput} pixels, not ${leastInput - 1}`),
    )
  })

  it.each(Object.entries(networks))('%s can be built for every input from the smallest on', (_, network) => {
    for (let input = network.leastInput; input < network.leastInput + 40; input++) {
      const random = new Random(input)
      verify(network.build({ input, classes: 2, batch: 'batch', width: 1 / 64, random }))
    }
  })
})

describe('starting weights', () => {
  /** Mean and deviation of a layer's weights. */
  const spread = (name: NetworkName, tensor: string, width: number) => {
    const { build, input } = networks[name]
    const graph = build({ input, classes: 8, batch: 1, width, random: new Random('spread') })
    const { data, shape } = graph.initializers.get(tensor)!
    const values = Array.from(data, Number)
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)
    return {
      mean,
      deviation,
      most: values.reduce((most, v) => Math.max(most, Math.abs(v)), 0),
      inputs: sizeOf(shape.slice(1)),
    }
  }

  it('are normal with the published deviation, larger for fewer inputs', () => {
    expect(spread('caffenet', 'conv2.weight', 1).deviation).toBeCloseTo(0.01, 3)
    const narrow = spread('caffenet', 'conv2.weight', 0.25)
    expect(narrow.inputs).toBe(300)
    expect(narrow.deviation).toBeCloseTo(0.02, 3)
  })

  it('are uniform by Xavier in GoogLeNet, and normal by He in VGG-16', () => {
    const google = spread('googlenet', 'conv2/3x3.weight', 0.5)
    expect(google.most).toBeLessThanOrEqual(Math.sqrt(3 / google.inputs))
    expect(google.deviation / Math.sqrt(1 / google.inputs)).toBeCloseTo(1, 1)
    const vgg = spread('vgg16', 'conv3_1.weight', 0.25)
    expect(vgg.deviation / Math.sqrt(2 / vgg.inputs)).toBeCloseTo(1, 1)
  })

  test.each([
    [
      { input: 51, width: 1 / 8, classes: 2 },
      '2f2d6cf334bb64d1110b1ce50ab5bdd259807f6f6ffa1763ef670926fb410d6a',
    ],
    [
      { input: 227, width: 1, classes: 8 },
      'fe5c7a20bf0389c28ad45eb29ec700f3e73eafd30b2973177b7b3adc6dccc901',
    ],
  ])('of AdienceNet %o are the bits that they have always been', (size, sha256) => {
    const graph = adienceNet({ ...size, batch: 'batch', random: new Random('checksum') })
    const hash = createHash('sha256')
    for (const [name, { data }] of graph.initializers) {
      if (!/\.(weight|bias)$/.test(name)) continue
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
    expect(hash.digest('hex')).toBe(sha256)
  })
})
