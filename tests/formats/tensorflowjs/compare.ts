/**
 * TensorFlow.js models made by hand, and run by TensorFlow.js and by regard.
 */

import '@tensorflow/tfjs-backend-cpu'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { nodeEngine } from '../../../src/engine/node.ts'
import { type ImportOptions, importGraphModel } from '../../../src/formats/tensorflowjs/graphModel.ts'
import { float32, type Graph, sizeOf, type TensorOf } from '../../../src/graph/types.ts'

/** A model.json and its weight files. */
export interface TensorFlowModel {
  // biome-ignore lint/suspicious/noExplicitAny: the tests break it in places
  readonly json: any
  readonly files: Record<string, Uint8Array>
}

/** A weight of a model that is made by hand. */
export interface Weight {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | Uint8Array | Uint16Array
  readonly dtype?: string
  readonly quantization?: object
}

/** An attribute as model.json has it. */
export const text = (value: string) => ({ s: btoa(value) })
export const texts = (...values: string[]) => ({ list: { s: values.map((value) => btoa(value)) } })
export const ints = (...values: number[]) => ({ list: { i: values.map(String) } })
export const flag = (value: boolean) => ({ b: value })
export const int = (value: number) => ({ i: String(value) })
const type = (value: string) => ({ type: value })

/** Weights of float32 and int32. */
export const floats = (shape: readonly number[], data: readonly number[]): Weight => ({
  shape,
  data: Float32Array.from(data),
})
export const whole = (...data: number[]): Weight => ({ shape: [data.length], data: Int32Array.from(data) })
export const single = (value: number): Weight => ({ shape: [], data: Int32Array.of(value) })

/** Numbers between −1 and 1. */
export function noise(shape: readonly number[], seed: string | number = 1): TensorOf<'float32'> {
  const random = new Random(seed)
  return float32(
    shape,
    Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
  )
}

/** A node: its operator, its inputs and its attributes, by its name. */
export type Nodes = Record<string, readonly [op: string, inputs?: readonly string[], attributes?: object]>

/** A model with one input `x` of this shape; what nothing reads is an output. */
export function model(
  shape: readonly number[],
  weights: Record<string, Weight>,
  nodes: Nodes,
): TensorFlowModel {
  const dim = shape.map((size) => ({ size: String(size) }))
  const constants = Object.keys(weights).map((name) => ({ name, op: 'Const' }))
  const others = Object.entries(nodes).map(([name, [op, input, attr]]) => ({ name, op, input, attr }))
  const bytes = Object.values(weights).map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  )
  return {
    json: {
      format: 'graph-model',
      modelTopology: {
        node: [
          { name: 'x', op: 'Placeholder', attr: { dtype: type('DT_FLOAT'), shape: { shape: { dim } } } },
          ...constants,
          ...others,
        ],
        versions: {},
      },
      weightsManifest: [
        {
          paths: ['weights.bin'],
          weights: Object.entries(weights).map(([name, { shape, data, dtype, quantization }]) => ({
            name,
            shape,
            dtype: dtype ?? (data instanceof Int32Array ? 'int32' : 'float32'),
            ...(quantization && { quantization }),
          })),
        },
      ],
    },
    files: { 'weights.bin': new Uint8Array(Buffer.concat(bytes)) },
  }
}

/** The model as regard's graph. */
export function imported({ json, files }: TensorFlowModel, options?: ImportOptions): Graph {
  return importGraphModel(json, new Map(Object.entries(files)), 'model.json', options)
}

/** What TensorFlow.js computes, by the names of its nodes. */
export async function byTensorFlow(
  { json, files }: TensorFlowModel,
  feed: TensorOf<'float32'>,
): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
  await tf.setBackend('cpu')
  const groups: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[] = json.weightsManifest
  const loaded = await loadGraphModel(
    tf.io.fromMemory({
      ...json,
      weightSpecs: groups.flatMap(({ weights }) => weights),
      weightData: new Uint8Array(
        Buffer.concat(groups.flatMap(({ paths }) => paths.map((path) => files[path]!))),
      ).buffer,
    }),
  )
  const names = loaded.outputs.map(({ name }) => name)
  const input = tf.tensor(feed.data, [...feed.shape])
  const results = [loaded.execute({ [loaded.inputs[0]!.name]: input }, names)].flat()
  const outputs = results.map(({ shape }, k) => ({ shape, data: results[k]!.dataSync() as Float32Array }))
  loaded.dispose()
  return new Map(names.map((name, k) => [name, outputs[k]!]))
}

/** What regard computes, by the names of the graph's outputs. */
export async function byRegard(graph: Graph, feed: TensorOf<'float32'>) {
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const outputs = await program.run({ [graph.inputs[0]!.name]: feed })
  await program.release()
  return new Map(Object.entries(outputs))
}

/** The largest difference of two tensors, over the largest magnitude. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0
  let largest = 0
  for (let k = 0; k < Math.max(a.length, b.length); k++) {
    most = Math.max(most, Math.abs(a[k]! - b[k]!))
    largest = Math.max(largest, Math.abs(a[k]!))
  }
  // ONNX Runtime's sigmoid is exact to 1e-7 of 1, not of a probability that is itself as small.
  return largest === 0 ? most : Math.max(0, most - 1e-7) / largest
}

/** The operators of a graph's nodes. */
export const ops = (graph: Graph) => graph.nodes.map(({ op }) => op)

/** Expect that regard computes what TensorFlow.js does, in the same shapes. */
export async function expectSame(made: TensorFlowModel, shape: readonly number[]): Promise<Graph> {
  const feed = noise(shape, 'input')
  const graph = imported(made)
  const [expected, found] = [await byTensorFlow(made, feed), await byRegard(graph, feed)]
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [name, { shape, data }] of expected) {
    expect(found.get(name)!.shape).toEqual(shape)
    expect(difference(data, found.get(name)!.data as Float32Array), name).toBeLessThan(1e-5)
  }
  return graph
}
