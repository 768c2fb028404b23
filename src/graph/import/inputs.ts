/** The inputs that a file declares. */

import { UserError } from '../../base/errors.ts'
import type { NodeProto, ValueInfoProto } from '../onnx_pb.ts'
import { typeOf } from '../proto.ts'
import type { Dimension, ValueInfo } from '../types.ts'
import { namesReadBy } from './order.ts'
import { singleType } from './precision.ts'

/** An input as the graph declares it. */
export function inputFrom(proto: ValueInfoProto): ValueInfo {
  const tensor = proto.type?.tensorType
  if (!tensor?.shape)
    throw new UserError(`input ${proto.name} is not a tensor with a known number of dimensions`)
  const shape = tensor.shape.dim.map((d, k) => dimensionFrom(d, `${proto.name}.${k}`))
  return { name: proto.name, type: singleType(typeOf(tensor.elemType, proto.name)), shape }
}

type DimensionProto = NonNullable<
  NonNullable<NonNullable<ValueInfoProto['type']>['tensorType']>['shape']
>['dim'][number]

/** A dimension of an input; an open one that has no name is called `otherwise`. */
function dimensionFrom({ dimParam, dimValue }: DimensionProto, otherwise: string): Dimension {
  if (dimParam === '' && dimValue > 0n) return Number(dimValue)
  // A meaningless name may stand for several sizes, and one with a product in it would be taken apart.
  const proper = /^[\p{L}_][^*?]*$/u.test(dimParam) && dimParam !== 'None'
  return proper ? dimParam : otherwise.replaceAll('*', '_')
}

/** Operators that move the elements of their first input, whatever these are, or only look at its shape. */
const MOVES = new Set([
  ...['Identity', 'Flatten', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze'],
  ...['Slice', 'Split', 'Gather', 'Expand', 'Shape', 'Size'],
])

/**
 * Whether a network casts an integer input to floats before it computes anything with it: then it can be fed floats,
 * like all other pictures.
 *
 * @param nodes of the file, in order
 * @param results the names of its outputs
 */
export function onlyCast(name: string, nodes: readonly NodeProto[], results: ReadonlySet<string>): boolean {
  const moved = new Set([name])
  let isCast = false
  for (const node of nodes) {
    const { opType, input, output, attribute } = node
    if (!namesReadBy(node).some((read) => moved.has(read))) continue
    if (opType === 'Cast' && isFloat(Number(attribute.find((a) => a.name === 'to')?.i))) {
      isCast = true
      continue
    }
    if (!MOVES.has(opType) || input.slice(1).some((read) => moved.has(read))) return false
    if (opType !== 'Shape' && opType !== 'Size') for (const made of output) moved.add(made)
  }
  return isCast && ![...moved].some((value) => results.has(value))
}

/** Operators whose output has the same channels as the picture they read. */
const KEEPS_CHANNELS = new Set([
  ...[
    'Identity',
    'Cast',
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Clip',
    'Relu',
    'BatchNormalization',
    'InstanceNormalization',
  ],
  ...['LRN', 'Pad', 'Resize', 'Upsample', 'MaxPool', 'AveragePool', 'Dropout'],
])

/**
 * An input that leaves its number of channels open, with as many as the first convolution takes.
 *
 * @param nodes of the file, in order
 * @param sizesOf the dimensions of a constant of the file
 */
export function withChannels(
  input: ValueInfo,
  nodes: readonly NodeProto[],
  sizesOf: (name: string) => readonly number[] | undefined,
): ValueInfo {
  const { name, shape } = input
  if (shape.length < 3 || typeof shape[1] === 'number') return input
  const pictures = new Set([name])
  for (const { opType, input: read, output, attribute } of nodes) {
    if (opType === 'Conv' && pictures.has(read[0]!)) {
      const perGroup = sizesOf(read[1] ?? '')?.[1]
      const groups = Number(attribute.find((each) => each.name === 'group')?.i ?? 1)
      if (perGroup === undefined) return input
      return { ...input, shape: shape.map((d, k) => (k === 1 ? perGroup * groups : d)) }
    }
    if (KEEPS_CHANNELS.has(opType) && read.some((value) => pictures.has(value))) pictures.add(output[0]!)
  }
  return input
}

// ONNX's numbers for float32, float16, float64 and bfloat16.
function isFloat(type: number): boolean {
  return [1, 10, 11, 16].includes(type)
}
