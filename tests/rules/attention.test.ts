import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { loadExplainer } from '../../src/explanation/explain.ts'
import { readNpy } from '../../src/formats/npy.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { readGraph } from '../../src/graph/file.ts'
import { float32, type Graph, type TensorOf } from '../../src/graph/types.ts'
import type { Composite } from '../../src/rules/composites/composite.ts'
import { defaultComposite } from '../../src/rules/composites/default.ts'
import { type CompositeName, composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { shared } from '../shared.ts'
import { drawn, expectClose } from './layer.ts'

// Transformers, compared with the rule authors' own code: relevance of the top class in double precision, by LXT's
// rules and zennit's γ. The folder's `manifest.json` says how.

const engine = await nodeEngine({ threads: 2 })
const folder = join(shared ?? '', 'reference/attention')
const models = ['vit-fused-opset17', 'vit-pooled-swish-opset14', 'vit-separate-opset13', 'convnext-opset17']
const presets: CompositeName[] = ['attnlrp', 'attnlrp-gamma', 'cplrp', 'cplrp-gamma']

function read(path: string): { shape: readonly number[]; data: Float64Array } {
  const { shape, data } = readNpy(readFileSync(path), path)
  return { shape, data: Float64Array.from(data as ArrayLike<number>) }
}

function pictureOf(path: string): TensorOf<'float32'> {
  const { shape, data } = read(path)
  return float32(shape, Float32Array.from(data))
}

/** The length of the difference of two vectors, relative to the second. */
function apart(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, whole] = [0, 0]
  for (let k = 0; k < expected.length; k++) {
    difference += (actual[k]! - expected[k]!) ** 2
    whole += expected[k]! ** 2
  }
  return Math.sqrt(difference / whole)
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0)

async function explained(graph: Graph, composite: Composite, picture: TensorOf<'float32'>) {
  const explainer = await loadExplainer(engine, graph, composite, { conservation: !composite.method })
  const [explanation] = await explainer.explain(picture, ['top'])
  await explainer.release()
  return explanation!
}

describe.skipIf(!shared).each(models)('%s', (model) => {
  const at = (name: string) => join(folder, model, name)
  const graph = shared ? readGraph(readFileSync(at('model.onnx')), model) : undefined
  const picture = shared ? pictureOf(at('input.npy')) : undefined
  // A ConvNeXt lacks attention, and so has no CP-LRP of its own.
  const published = presets.filter((name) => existsSync(at(`${name}.npy`)))

  test.each(published)("gives the authors' map by %s, with a report that balances", async (name) => {
    const {
      relevance: map,
      outputs,
      logit,
      conservation,
    } = await explained(graph!, composites[name], picture!)
    const { logits } = Object.values(outputs)[0]!
    expect(apart(logits, read(at('logits.npy')).data)).toBeLessThan(1e-5)
    expect(apart(map.data, read(at(`${name}.npy`)).data)).toBeLessThan(1e-5)
    const kept = conservation.map((row) => row.bias + row.epsilon + row.padding)
    const most = Math.max(...conservation.map((row) => Math.abs(row.in)))
    conservation.forEach((row, k) => {
      expect(Math.abs(row.in - row.out - kept[k]!) / most, row.layer).toBeLessThan(1e-5)
    })
    expect(Math.abs(logit - sum(kept) - sum(map.data)) / most).toBeLessThan(1e-4)
  })

  // One of each kind stands for all here.
  const every = /fused|convnext/.test(model) ? (Object.keys(composites) as CompositeName[]) : []
  test.each(every)('has a finite map by %s', async (name) => {
    if (name === 'epsilon-gamma-box') return
    const { relevance: map } = await explained(graph!, { ...composites[name] }, picture!)
    expect(map.data.every(Number.isFinite)).toBe(true)
    expect(map.data.some((value) => value !== 0)).toBe(true)
  })
})

/** One attention block over tokens of `width` numbers, which classifies the first token's result. */
function attention(tokens: number, masked = 0): Graph {
  const width = 4
  const random = new Random('attention')
  const g = new GraphBuilder('attention')
  const x = g.input('x', 'float32', ['batch', tokens, width])
  const linear = (value: Value, outputs: number, name: string) => {
    const weights = g.constant(drawn([width, outputs], random), `${name}.weight`)
    const bias = g.constant(drawn([outputs], random), `${name}.bias`)
    return g.op('Add', [bias, g.op('MatMul', [value, weights], {}, name)], {}, `${name}.add`)
  }
  const [q, k, v] = ['q', 'k', 'v'].map((name) => linear(x, width, name)) as [Value, Value, Value]
  const products = g.matmul(q, g.transpose(k, [0, 2, 1]))
  const scores = g.mul(products, g.scalar(0.5))
  const mask = Array.from({ length: tokens }, (_, t) => (t < tokens - masked ? 0 : Number.NEGATIVE_INFINITY))
  const seen = masked > 0 ? g.add(scores, g.constant(float32([1, 1, tokens], mask), 'mask')) : scores
  const mixed = g.matmul(g.op('Softmax', [seen], { axis: -1 }, 'softmax'), v)
  const first = g.op('Gather', [linear(mixed, width, 'out'), g.integers([0])], { axis: 1 })
  g.output('scores', linear(g.op('Squeeze', [first, g.integers([1])]), 3, 'head'))
  return g.graph()
}

