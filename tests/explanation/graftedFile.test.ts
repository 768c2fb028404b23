import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import ort from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { loadExplainer } from '../../src/explanation/explain.ts'
import { graft } from '../../src/explanation/graft.ts'
import { readModelFile, readOnnxFile, writeOnnxFile } from '../../src/formats/node.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { ModelProtoSchema } from '../../src/graph/onnx_pb.ts'
import type { Graph } from '../../src/graph/types.ts'
import { networks } from '../../src/networks/index.ts'
import type { Composite, CompositeEntryInput } from '../../src/rules/composites/composite.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { drawn, expectClose } from '../rules/layer.ts'
import { shared } from '../shared.ts'

// A grafted file stores each weight once; ONNX Runtime derives what the rules need when it loads the file.

const folder = mkdtempSync(join(tmpdir(), 'regard-grafted-'))
afterAll(() => rmSync(folder, { recursive: true }))

const example = await readOnnxFile(
  fileURLToPath(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url)),
)

/** Grouped convolutions of stride 1 and 2, weights of either sign and inputs of either sign. */
function grouped(): Graph {
  const random = new Random('grouped')
  const g = new GraphBuilder('grouped')
  const x = g.input('x', 'float32', ['batch', 32, 9, 9])
  const weights = (shape: number[]) => g.constant(drawn(shape, random), 'weights')
  const window = { pads: [1, 1, 1, 1], group: 2 }
  const first = g.op('Conv', [x, weights([64, 16, 3, 3]), weights([64])], window, 'first')
  const second = g.op('Conv', [g.op('Relu', [first]), weights([64, 32, 3, 3])], window, 'second')
  const third = g.op('Conv', [g.op('Relu', [second]), weights([64, 32, 3, 3]), weights([64])], {
    ...window,
    strides: [2, 2],
  })
  const scores = g.op('Gemm', [g.op('Flatten', [third]), weights([64 * 25, 10]), weights([10])])
  g.output('scores', scores)
  return g.graph()
}

/** A product with a constant matrix for each token, and inner products with and without a transposed matrix. */
function products(): Graph {
  const random = new Random('products')
  const g = new GraphBuilder('products')
  const x = g.input('x', 'float32', ['batch', 4, 64])
  const weights = (shape: number[]) => g.constant(drawn(shape, random), 'weights')
  const tokens = g.op('Relu', [g.add(g.matmul(x, weights([64, 256])), weights([256]))])
  const inner = g.op('Gemm', [g.op('Flatten', [tokens]), weights([96, 1024]), weights([96])], { transB: 1 })
  g.output('scores', g.op('Gemm', [g.op('Relu', [inner]), weights([96, 10])]))
  return g.graph()
}

const plain: Record<string, Graph> = { example, grouped: grouped(), products: products() }

const every = (name: string, rule: CompositeEntryInput): Composite => ({ name, layers: [rule] })
const explanations: Composite[] = [
  composites.paper,
  composites.gradient,
  every('alpha-beta', { rule: 'alpha-beta', alpha: 1.1, beta: -0.1 }),
  every('gamma', { rule: 'gamma', gamma: 0.1 }),
  every('z-box', { rule: 'z-box', low: -130.5, high: 151 }),
  every('w-square', { rule: 'w-square' }),
  every('flat', { rule: 'flat' }),
]
const cases = Object.keys(plain).flatMap((network) =>
  explanations.map((composite): [string, string, Composite] => [network, composite.name, composite]),
)

async function expectGrafted(network: Graph, composite: Composite): Promise<void> {
  const [grafted, loaded] = [join(folder, 'grafted.onnx'), join(folder, 'loaded.onnx')]
  writeOnnxFile(grafted, graft(network, composite))
  expect(statSync(grafted).size).toBeLessThan(1.1 * writeGraph(network).length)

  const options = { optimizedModelFilePath: loaded, logSeverityLevel: 3 } as const
  const session = await ort.InferenceSession.create(grafted, options)
  const { graph } = fromBinary(ModelProtoSchema, readFileSync(loaded))
  // Each holds VGG-16's half a gigabyte.
  for (const file of [grafted, loaded]) rmSync(file)
  const constants = new Set(['', ...graph!.initializer.map(({ name }) => name)])
  const left = graph!.node.filter(({ input }) => input.every((name) => constants.has(name)))
  expect(left.map(({ name }) => name)).toEqual([])

  const explainer = await loadExplainer(await nodeEngine(), network, composite)
  const random = new Random('input')
  const input = drawn(explainer.shape, random, () => random.uniform(-120, 140))
  const feeds = { [session.inputNames[0]!]: new ort.Tensor('float32', input.data, input.shape) }
  const { relevance } = await session.run(feeds)
  const [explanation] = await explainer.explain(input, ['top'])
  expect(explanation!.relevance.data.some((value) => value !== 0)).toBe(true)
  expectClose(relevance!.data as Float32Array, explanation!.relevance.data, 1e-6)
  await explainer.release()
  await session.release()
}

describe('a grafted file', () => {
  it.each(cases)(
    'stores the weights of %s once, folds on loading, and gives the map: %s',
    async (network, _, composite) => expectGrafted(plain[network]!, composite),
  )

  it('stores the weights of VGG-16 at full size once, folds on loading, and gives the map', async () => {
    const { build, input } = networks.vgg16
    const network = build({ input, classes: 2, batch: 'batch', width: 1, random: new Random('vgg16') })
    expect([...graft(network, composites.paper).replaceable!]).toEqual(['fc6.weight', 'fc7.weight'])
    await expectGrafted(network, composites.paper)
  })

  it.skipIf(!shared)(
    'stores the weights of GoogLeNet once, folds on loading, and gives the map',
    async () => {
      const network = await readModelFile(join(shared!, 'models/caffe/bvlc_googlenet.caffemodel'))
      await expectGrafted(network, composites.paper)
    },
  )
})
