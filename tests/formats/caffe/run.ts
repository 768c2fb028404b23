import { nodeEngine } from '../../../src/engine/node.ts'
import { caffeGraph } from '../../../src/formats/caffe/graph.ts'
import { openWeights } from '../../../src/formats/caffe/weights.ts'
import { float32, type Graph, sizeOf, type TensorOf } from '../../../src/graph/types.ts'
import { caffemodel, type LayerBlobs, TODAY } from './caffemodel.ts'

/** A network whose input is `data`, with the given weights, if any. */
export function network(
  shape: readonly number[],
  layers: string,
  weights: readonly LayerBlobs[] = [],
  format = TODAY,
): Graph {
  const dims = shape.map((d) => `dim: ${d}`).join(' ')
  // A caffemodel names every layer, even one without weights.
  const file = Buffer.concat(caffemodel([{ name: 'data', blobs: [] }, ...weights], format))
  const prototxt = `input: "data" input_shape { ${dims} }\n${layers}`
  return caffeGraph(prototxt, 'net.prototxt', openWeights(file, 'net.caffemodel'))
}

/** Run a network on one batch; the outputs by name, as ordinary numbers. */
export async function run(graph: Graph, data: TensorOf<'float32'>): Promise<Record<string, number[]>> {
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const results = await program.run({ [graph.inputs[0]!.name]: data })
  await program.release()
  return Object.fromEntries(
    Object.entries(results).map(([name, { data: values }]) => [name, Array.from(values as Float32Array)]),
  )
}

/** 0, 1, −2, 3, … with some variation: numbers of both signs in no order. */
export function numbers(shape: readonly number[], scale = 1): TensorOf<'float32'> {
  return float32(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, k) => scale * (((k * 37) % 23) - 11)),
  )
}
