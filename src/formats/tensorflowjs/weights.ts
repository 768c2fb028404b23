/**
 * The weights of a TensorFlow.js model: the bytes of its weight files, cut into tensors.
 *
 * A group of files is one run of bytes, split anywhere; the weights lie in it one after another. A weight that is
 * stored in fewer bits says how to restore it: value = stored · scale + min for 8 and 16 bit integers; float16 is a
 * float with fewer bits.
 */

import { UserError } from '../../base/errors.ts'
import { placed } from '../../graph/proto.ts'
import { requireFewDimensions } from '../../graph/shapes.ts'
import { sizeOf, type Tensor } from '../../graph/types.ts'
import type { ModelJson, WeightSpec } from './model.ts'

/** The bytes of weight files, by the paths that the model gives. */
export type WeightFiles = ReadonlyMap<string, Uint8Array>

/** The paths of a model's weight files. */
export function pathsOf({ weightsManifest = [] }: ModelJson): string[] {
  return weightsManifest.flatMap(({ paths }) => paths)
}

/** Bytes of one element, by how it is stored. */
const WIDTHS: Record<string, number> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 }

/**
 * All weights by name, as float32, int32 or bool. Large ones that need no conversion are not copied.
 *
 * @throws UserError when a file is missing or too short, or a weight is stored in a way that regard does not read
 */
export function decodeWeights(model: ModelJson, files: WeightFiles, where: string): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>()
  for (const { names, parts, weights } of groupsOf(model, files, where)) {
    const bytes = joined(parts)
    let offset = 0
    for (const spec of weights) {
      requireFewDimensions(spec.shape, `${where}: weight ${spec.name} has`)
      const stored = spec.quantization?.dtype ?? spec.dtype
      const width = WIDTHS[stored]
      if (!width)
        throw new UserError(`weight ${spec.name} is stored as ${stored}, which is not supported`, where)
      const end = offset + sizeOf(spec.shape) * width
      if (end > bytes.length) {
        throw new UserError(
          `the weights are cut short: ${names.join(', ')} ${names.length > 1 ? 'together have' : 'has'} ${bytes.length} bytes, ` +
            `and weight ${spec.name} ends at byte ${end}`,
          where,
          'Download the weight files again',
        )
      }
      tensors.set(spec.name, decodeWeight(spec, placed(bytes.subarray(offset, end), width), where))
      offset = end
    }
  }
  return tensors
}

/** The groups of files, or the single run of bytes of a model in memory. */
function groupsOf(
  { weightsManifest, weightSpecs, weightData }: ModelJson,
  files: WeightFiles,
  where: string,
) {
  const read = (path: string) => {
    const bytes = files.get(path)
    if (!bytes) throw new UserError(`its weights lie in ${path}, which cannot be read here`, where)
    return bytes
  }
  if (!weightSpecs || !weightData) {
    return (weightsManifest ?? []).map(({ paths, weights }) => ({
      names: paths,
      parts: paths.map(read),
      weights,
    }))
  }
  const buffers = Array.isArray(weightData) ? weightData : [weightData]
  return [{ names: ['weightData'], parts: buffers.map((part) => new Uint8Array(part)), weights: weightSpecs }]
}

function decodeWeight(
  { name, shape, dtype, quantization }: WeightSpec,
  { buffer, byteOffset, length: bytes }: Uint8Array,
  where: string,
): Tensor {
  const stored = quantization?.dtype ?? dtype
  switch (`${dtype} as ${stored}`) {
    case 'float32 as float32':
      return { type: 'float32', shape, data: new Float32Array(buffer, byteOffset, bytes / 4) }
    case 'int32 as int32':
      return { type: 'int32', shape, data: new Int32Array(buffer, byteOffset, bytes / 4) }
    case 'bool as bool':
      return { type: 'bool', shape, data: new Uint8Array(buffer, byteOffset, bytes) }
    case 'float32 as float16': {
      const elements = new Uint16Array(buffer, byteOffset, bytes / 2)
      return {
        type: 'float32',
        shape,
        data: restore(elements, fromFloat16, new Float32Array(elements.length)),
      }
    }
  }
  if (
    quantization &&
    (stored === 'uint8' || stored === 'uint16') &&
    (dtype === 'float32' || dtype === 'int32')
  ) {
    const { scale, min } = quantization
    const elements =
      stored === 'uint8'
        ? new Uint8Array(buffer, byteOffset, bytes)
        : new Uint16Array(buffer, byteOffset, bytes / 2)
    const number = (element: number) => element * scale + min
    const { length } = elements
    if (dtype === 'float32')
      return { type: 'float32', shape, data: restore(elements, number, new Float32Array(length)) }
    const whole = (element: number) => Math.round(number(element))
    return { type: 'int32', shape, data: restore(elements, whole, new Int32Array(length)) }
  }
  throw new UserError(`weight ${name} of type ${dtype}, stored as ${stored}, is not supported`, where)
}

// A plain loop: several times faster than a typed array's `from`, for millions of weights.
function restore<A extends Float32Array | Int32Array>(
  elements: Uint8Array | Uint16Array,
  number: (element: number) => number,
  data: A,
): A {
  for (let k = 0; k < data.length; k++) data[k] = number(elements[k]!)
  return data
}

/** The scale of a float16's significand (1024 and more), by the five bits of its exponent. */
const SCALES = Array.from({ length: 31 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25))

/** The number that 16 bits stand for (IEEE 754 binary16). */
function fromFloat16(bits: number): number {
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction : fraction + 1024) * SCALES[exponent]!
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
