/** TensorFlow.js models, run by TensorFlow.js and by regard. */

import '@tensorflow/tfjs-backend-cpu'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { type ImportOptions, importGraphModel } from '../../../src/formats/tensorflowjs/graphModel.ts'
import type { Graph, TensorOf } from '../../../src/graph/types.ts'
import { noise, type TensorFlowModel } from './made.ts'

export * from './made.ts'

/** The model as regard's graph. */
export function imported({ json, files }: TensorFlowModel, options?: ImportOptions): Graph {
  return importGraphModel(json, new Map(Object.entries(files)), 'model.json', options)
}

/** What TensorFlow.js computes, by node name. */
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

/** What regard computes, by output name. */
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
