import { describe, expect, test } from 'vitest'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { withoutUnread } from '../../src/graph/fold.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { dependents, sources, wiringOf } from '../../src/graph/wiring.ts'
import { canonise } from '../../src/rules/canonise/canonise.ts'
import { gradient } from '../../src/rules/gradient/gradient.ts'

/** `y` is x for each step, times a weight that the body of a Scan reads from outside. */
function scanned(weightOf: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = new GraphBuilder('scanned')
  const x = g.input('x', 'float32', ['steps', 3])
  const weight = weightOf(g, x)
  const one = { name: 'one', type: 'float32', shape: [3] } as const
  const body: Graph = {
    name: 'body',
    opset: 18,
    inputs: [one],
    outputs: [{ ...one, name: 'product' }],
    initializers: new Map(),
    nodes: [
      { op: 'Mul', name: 'product', inputs: ['one', weight.name], outputs: ['product'], attributes: {} },
    ],
  }
  g.output('y', g.op('Scan', [x], { body, num_scan_inputs: 1 }))
  return g.graph()
}

const weights = (g: GraphBuilder) => g.constant(float32([3], [1, 2, 3]), 'weights')

describe('the wiring of a graph', () => {
  const g = new GraphBuilder('wired')
  const x = g.input('x', 'float32', ['batch', 4])
  const relu = g.op('Relu', [x], {}, 'relu')
  const square = g.op('Mul', [relu, relu], {}, 'square')
  const [half, rest] = g.ops('Split', 2, [square, g.integers([2, 2], 'sizes')], { axis: 1 }, 'half')
  const turned = g.op('Neg', [rest!], {}, 'turned')
  g.output('sum', g.add(half!, turned))
  g.output('turned', turned)
  const graph = g.graph()
  const { makerOf, readersOf, soleReaderOf } = wiringOf(graph)

  test('finds who makes each value', () => {
    expect(makerOf('half')?.op).toBe('Split')
    expect(makerOf('half.1')).toBe(makerOf('half'))
    expect(makerOf('x')).toBeUndefined()
    expect(makerOf('sizes')).toBeUndefined()
  })

  test('finds who reads each value, and who is its only reader', () => {
    expect(readersOf('x').map(({ name }) => name)).toEqual(['relu'])
    expect(readersOf('relu').map(({ name }) => name)).toEqual(['square', 'square'])
    expect(readersOf('sum')).toEqual([])
    expect(soleReaderOf('x')?.name).toBe('relu')
    // Read twice, read by a node and as an output, and read by nothing.
    for (const name of ['relu', 'turned', 'sum']) expect(soleReaderOf(name)).toBeUndefined()
  })

  test('finds what follows from a value, and what it follows from', () => {
    expect([...dependents(graph, ['half.1'])].sort()).toEqual(['half.1', 'sum', 'turned'])
    expect([...sources(graph, ['turned'])].sort()).toEqual([
      'half.1',
      'relu',
      'sizes',
      'square',
      'turned',
      'x',
    ])
  })

  test('is computed once', () => {
    expect(wiringOf(graph)).toBe(wiringOf(graph))
  })
})

describe('what the body of a Scan reads from outside', () => {
  test('counts as read: a constant stays, and so does the node that makes it', () => {
    expect([...scanned(weights).initializers.keys()]).toEqual(['weights'])
    const graph = scanned((g) => g.op('Relu', [weights(g)], {}, 'made'))
    const left = withoutUnread(graph)
    verify(left)
    expect(left.nodes.map(({ op }) => op)).toEqual(['Relu', 'Scan'])
    expect(
      wiringOf(graph)
        .readersOf('made')
        .map(({ op }) => op),
    ).toEqual(['Scan'])
  })

  test('is not merged away', () => {
    const graph = scanned((g, x) => {
      const layer = g.op('Gemm', [x, g.constant(float32([3, 3], new Float32Array(9)), 'w')], {}, 'layer')
      g.output('shifted', g.add(layer, weights(g)))
      return g.reduceSum(layer, [0], false)
    })
    expect(canonise(graph).nodes.map(({ op }) => op)).toEqual(['Gemm', 'Add', 'ReduceSum', 'Scan'])
    verify(canonise(graph))
  })

  test('gets no gradient rather than a wrong one', () => {
    const graph = scanned(weights)
    const g = GraphBuilder.from(graph)
    g.output('loss', g.reduceSum(g.value('y'), [0, 1], false))
    expect(() => gradient(g.graph(), 'loss', ['weights'])).toThrow(/Scan, which has no gradient rule/)
  })
})
