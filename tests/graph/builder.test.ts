import { expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32 } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'

test('a value can be several outputs, whatever name the first gave it', () => {
  const g = new GraphBuilder('several')
  const y = g.op('Relu', [g.input('x', 'float32', [2])])
  for (const name of ['a', 'b', 'c']) g.output(name, y)
  const graph = g.graph()
  verify(graph)
  expect(graph.outputs.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  expect(graph.nodes.map(({ op, inputs }) => [op, ...inputs])).toEqual([
    ['Relu', 'x'],
    ['Identity', 'a'],
    ['Identity', 'a'],
  ])
})

test('a node whose output would have an impossible shape is an error', () => {
  const pooled = (strides: number[]) => {
    const g = new GraphBuilder('impossible')
    g.op('MaxPool', [g.input('x', 'float32', [1, 1, 4, 4])], { kernel_shape: [2, 2], strides })
  }
  expect(() => pooled([1, 1])).not.toThrow()
  expect(() => pooled([0, 1])).toThrow(/would have the shape \[1, 1, (NaN|Infinity|-Infinity), 3\]/)
  const g = new GraphBuilder('flat')
  const parameters = [1, 2, 3, 4].map((k) =>
    g.constant({ type: 'float32', shape: [5], data: new Float32Array(5).fill(k) }),
  )
  expect(() => g.op('BatchNormalization', [g.input('x', 'float32', [3]), ...parameters])).toThrow(
    'channels and parameters are missing: the shape has too few dimensions',
  )
})

test('a value has at most 64 dimensions', () => {
  const g = new GraphBuilder('deep')
  const ones = (count: number) => new Array<number>(count).fill(1)
  const x = g.input('x', 'float32', ones(64))
  expect(() => g.input('y', 'float32', ones(65))).toThrow(
    'a value has 65 dimensions; at most 64 are possible',
  )
  expect(() => g.constant(float32(ones(100_000), [1]))).toThrow('a value has 100000 dimensions')
  expect(() => g.reshape(x, ones(65))).toThrow('its output would have 65 dimensions')
})
