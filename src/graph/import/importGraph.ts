/**
 * A graph that another program wrote, turned into the form in which graphs are held.
 *
 * Node by node, each after the ones that it reads from: its form in the file's opset becomes that of opset 18
 * (`opsets.ts`), what follows from constants is computed, and shapes are inferred; those that the file declares
 * for values inside are not needed. Half and double precision become single. Names stay, so that an output, a
 * weight or a layer is still called as its maker called it.
 */

import { UserError } from '../../base/errors.ts'
import { type OpenSizes, withSizes } from '../batch.ts'
import { GraphBuilder, type Value, withDefaults } from '../builder.ts'
import { compute, isComputed } from '../compute.ts'
import { addFolded, withoutUnread } from '../fold.ts'
import type { GraphProto, NodeProto, ValueInfoProto } from '../onnx_pb.ts'
import { type AttributeSpec, type Node, OPERATORS } from '../operators.ts'
import { type AttributeValue, attributeFrom, type ExternalFiles, tensorFrom, typeOf } from '../proto.ts'
import { type Dimension, float32, type Graph, int64, type Tensor, type ValueInfo } from '../types.ts'
import { type Conversion, type FileNode, type Form, form } from './form.ts'
import { conversionOf } from './opsets.ts'
import { inOrder } from './order.ts'
import { single, singleType } from './precision.ts'
import { refuseQuantised, unsupported } from './refusals.ts'

/** Layers whose weights must be finite; elsewhere infinity can be meant, as the bound of a range. */
const WEIGHTED = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'PRelu']

/**
 * @param opset that of the file's standard operators
 * @param external the files beside the model that weights lie in
 * @param sizes numbers for dimensions that the inputs leave open, by name
 * @throws UserError or Error naming the node or value that cannot be read
 */
export function importGraph(
  proto: GraphProto,
  opset: number,
  external: ExternalFiles | undefined,
  sizes: OpenSizes = {},
): Graph {
  refuseQuantised(proto.node)
  const builder = new GraphBuilder(proto.name)
  const results = new Set(proto.output.map(({ name }) => name))
  const read = new Set([...results, ...proto.node.flatMap((node) => node.input)])
  builder.reserve(proto.node.flatMap((node) => node.output))

  for (const tensor of proto.initializer) {
    builder.initializer(tensor.name, single(tensorFrom(tensor, external)))
  }
  // Old writers list constants among the inputs as well.
  const constants = new Set(proto.initializer.map(({ name }) => name))
  const declared = proto.input.filter(({ name }) => !constants.has(name)).map(inputFrom)
  const inputs = withSizes(declared, sizes)
  for (const { name, type, shape } of inputs) builder.input(name, type, shape)

  const names = new Set<string>()
  for (const node of inOrder(proto.node)) {
    const name = uniqueName(node.name || node.output[0] || node.opType, names)
    try {
      const file = fileNode(node, opset, builder, read, external)
      for (const input of file.inputs) if (input) refuseBroken(input, builder, WEIGHTED.includes(file.op))
      add(builder, node, name, file, results)
    } catch (error) {
      throw located(error as Error, name, node.opType, inputs)
    }
  }
  for (const { name } of proto.output) builder.output(name, builder.value(name))
  return withoutUnread(builder.graph())
}

/** Add what a node of the file becomes: a constant, or nodes of which the last has its name and outputs. */
function add(
  builder: GraphBuilder,
  proto: NodeProto,
  name: string,
  file: FileNode,
  results: ReadonlySet<string>,
): void {
  const [output] = proto.output as [string, ...string[]]
  const standard = proto.domain === '' || proto.domain === 'ai.onnx'
  const constant = standard && constantOf(file, builder)
  if (constant && !results.has(output)) {
    builder.initializer(output, constant)
    return
  }
  const conversion = constant ? passedOn(constant) : standard && conversionOf(file.op)
  if (!conversion) throw unsupported(proto)
  const converted = builder.scope(name, () => conversion(file, builder))
  const outputs = proto.output.slice(0, file.outputs).map((output, k) => output || `${name}.unread${k}`)
  addFolded(builder, nodeOf(converted, name, outputs), results)
}

/** A constant that is an output of the file, which must be a node's. */
function passedOn(constant: Tensor): Conversion {
  return (_, builder) => form('Identity', [builder.constant(constant)])
}

/** The value of a Constant, or of an operator that is read only where it can be computed at once. */
function constantOf({ op, inputs, attributes }: FileNode, builder: GraphBuilder): Tensor | undefined {
  if (op === 'Constant') return constantIn(attributes)
  if (Object.hasOwn(OPERATORS, op) || !isComputed(op)) return undefined
  const tensors = inputs.map((input) => input && builder.constantOf(input))
  return inputs.every((input, k) => !input || tensors[k]) ? compute(op, tensors, attributes) : undefined
}

