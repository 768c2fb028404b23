import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { readNpy } from '../../../src/formats/npy.ts'
import { readGraph } from '../../../src/graph/file.ts'
import { ModelProtoSchema } from '../../../src/graph/onnx_pb.ts'
import { float32, type Tensor } from '../../../src/graph/types.ts'
import { shared } from '../../shared.ts'
import { bytesOf, f, type Model, node, numbers } from './model.ts'

const out = mkdtempSync(join(tmpdir(), 'optimised-'))

/** ONNX Runtime's optimised version of a model, and its own operators in it. */
async function optimised(path: string): Promise<{ bytes: Uint8Array; fused: string[] }> {
  const result = join(out, 'optimised.onnx')
  const options = { optimizedModelFilePath: result, logSeverityLevel: 4 } as const
  const session = await ort.InferenceSession.create(path, { graphOptimizationLevel: 'extended', ...options })
  await session.release()
  const bytes = readFileSync(result)
  const own = fromBinary(ModelProtoSchema, bytes).graph!.node.filter(({ domain }) => domain !== '')
  return { bytes, fused: [...new Set(own.map(({ opType }) => opType))].sort() }
}

/** Expect the first output of a model to be some numbers. */
async function expectOutput(bytes: Uint8Array, x: Tensor, expected: ArrayLike<number>): Promise<void> {
  const graph = readGraph(bytes, 'optimised.onnx')
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const y = (await program.run({ [graph.inputs[0]!.name]: x }))[graph.outputs[0]!.name]!
  await program.release()
  const values = Array.from(expected)
  const largest = Math.max(...values.map(Math.abs))
  expect(y.data).toHaveLength(values.length)
  values.forEach((value, k) => {
    expect(Math.abs(value - Number(y.data[k]))).toBeLessThanOrEqual(1e-5 * largest)
  })
}

describe('a network optimised by ONNX Runtime computes the same', () => {
  const kernels = { w: numbers(4, 4, 3, 3), b: numbers(4) }
  const pads = [1, 1, 1, 1]
  const cases: [fused: string, Model][] = [
    [
      'FusedConv',
      {
        opset: 17,
        x: [1, 4, 7, 8],
        nodes: [
          node('Conv', ['x', 'w', 'b'], ['c'], { pads }),
          node('LeakyRelu', ['c'], ['y'], { alpha: f(0.3) }),
        ],
        constants: kernels,
      },
    ],
    [
      'FusedGemm',
      {
        opset: 17,
        x: [2, 4],
        nodes: [node('Gemm', ['x', 'w', 'b'], ['h'], { alpha: f(0.5) }), node('Sigmoid', ['h'], ['y'])],
        constants: { w: numbers(4, 3), b: numbers(3) },
      },
    ],
    [
      'BiasGelu',
      {
        opset: 17,
        x: [2, 5, 4],
        nodes: [
          node('Relu', ['x'], ['r']),
          node('Add', ['r', 'b'], ['h']),
          node('Div', ['h', 'root'], ['d']),
          node('Erf', ['d'], ['e']),
          node('Add', ['e', 'one'], ['a']),
          node('Mul', ['h', 'a'], ['t']),
          node('Mul', ['t', 'half'], ['y']),
        ],
        constants: {
          b: numbers(4),
          root: float32([], [Math.SQRT2]),
          one: float32([], [1]),
          half: float32([], [0.5]),
        },
      },
    ],
  ]
  test.each(cases)('with a %s', async (name, model) => {
    const bytes = bytesOf(model)
    const path = join(out, 'plain.onnx')
    writeFileSync(path, bytes)
    const { bytes: others, fused } = await optimised(path)
    expect(fused).toContain(name)
    const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' })
    const x = numbers(...(model.x as number[]))
    const { y } = await session.run({ x: new ort.Tensor('float32', x.data, x.shape) })
    await session.release()
    await expectOutput(others, x, y!.data as Float32Array)
  })

  test.runIf(shared).each([
    ['vit-fused-opset17', ['FusedMatMul', 'Gelu', 'SkipLayerNormalization']],
    ['vit-separate-opset13', ['FusedMatMul', 'Gelu', 'SkipLayerNormalization']],
    ['vit-pooled-swish-opset14', ['FusedMatMul', 'QuickGelu', 'SkipLayerNormalization']],
    ['convnext-opset17', ['Gelu']],
  ])('%s of ../shared', async (name, operators) => {
    const folder = join(shared!, 'reference/attention', name)
    const { bytes, fused } = await optimised(join(folder, 'model.onnx'))
    expect(fused).toEqual(operators)
    const numbersOf = (file: string) => readNpy(readFileSync(join(folder, file)), file)
    const { shape, data } = numbersOf('input.npy')
    const x = float32(shape, Float32Array.from(data as Float32Array))
    await expectOutput(bytes, x, numbersOf('logits.npy').data as Float64Array)
  })
})