describe('attention', () => {
  const tokens = (count: number) =>
    float32([1, count, 4], drawn([1, 5, 4], new Random('tokens')).data.slice(0, 4 * count))

  test.each(presets)(
    'a masked token gets nothing, and the others get what they get without it, by %s',
    async (name) => {
      const whole = await explained(attention(5, 2), composites[name], tokens(5))
      const short = await explained(attention(3), composites[name], tokens(3))
      expectClose(whole.relevance.data.slice(0, 12), short.relevance.data, 1e-5)
      expect(whole.relevance.data.slice(12).every((value) => value === 0)).toBe(true)
    },
  )

  test('an Add after a product with a constant matrix is its bias', async () => {
    const { conservation } = await explained(attention(3), composites.attnlrp, tokens(3))
    const rows = conservation.filter(({ operator }) => operator === 'MatMul' || operator === 'Gemm')
    for (const { layer, bias, rule } of rows) {
      if (rule === 'simple') expect(bias, layer).not.toBe(0)
    }
    expect(conservation.filter(({ operator }) => operator === 'Add')).toEqual([])
  })

  test('by CP-LRP nothing goes to queries and keys', async () => {
    const graph = attention(3)
    const explainer = await loadExplainer(engine, graph, composites.cplrp, { conservation: true })
    const [{ conservation } = { conservation: [] }] = await explainer.explain(tokens(3), ['top'])
    await explainer.release()
    const layers = conservation.map(({ layer }) => layer)
    expect(layers).toContain('v')
    expect(layers.filter((layer) => layer === 'q' || layer === 'k')).toEqual([])
  })

  test('a composite that treats softmax as constant says so if the answer itself is behind one', () => {
    const g = new GraphBuilder('gate')
    const x = g.input('x', 'float32', ['batch', 3])
    const ages = g.constant(float32([3, 1], [10, 30, 50]))
    g.output('age', g.matmul(g.op('Softmax', [x], {}, 'choice'), ages))
    expect(() => relevance(g.graph(), composites.cplrp)).toThrow(/only through a softmax.*Choose another one/)
  })

  test.skipIf(!shared)('several targets are explained if tokens come before the picture', async () => {
    const at = (name: string) => join(shared!, 'cases/models', name)
    const graph = readGraph(readFileSync(at('attn_torch.onnx')), 'attn_torch')
    const picture = pictureOf(at('attn_torch.npy'))
    const gradient = await explained(graph, composites.gradient, picture)
    expect(apart(gradient.relevance.data, read(at('attn_torch_grad.npy')).data)).toBeLessThan(1e-5)
    for (const name of ['attnlrp', 'cplrp-gamma'] as const) {
      const explainer = await loadExplainer(engine, graph, composites[name], { conservation: true })
      const together = await explainer.explain(picture, [0, 1, 2])
      for (const [k, each] of together.entries()) {
        const [alone] = await explainer.explain(picture, [k])
        expect(each).toEqual(alone)
        const most = Math.max(...each.conservation.map((row) => Math.abs(row.in)))
        for (const row of each.conservation)
          expect(Math.abs(row.in - row.out - row.bias - row.epsilon - row.padding) / most).toBeLessThan(1e-5)
      }
      await explainer.release()
    }
  })
})

describe('the default composite', () => {
  test('is attnlrp-gamma if two computed matrices are multiplied, one of them behind a softmax', () => {
    expect(defaultComposite(attention(3))).toBe('attnlrp-gamma')
  })

  test('is paper otherwise, even if a softmax weights channels', () => {
    const g = new GraphBuilder('weighed')
    const x = g.input('x', 'float32', ['batch', 3])
    const product = g.matmul(x, g.constant(float32([3, 3]), 'w'))
    g.output('scores', g.mul(product, g.op('Softmax', [x])))
    expect(defaultComposite(g.graph())).toBe('paper')
  })
})

describe('norms', () => {
  /** Residual blocks, each a norm with a shift and an inner product, on rows of 16 numbers. */
  function blocks(count: number): Graph {
    const random = new Random('blocks')
    const g = new GraphBuilder('blocks')
    let x = g.input('x', 'float32', ['batch', 16])
    const mean = (value: Value) => g.op('ReduceMean', [value, g.integers([-1])])
    for (let k = 0; k < count; k++) {
      const centred = g.sub(x, mean(x))
      const deviation = g.op('Sqrt', [g.add(mean(g.mul(centred, centred)), g.scalar(1e-5))])
      const scaled = g.mul(g.div(centred, deviation), g.constant(drawn([16], random), 'scale'))
      const normal = g.add(scaled, g.constant(drawn([16], random), 'shift'))
      const weights = g.constant(
        drawn([16, 16], random, () => random.normal(0, 0.25)),
        'weight',
      )
      x = g.add(x, g.op('Gemm', [normal, weights, g.constant(drawn([16], random), 'bias')]))
    }
    const head = [g.constant(drawn([16, 3], random), 'head'), g.constant(drawn([3], random), 'bias')]
    g.output('scores', g.op('Gemm', [x, ...head]))
    return g.graph()
  }

  test.each(['epsilon', 'attnlrp', 'paper'] as const)(
    'maps do not grow from norm to norm: a shift keeps its share, by %s',
    async (name) => {
      const x = drawn([1, 16], new Random('x'))
      const { relevance: map, logit } = await explained(blocks(8), composites[name], x)
      expect(sum(map.data.map(Math.abs)) / Math.abs(logit)).toBeLessThan(20)
    },
  )
})