function constantIn(attributes: FileNode['attributes']): Tensor {
  const { value, value_float, value_int, value_floats, value_ints } = attributes as Record<string, never>
  if (value !== undefined) return value
  if (value_float !== undefined) return float32([], [value_float])
  if (value_int !== undefined) return int64([], [value_int])
  const list = (value_floats ?? value_ints) as readonly number[] | undefined
  if (list) return (value_floats ? float32 : int64)([list.length], list)
  throw new UserError('its value is sparse or a text, which regard does not read')
}

function nodeOf({ op, inputs, attributes }: Form, name: string, outputs: readonly string[]): Node {
  const specs: Record<string, AttributeSpec> = OPERATORS[op].attributes
  for (const attribute of Object.keys(attributes)) {
    if (!specs[attribute])
      throw new UserError(`it has the attribute ${attribute}, which regard does not know`)
  }
  const names = inputs.map((input) => input?.name ?? '')
  while (names.at(-1) === '') names.pop()
  return { op, name, inputs: names, outputs, attributes: withDefaults(op, attributes) } as Node
}

function fileNode(
  proto: NodeProto,
  opset: number,
  builder: GraphBuilder,
  read: ReadonlySet<string>,
  external: ExternalFiles | undefined,
): FileNode {
  const inputs = proto.input.map((name) => (name === '' ? undefined : builder.value(name)))
  while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop()
  const attributes: Record<string, AttributeValue> = {}
  for (const attribute of proto.attribute) {
    const value = attributeFrom(attribute, external)
    if (proto.opType === 'Cast' && attribute.name === 'to')
      attributes.to = singleType(typeOf(value as number, 'to'))
    else attributes[attribute.name] = isTensor(value) ? single(value) : value
  }
  // Only the parts of a Split are outputs that cannot be left out.
  const last = proto.output.findLastIndex((name) => read.has(name))
  const outputs = proto.opType === 'Split' ? proto.output.length : Math.max(1, last + 1)
  return { op: proto.opType, opset, inputs, outputs, attributes }
}

function isTensor(value: AttributeValue): value is Tensor {
  return typeof value === 'object' && 'data' in value
}

function inputFrom(proto: ValueInfoProto): ValueInfo {
  const tensor = proto.type?.tensorType
  if (!tensor?.shape)
    throw new UserError(`input ${proto.name} is no tensor whose number of dimensions is known`)
  const shape = tensor.shape.dim.map((d, k) => dimensionFrom(d, `${proto.name}.${k}`))
  return { name: proto.name, type: singleType(typeOf(tensor.elemType, proto.name)), shape }
}

type DimensionProto = NonNullable<
  NonNullable<NonNullable<ValueInfoProto['type']>['tensorType']>['shape']
>['dim'][number]

/** A dimension of an input; an open one that has no name is called `otherwise`. */
function dimensionFrom({ dimParam, dimValue }: DimensionProto, otherwise: string): Dimension {
  if (dimParam === '' && dimValue > 0n) return Number(dimValue)
  // A name that says nothing can stand for several sizes, and one with a product in it would be taken apart.
  const proper = /^[\p{L}_][^*?]*$/u.test(dimParam) && dimParam !== 'None'
  return proper ? dimParam : otherwise.replaceAll('*', '_')
}

function uniqueName(wanted: string, names: Set<string>): string {
  let name = wanted
  for (let k = 2; names.has(name); k++) name = `${wanted}_${k}`
  names.add(name)
  return name
}

/** An error for a constant with an element that is not a number or, where all must be finite, an infinite one. */
function refuseBroken(value: Value, builder: GraphBuilder, finite: boolean): void {
  const tensor = builder.constantOf(value)
  if (tensor?.type !== 'float32') return
  const { data } = tensor
  for (let k = 0; k < data.length; k++) {
    if (Number.isFinite(data[k]!) || (!finite && !Number.isNaN(data[k]!))) continue
    const remedy = 'The training diverged, or the file is damaged'
    throw new UserError(`the constant ${value.name} has the element ${data[k]}`, undefined, remedy)
  }
}

/** An error with the node that it is about and, where inputs leave sizes open, what to do about that. */
function located(error: Error, name: string, op: string, inputs: readonly ValueInfo[]): UserError {
  const where = `node ${name} (${op})`
  const message = error.message.startsWith(where) ? error.message.slice(where.length + 2) : error.message
  if (error instanceof UserError)
    return new UserError(message, message.startsWith('node ') ? undefined : where)
  const open = inputs.filter(({ shape }) => shape.some((d) => typeof d === 'string'))
  const said = open.map((input) => `${input.name} [${input.shape.join(', ')}]`)
  const remedy =
    open.length > 0 ? `If it needs a size that is open, give it a number: ${said.join('; ')}` : undefined
  return new UserError(message, where, remedy)
}
