/**
 * `model.json` of a TensorFlow.js graph model: what its fields are, and a node's attributes in plain types.
 *
 * The file is TensorFlow's GraphDef written as JSON: 64-bit integers may be strings, strings are base64, and a list is
 * an object with one field for each kind of element.
 */

import * as z from 'zod/mini'
import { UserError } from '../../base/errors.ts'
import type { DataType } from '../../graph/types.ts'

const integer = z.union([
  z.int(),
  z.pipe(
    z.string().check(z.regex(/^-?\d+$/)),
    z.pipe(z.transform(Number), z.number().check(z.refine(Number.isSafeInteger, 'too large'))),
  ),
])
const text = z.union([z.string(), z.array(z.int())])
const dataType = z.union([z.string(), z.int()])
const shape = z.object({
  dim: z.optional(z.array(z.object({ size: z._default(integer, 0) }))),
  unknownRank: z.optional(z.boolean()),
})
const list = z.object({ i: z.optional(z.array(integer)), s: z.optional(z.array(text)) })
const attribute = z.object({
  i: z.optional(integer),
  f: z.optional(z.number()),
  b: z.optional(z.boolean()),
  s: z.optional(text),
  type: z.optional(dataType),
  shape: z.optional(shape),
  list: z.nullish(list),
})
const node = z.object({
  name: z.string(),
  op: z.string(),
  input: z._default(z.array(z.string()), []),
  attr: z._default(z.record(z.string(), attribute), {}),
})
const weight = z.object({
  name: z.string(),
  shape: z.array(z.int().check(z.minimum(0))),
  dtype: z.string(),
  quantization: z.optional(
    z.object({ dtype: z.string(), scale: z._default(z.number(), 1), min: z._default(z.number(), 0) }),
  ),
})
const endpoint = z.object({ name: z.string(), tensorShape: z.optional(shape) })
const signature = z.object({
  inputs: z._default(z.record(z.string(), endpoint), {}),
  outputs: z._default(z.record(z.string(), endpoint), {}),
})
const modelSchema = z.object({
  format: z.optional(z.string()),
  signature: z.nullish(signature),
  userDefinedMetadata: z.nullish(z.object({ signature: z.nullish(signature) })),
  modelTopology: z.object({ node: z.array(node) }),
  weightsManifest: z.optional(z.array(z.object({ paths: z.array(z.string()), weights: z.array(weight) }))),
  // A model held in memory, as TensorFlow.js does (`tf.io.ModelArtifacts`).
  weightSpecs: z.optional(z.array(weight)),
  weightData: z.optional(z.union([z.instanceof(ArrayBuffer), z.array(z.instanceof(ArrayBuffer))])),
})

/** What model.json holds. */
export type ModelJson = z.infer<typeof modelSchema>
/** One stored weight: how to read its bytes. */
export type WeightSpec = z.infer<typeof weight>
/** An unknown dimension is −1; undefined where not even the number of dimensions is known. */
export type RawShape = readonly number[] | undefined

/**
 * Check a parsed model.json.
 *
 * @param where the file's name, for messages
 * @throws UserError when it is not a graph model, naming the field that is wrong
 */
export function checkModel(json: unknown, where: string): ModelJson {
  const { format, modelTopology } = (json ?? {}) as { format?: unknown; modelTopology?: { node?: unknown } }
  if (format === 'layers-model' || (modelTopology && !modelTopology.node)) {
    throw new UserError(
      'this is a TensorFlow.js layers model; regard reads graph models',
      where,
      'Convert it with tensorflowjs_converter --input_format=tfjs_layers_model --output_format=tfjs_graph_model',
    )
  }
  const result = modelSchema.safeParse(json, {
    error: (issue) =>
      issue.input === undefined
        ? 'it is missing'
        : issue.code === 'invalid_type'
          ? `it is of another type than ${issue.expected}`
          : 'it has an unknown form',
  })
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw new UserError(
    `this is not a TensorFlow.js graph model: ${path.join('.') || 'the file'}: ${message}`,
    where,
    'Give the model.json that tensorflowjs_converter wrote',
  )
}

/** A node of a TensorFlow graph. */
export class TensorFlowNode {
  readonly name: string
  readonly op: string
  /** The values it reads, in order, without control dependencies. */
  readonly inputs: readonly ValueName[]
  private readonly attributes: z.infer<typeof node>['attr']

  constructor({ name, op, input, attr }: z.infer<typeof node>) {
    this.name = name
    this.op = op
    this.inputs = input.filter((value) => !value.startsWith('^')).map(valueName)
    this.attributes = attr
  }

  /** Undefined where the attribute is missing. */
  integer(name: string): number | undefined {
    return this.attributes[name]?.i
  }

  float(name: string, fallback: number): number {
    const found = this.attributes[name]
    return found?.f ?? found?.i ?? fallback
  }

  flag(name: string): boolean {
    return this.attributes[name]?.b ?? false
  }

  /** In capitals; empty where the attribute is missing. */
  text(name: string): string {
    return plainText(this.attributes[name]?.s ?? '').toUpperCase()
  }

  integers(name: string): readonly number[] {
    return this.attributes[name]?.list?.i ?? []
  }

  texts(name: string): readonly string[] {
    return (this.attributes[name]?.list?.s ?? []).map(plainText)
  }

  shape(name: string): RawShape {
    return rawShape(this.attributes[name]?.shape)
  }

  /**
   * The element type that TensorFlow.js computes in: 32-bit floats, 32-bit integers and booleans.
   *
   * @throws Error for a type that it does not compute in
   */
  type(name: string): DataType {
    const given = this.attributes[name]?.type ?? 'DT_FLOAT'
    const found = TYPES[given] ?? undefined
    if (!found) throw new Error(`the element type ${given} is not supported`)
    return found
  }
}

/** A value in a TensorFlow graph: which output of which node. */
export interface ValueName {
  readonly node: string
  readonly index: number
}

/** `node`, `node:1`, or `node:field:1` as functions write it. */
export function valueName(text: string): ValueName {
  const parts = text.split(':')
  const index = parts.length > 1 ? Number(parts.at(-1)) : 0
  return { node: parts[0]!, index: Number.isInteger(index) ? index : 0 }
}

/** The sizes of a shape. */
export function rawShape(given: z.infer<typeof shape> | undefined): RawShape {
  if (!given || given.unknownRank) return undefined
  return (given.dim ?? []).map(({ size }) => size)
}

// By TensorFlow's names and by its numbers.
const TYPES: Record<string | number, DataType> = {
  DT_FLOAT: 'float32',
  DT_DOUBLE: 'float32',
  DT_HALF: 'float32',
  DT_INT64: 'int32',
  DT_INT32: 'int32',
  DT_UINT8: 'int32',
  DT_INT8: 'int32',
  DT_BOOL: 'bool',
  1: 'float32',
  2: 'float32',
  19: 'float32',
  9: 'int32',
  3: 'int32',
  4: 'int32',
  6: 'int32',
  10: 'bool',
}

function plainText(given: z.infer<typeof text>): string {
  return typeof given === 'string' ? atob(given) : given.map((code) => String.fromCharCode(code)).join('')
}
