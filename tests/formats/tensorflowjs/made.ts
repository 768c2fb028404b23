/** TensorFlow.js models made by hand. */

import { Random } from '../../../src/base/random.ts'
import { float32, sizeOf, type TensorOf } from '../../../src/graph/types.ts'

/** A model.json and its weight files. */
export interface TensorFlowModel {
  // biome-ignore lint/suspicious/noExplicitAny: the tests break it in places
  readonly json: any
  readonly files: Record<string, Uint8Array>
}

/** A weight of a hand-made model. */
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
