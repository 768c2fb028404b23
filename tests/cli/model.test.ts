import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tellReading } from '../../src/cli/model.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'

const g = new GraphBuilder('read')
g.output('y', g.op('Relu', [g.input('x', 'float32', [1])]))
const network = {
  ...g.graph(),
  reading: { notes: ['its weights were dequantised'], refused: new Map([['top', 'node k uses TopK']]) },
}

const lines: string[] = []
beforeEach(() => {
  lines.length = 0
  vi.spyOn(console, 'error').mockImplementation((line) => lines.push(line))
})
afterEach(() => vi.restoreAllMocks())

test('reading reports what it changed in a model, and what it left out if nobody asked for an output', () => {
  tellReading('m.onnx', network)
  expect(lines).toEqual([
    'm.onnx: its weights were dequantised.',
    'm.onnx: its output top is left out because it cannot be read: node k uses TopK.',
  ])
  lines.length = 0
  tellReading('m.onnx', network, 'y')
  expect(lines).toEqual(['m.onnx: its weights were dequantised.'])
})

test('reading reports nothing about a model that was read as it is', () => {
  tellReading('m.onnx', g.graph())
  expect(lines).toEqual([])
})
