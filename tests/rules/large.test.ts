import { describe, expect, test } from 'vitest'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { readGraph, writeGraph } from '../../src/graph/file.ts'
import { float32, int64 } from '../../src/graph/types.ts'
import { modelOf } from '../../src/models/model.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'

const CLASSES = 4

/** What a network of strangers may do thousands of times, one after another or side by side. */
const shapes: Record<string, (g: GraphBuilder, x: Value) => Value> = {
  activations: row((g, x) => g.op('Relu', [x])),
  sigmoids: row((g, x) => g.op('Sigmoid', [x])),
  softmaxes: row((g, x) => g.op('Softmax', [x], { axis: 1 })),
  'spelt softmaxes': row((g, x) => {
    const powers = g.op('Exp', [x])
    return g.div(powers, g.op('ReduceSum', [powers, g.constant(int64([1], [1]))], { keepdims: 1 }))
  }),
  shifts: row((g, x) => g.add(x, g.scalar(0.01))),
  layers: row((g, x) => {
    const weights = float32([CLASSES, CLASSES], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    return g.matmul(x, g.constant(weights))
  }),
  shortcuts: row((g, x) => g.add(g.op('Relu', [x]), x)),
  // As many paths as there are atoms in the universe, and more.
  doublings: row((g, x) => g.add(x, x)),
  'gates of a doubling': (g, x) => {
    const positive = g.op('Relu', [x])
    return g.add(g.div(positive, doubled(g, positive)), g.scalar(1))
  },
  'side by side': (g, x) => {
    const all = Array.from({ length: 4000 }, () => g.op('Tanh', [x]))
    return g.op('Sum', all)
  },
}

function row(step: (g: GraphBuilder, x: Value) => Value) {
  return (g: GraphBuilder, x: Value) => {
    let last = x
    for (let k = 0; k < 4000; k++) last = step(g, last)
    return last
  }
}

function doubled(g: GraphBuilder, x: Value): Value {
  return row((_, value) => g.add(value, value))(g, x)
}

describe('a network of thousands of operators is read and explained', () => {
  test.each(Object.entries(shapes))('%s', (_, make) => {
    const g = new GraphBuilder('large')
    g.output('answer', make(g, g.input('x', 'float32', ['batch', CLASSES])))
    const graph = readGraph(writeGraph(g.graph()), 'large.onnx')
    const model = modelOf(graph, 'large.onnx')
    expect(model.logits).toBe(CLASSES)
    const explained = relevance(graph, composites.epsilon).graph
    expect(explained.outputs.map(({ name }) => name)).toContain('relevance')
  })
})
