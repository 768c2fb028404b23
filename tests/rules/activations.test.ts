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
import { type CompositeName, composites } from '../../src/rules/composites/presets.ts'
import { shared } from '../shared.ts'
import { drawn, expectClose } from './layer.ts'

const engine = await nodeEngine({ threads: 1 })
const names = Object.keys(composites) as CompositeName[]
const range = { low: [-3], high: [3] }

async function mapOf(graph: Graph, name: CompositeName, x: TensorOf<'float32'>) {
  const explainer = await loadExplainer(engine, graph, composites[name], { range })
  const [{ relevance } = { relevance: x }] = await explainer.explain(x, ['top'])
  await explainer.release()
  return relevance.data
}

type Spelling = (g: GraphBuilder, x: Value) => Value

/** One activation in several spellings, the shortest first. */
const spellings: Record<string, Record<string, Spelling>> = {
  ReLU: {
    operator: (g, x) => g.op('Relu', [x]),
    'a maximum': (g, x) => g.op('Max', [x, g.scalar(0)]),
    'a maximum, the other way around': (g, x) => g.op('Max', [g.scalar(0), x]),
    'a choice': (g, x) => g.op('Where', [g.op('Greater', [x, g.scalar(0)]), x, g.scalar(0)]),
    'a mask': (g, x) => g.mul(x, g.op('Cast', [g.op('Greater', [x, g.scalar(0)])], { to: 'float32' })),
    'half of x + |x|': (g, x) => g.mul(g.add(x, g.op('Abs', [x])), g.scalar(0.5)),
  },
  SiLU: {
    'x times a sigmoid': (g, x) => g.mul(x, g.op('Sigmoid', [x])),
    'x divided': (g, x) => g.div(x, g.add(g.scalar(1), g.op('Exp', [g.op('Neg', [x])]))),
  },
  GELU: {
    'by erf': (g, x) =>
      g.mul(g.mul(x, g.scalar(0.5)), g.add(g.op('Erf', [g.mul(x, g.scalar(Math.SQRT1_2))]), g.scalar(1))),
    'by erf, x last': (g, x) =>
      g.mul(g.mul(g.add(g.scalar(1), g.op('Erf', [g.div(x, g.scalar(Math.SQRT2))])), x), g.scalar(0.5)),
  },
  HardSwish: {
    operator: (g, x) => g.op('HardSwish', [x]),
    clipped: (g, x) =>
      g.div(g.mul(x, g.op('Clip', [g.add(x, g.scalar(3)), g.scalar(0), g.scalar(6)])), g.scalar(6)),
    'by a minimum': (g, x) =>
      g.mul(x, g.mul(g.op('Min', [g.op('Relu', [g.add(x, g.scalar(3))]), g.scalar(6)]), g.scalar(1 / 6))),
  },
}

describe.each(Object.entries(spellings))('%s', (_, each) => {
  const network = (spelling: Spelling) => {
    const random = new Random('activations')
    const g = new GraphBuilder('network')
    const x = g.input('x', 'float32', ['batch', 1, 5, 5])
    const filters = [g.constant(drawn([3, 1, 3, 3], random)), g.constant(drawn([3], random))]
    const y = spelling(g, g.op('Conv', [x, ...filters], {}, 'conv'))
    const last = [g.constant(drawn([27, 2], random)), g.constant(drawn([2], random))]
    g.output('scores', g.op('Gemm', [g.op('Flatten', [y]), ...last], {}, 'fc'))
    return g.graph()
  }
  const x = drawn([1, 1, 5, 5], new Random('picture'))
  const [first, ...others] = Object.entries(each)

  test.each(names)('has the same map in every spelling, by %s', async (name) => {
    const expected = await mapOf(network(first![1]), name, x)
    for (const [spelling, build] of others) {
      const actual = await mapOf(network(build), name, x)
      try {
        expectClose(actual, expected, 1e-5)
      } catch (error) {
        throw new Error(`${spelling}: ${(error as Error).message}`)
      }
    }
  })
})

describe.skipIf(!shared)('files with an expanded activation', () => {
  const at = (name: string) => join(shared!, 'cases/models', name)
  const pairs = [
    ['v_hswish_op', 'v_hswish_clip'],
    ['v_silu_op', 'v_silu_div'],
    ['v_relu_as_max', 'v_relu_as_where'],
    ['v_relu_as_max', 'v_relu_as_mulmask'],
  ] as const

  test.each(pairs)('%s has the maps of %s', async (one, other) => {
    const read = (name: string) => readGraph(readFileSync(at(`${name}.onnx`)), name)
    const { shape, data } = readNpy(readFileSync(at(`${one}.npy`)), one)
    expect(existsSync(at(`${other}.npy`))).toBe(true)
    const x = float32(shape, data as Float32Array)
    for (const name of names.filter((each) => each !== 'epsilon-gamma-box'))
      expectClose(await mapOf(read(other), name, x), await mapOf(read(one), name, x), 1e-5)
  })
})
