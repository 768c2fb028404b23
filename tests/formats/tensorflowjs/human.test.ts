import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../../src/formats/node.ts'
import { byRegard, byTensorFlow, difference, noise } from './compare.ts'

// The models in the npm package @vladmandic/human, which TensorFlow.js runs there.
const folder = fileURLToPath(new URL('../models', import.meta.resolve('@vladmandic/human')))
const pathOf = (name: string) => join(folder, `${name}.json`)

/** The outputs by regard's names, and TensorFlow.js's node for each. */
const MODELS: Record<string, { input: (number | string)[]; outputs: Record<string, string> }> = {
  faceres: {
    input: ['batch', 224, 224, 3],
    outputs: {
      'gender_pred/Sigmoid': 'gender_pred/Sigmoid',
      'global_pooling/Mean': 'global_pooling/Mean',
      'age_pred/Softmax': 'age_pred/Softmax',
    },
  },
  blazeface: {
    input: [1, 256, 256, 3],
    outputs: {
      Identity_3: 'Identity_3',
      Identity: 'Identity',
      Identity_1: 'Identity_1',
      Identity_2: 'Identity_2',
    },
  },
  facemesh: {
    input: ['batch', 192, 192, 3],
    outputs: { output_mesh: 'Identity_2', output_faceflag: 'Identity_1', output_contours: 'Identity' },
  },
  emotion: { input: ['batch', 64, 64, 1], outputs: { Identity: 'Identity' } },
  iris: { input: ['batch', 64, 64, 3], outputs: { Identity: 'Identity' } },
  antispoof: { input: ['batch', 128, 128, 3], outputs: { activation_4: 'Identity' } },
  liveness: { input: ['batch', 32, 32, 3], outputs: { activation_6: 'Identity' } },
  'handlandmark-lite': {
    input: [1, 224, 224, 3],
    outputs: {
      Identity_1: 'Identity_1',
      Identity: 'Identity',
      Identity_2: 'Identity_2',
      Identity_3: 'Identity_3',
    },
  },
}

describe.each(Object.entries(MODELS))('%s', async (name, { input, outputs }) => {
  const graph = await readModelFile(pathOf(name))

  test('agrees with TensorFlow.js, under the names of its signature', async () => {
    const feed = noise(input.map((size) => (typeof size === 'string' ? 1 : size)))
    const json = JSON.parse(readFileSync(pathOf(name), 'utf8'))
    const files = { [`${name}.bin`]: readFileSync(join(folder, `${name}.bin`)) }
    const expected = await byTensorFlow({ json, files }, feed)
    const found = await byRegard(graph, feed)
    expect([...found.keys()]).toEqual(Object.keys(outputs))
    for (const [key, node] of Object.entries(outputs)) {
      expect(found.get(key)!.shape).toEqual(expected.get(node)!.shape)
      const { data } = found.get(key)!
      expect(difference(expected.get(node)!.data, data as Float32Array)).toBeLessThan(1e-4)
    }
  })

  test('takes pictures in the shape that its model.json states', () => {
    expect(graph.inputs.map(({ shape }) => shape)).toEqual([input])
  })

  test('transposes the picture once on the way in, and back only where it is flattened', () => {
    const readers = (value: string) => graph.nodes.filter(({ inputs }) => inputs.includes(value))
    const turns = graph.nodes.filter(({ op }) => op === 'Transpose')
    expect(turns.filter(({ inputs }) => inputs[0] === graph.inputs[0]!.name)).toHaveLength(1)
    for (const turn of turns.filter(({ inputs }) => inputs[0] !== graph.inputs[0]!.name)) {
      const after = readers(turn.outputs[0]!).map(({ op }) => op)
      expect(after.every((op) => op === 'Reshape')).toBe(true)
    }
  })
})

test('a batch gives the same as picture by picture, even if a Reshape was written for one', async () => {
  const graph = await readModelFile(pathOf('facemesh'))
  const pictures = [noise([1, 192, 192, 3], 'first'), noise([1, 192, 192, 3], 'second')]
  const data = Float32Array.from(pictures.flatMap((picture) => [...picture.data]))
  const together = await byRegard(graph, { type: 'float32', shape: [2, 192, 192, 3], data })
  const mesh = together.get('output_mesh')!
  expect(mesh.shape).toEqual([2, 1404])
  const alone = await Promise.all(pictures.map((picture) => byRegard(graph, picture)))
  const expected = alone.flatMap((outputs) => [...(outputs.get('output_mesh')!.data as Float32Array)])
  expect(difference(expected, mesh.data as Float32Array)).toBeLessThan(1e-5)
})

test("the batch normalisations of faceres are part of its convolutions, as a converter's own are", async () => {
  const { nodes } = await readModelFile(pathOf('faceres'))
  const ops = nodes.map(({ op }) => op)
  expect(ops.filter((op) => op === 'Conv')).toHaveLength(27)
  expect(new Set(ops)).toEqual(
    new Set(['Transpose', 'Conv', 'Relu', 'Clip', 'ReduceMean', 'Gemm', 'Sigmoid', 'Softmax']),
  )
})

describe('models that choose among boxes are refused by the name of the operator that does', () => {
  test.each([
    ['centernet', /node tower_0\/Equal uses the TensorFlow operator Equal, which regard .*TopKV2.* Convert/],
    ['movenet-lightning', /uses the TensorFlow operator GatherNd, which regard does not read/],
    [
      'handtrack',
      /uses the TensorFlow operator TensorList\w+: regard does not read models that branch or loop/,
    ],
  ])('%s', async (name, message) => {
    await expect(readModelFile(pathOf(name))).rejects.toThrow(message)
  })
})
