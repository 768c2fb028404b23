/**
 * A graph that another program wrote, turned into the form in which graphs are held.
 *
 * Node by node, each after the ones that it reads from: its form in the file's opset becomes that of opset 18
 * (`opsets.ts`), what follows from constants is computed, and shapes are inferred; those that the file declares
 * for values inside are not needed. Half and double precision become single. Names stay, so that an output, a
 * weight or a layer is still called as its maker called it.
 */

import { UserError } from '../../base/errors.ts'
import { GraphBuilder, withDefaults } from '../builder.ts'
import { evaluate, isEvaluated } from '../evaluate.ts'
import { addFolded, withoutUnread } from '../fold.ts'
import type { GraphProto, NodeProto, ValueInfoProto } from '../onnx_pb.ts'
import { type AttributeSpec, type Node, OPERATORS } from '../operators.ts'
import { type AttributeValue, attributeFrom, type ExternalReader, tensorFrom, typeOf } from '../proto.ts'
import { float32, type Graph, int64, type Tensor, type ValueInfo } from '../types.ts'
import type { FileNode, Form } from './form.ts'
import { conversionOf } from './opsets.ts'
import { inOrder } from './order.ts'
import { single, singleType } from './precision.ts'
import { refuseQuantised, unsupported } from './refusals.ts'

/** Layers whose constants must be finite; elsewhere infinity can be meant, as the bound of a range. */
const WEIGHTED = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'PRelu']

/**
 * @param opset that of the file's standard operators
 * @param external how to read weights that lie beside the model
 * @param sizes numbers for dimensions that the inputs leave open, by name
 * @throws UserError or Error naming the node or value that cannot be read
 */
export function importGraph(
  proto: GraphProto,
  opset: number,
  external: ExternalReader | undefined,
  sizes: Readonly<Record<string, number>> = {},
): Graph {
  refuseQuantised(proto.node)
  const builder = new GraphBuilder(proto.name)
  const results = new Set(proto.output.map(({ name }) => name))
  const read = new Set([...results, ...proto.node.flatMap((node) => node.input)])
  const infinite = new Set<string>()
  builder.reserve(proto.node.flatMap((node) => node.output))

  for (const tensor of proto.initializer) {
    const constant = single(tensorFrom(tensor, external))
    if (hasInfinity(constant, tensor.name)) infinite.add(tensor.name)
    builder.initializer(tensor.name, constant)
  }
  // Old writers list constants among the inputs as well.
  const constants = new Set(proto.initializer.map(({ name }) => name))
  const inputs = proto.input
    .filter(({ name }) => !constants.has(name))
    .map((input) => inputFrom(input, sizes))
  for (const name of Object.keys(sizes)) {
    if (!proto.input.some((input) => openNames(input).includes(name)))
      throw new UserError(`no input has a dimension called ${name}`)
  }
  for (const { name, type, shape } of inputs) builder.input(name, type, shape)

  const names = new Set<string>()
  for (const node of inOrder(proto.node)) {
    const name = uniqueName(node.name || node.output[0] || node.opType, names)
    try {
      const file = fileNode(node, opset, builder, read, external)
      const bad = WEIGHTED.includes(file.op) && node.input.find((input) => infinite.has(input))
      if (bad)
        throw new UserError(
          `its weights ${bad} are not finite`,
          undefined,
          'The training diverged, or the file is damaged',
        )
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
  const constant = constantOf(file, builder)
  if (constant) {
    if (!results.has(output)) builder.initializer(output, constant)
    else
      builder.append(
        nodeOf({ op: 'Identity', inputs: [builder.constant(constant, output)], attributes: {} }, name, [
          output,
        ]),
      )
    return
  }
  const conversion = conversionOf(file.op)
  if (!conversion || (proto.domain !== '' && proto.domain !== 'ai.onnx')) throw unsupported(proto)
  const form = builder.scope(name, () => conversion(file, builder))
  const outputs = proto.output.slice(0, file.outputs).map((output, k) => output || `${name}.unread${k}`)
  addFolded(builder, nodeOf(form, name, outputs), results)
}

/** The value of a Constant, or of an operator that is read only where it can be computed at once. */
function constantOf({ op, inputs, attributes }: FileNode, builder: GraphBuilder): Tensor | undefined {
  if (op === 'Constant') return constantIn(attributes)
  if (Object.hasOwn(OPERATORS, op) || !isEvaluated(op)) return undefined
  const tensors = inputs.map((input) => input && builder.constantOf(input))
  return inputs.every((input, k) => !input || tensors[k]) ? evaluate(op, tensors, attributes) : undefined
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
  external: ExternalReader | undefined,
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

function inputFrom(proto: ValueInfoProto, sizes: Readonly<Record<string, number>>): ValueInfo {
  const tensor = proto.type?.tensorType
  if (!tensor?.shape)
    throw new UserError(`input ${proto.name} is no tensor whose number of dimensions is known`)
  const shape = tensor.shape.dim.map((d, k) => {
    const open = openName(d, proto.name, k)
    return open === undefined ? Number(d.dimValue) : (sizes[open] ?? open)
  })
  return { name: proto.name, type: singleType(typeOf(tensor.elemType, proto.name)), shape }
}

type DimensionProto = NonNullable<
  NonNullable<NonNullable<ValueInfoProto['type']>['tensorType']>['shape']
>['dim'][number]

/** The name of an open dimension: its own, or one made of the input's name and the axis, where it has none. */
function openName(dimension: DimensionProto, input: string, axis: number): string | undefined {
  if (dimension.dimParam === '' && dimension.dimValue > 0n) return undefined
  // A name that says nothing can stand for several sizes, and one with a product in it would be taken apart.
  const proper = /^[\p{L}_][^*?]*$/u.test(dimension.dimParam) && dimension.dimParam !== 'None'
  return proper ? dimension.dimParam : `${input.replaceAll('*', '_')}.${axis}`
}

function openNames(proto: ValueInfoProto): string[] {
  const dimensions = proto.type?.tensorType?.shape?.dim ?? []
  return dimensions.flatMap((d, k) => openName(d, proto.name, k) ?? [])
}

function uniqueName(wanted: string, names: Set<string>): string {
  let name = wanted
  for (let k = 2; names.has(name); k++) name = `${wanted}_${k}`
  names.add(name)
  return name
}

/** Whether a constant has an infinite element; one that is not a number at all is an error. */
function hasInfinity({ type, data }: Tensor, name: string): boolean {
  if (type !== 'float32') return false
  let infinite = false
  for (let k = 0; k < data.length; k++) {
    if (Math.abs(data[k]!) <= 3.5e38) continue
    if (Number.isNaN(data[k]!)) {
      throw new UserError(
        `the constant ${name} has an element that is not a number`,
        undefined,
        'The training diverged, or the file is damaged',
      )
    }
    infinite = true
  }
  return infinite
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
    open.length > 0
      ? `If that is for want of a size, give numbers for the open ones: ${said.join('; ')}`
      : undefined
  return new UserError(message, where, remedy)
}
