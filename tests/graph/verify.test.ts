import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Node } from '../../src/graph/operators.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'

function graph(): Graph {
  const g = new GraphBuilder('two')
  const x = g.input('x', 'float32', ['batch', 4])
  const h = g.op('Gemm', [x, g.constant(float32([3, 4]), 'w')], { transB: 1 }, 'inner')
  g.output('y', g.op('Relu', [h], {}, 'relu'))
  return g.graph()
}

function changed(index: number, change: Partial<Node>): Graph {
  const whole = graph()
  const nodes = whole.nodes.map((node, k) => (k === index ? ({ ...node, ...change } as Node) : node))
  return { ...whole, nodes }
}

describe('verify', () => {
  test('returns what is known about every value of a well-formed graph', () => {
    expect(verify(graph()).get('y')).toMatchObject({ type: 'float32', shape: ['batch', 3] })
  })

  test.each<[string, Graph, RegExp]>([
    [
      'a value that nothing defines',
      changed(1, { inputs: ['nothing'] }),
      /relu.*reads nothing, which is not defined/,
    ],
    ['a cycle', changed(0, { inputs: ['y', 'w'] }), /inner.*reads y, which is not defined before it/],
    ['a name defined twice', changed(1, { outputs: ['x'] }), /relu.*the name x is defined twice/],
    ['two nodes with one name', changed(1, { name: 'inner' }), /inner.*two nodes have this name/],
    [
      'an operator that is not known',
      changed(1, { op: 'Mystery' as never }),
      /Mystery.*does not know this operator/,
    ],
    ['too many inputs', changed(1, { inputs: ['x', 'x'] }), /relu.*2 inputs/],
    ['a missing attribute', changed(0, { attributes: {} as never }), /inner.*attribute alpha/],
    ['an attribute too many', changed(1, { attributes: { slope: 1 } as never }), /relu.*no attribute slope/],
    [
      'shapes that do not fit',
      { ...graph(), initializers: new Map([['w', float32([3, 5])]]) },
      /inner.*inner dimensions/,
    ],
    ['an opset that is not regard’s', { ...graph(), opset: 9 }, /opset 9/],
    [
      'an output declared with another shape',
      { ...graph(), outputs: [{ name: 'y', type: 'float32', shape: [1, 3] }] },
      /output y is declared/,
    ],
    [
      'an output that is not there',
      { ...graph(), outputs: [{ name: 'z', type: 'float32', shape: [] }] },
      /output z/,
    ],
  ])('refuses %s', (_, broken, message) => {
    expect(() => verify(broken)).toThrow(message)
  })
})
