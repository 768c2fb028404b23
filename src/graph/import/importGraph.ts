/**
 * A graph that another program wrote, turned into the form in which graphs are held.
 *
 * Node by node, each after the ones that it reads from: its form in the file's opset becomes that of opset 18
 * (`opsets.ts`), what follows from constants is computed, and shapes are inferred; those that the file declares
 * for values inside are not needed. Half and double precision become single. Names stay, so that an output, a
 * weight or a layer is still called as its maker called it.
 *
 * Only what leads to an output is read. What cannot be read makes the outputs that need it unreadable, and no others:
 * the graph then lacks these, and its `reading` says why.
 */

import { UserError } from '../../base/errors.ts'
import { type OpenSizes, withSizes } from '../batch.ts'
import { GraphBuilder, type Value, withDefaults } from '../builder.ts'
import { compute, isComputed } from '../compute.ts'
import { addFolded, fold, withoutUnread } from '../fold.ts'
import type { GraphProto, NodeProto, TensorProto } from '../onnx_pb.ts'
import { type AttributeSpec, type Node, OPERATORS } from '../operators.ts'
import { type AttributeValue, attributeFrom, type ExternalFiles, tensorFrom, typeOf } from '../proto.ts'
import { float32, type Graph, int64, type Tensor, type ValueInfo } from '../types.ts'
import { type Conversion, type FileNode, type Form, form } from './form.ts'
import { FUSED } from './fused.ts'
import { inputFrom, onlyCast } from './inputs.ts'
import { conversionOf } from './opsets.ts'
import { inOrder, namesReadBy } from './order.ts'
import { single, singleType } from './precision.ts'
import { unsupported } from './refusals.ts'

/** Layers whose weights must be finite; elsewhere infinity can be meant, as the bound of a range. */
const WEIGHTED = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'PRelu']

/**
 * @param opset that of the file's standard operators
 * @param external the files beside the model that weights lie in
 * @param sizes numbers for dimensions that the inputs leave open, by name
 * @throws UserError or Error naming the node or value that cannot be read, where no output can
 */
export function importGraph(
  proto: GraphProto,
  opset: number,
  external: ExternalFiles | undefined,
  sizes: OpenSizes = {},
): Graph {
  const results = proto.output.map(({ name }) => name)
  const nodes = inOrder(proto.node, results)
  const read = new Set([...results, ...nodes.flatMap(namesReadBy)])
  const reader = new Reader(proto, opset, external)

  const constants = proto.initializer.filter(({ name }) => read.has(name))
  for (const tensor of constants) reader.constant(tensor.name, tensor)
  // Old writers list constants among the inputs as well.
  const isConstant = new Set(proto.initializer.map(({ name }) => name))
  const declared = proto.input.filter(({ name }) => !isConstant.has(name)).map(inputFrom)
  for (const input of withSizes(declared, sizes)) {
    const becomesFloat = input.type !== 'float32' && onlyCast(input.name, nodes, new Set(results))
    reader.input(becomesFloat ? { ...input, type: 'float32' } : input)
    if (becomesFloat)
      reader.note(`its input ${input.name} is ${input.type} and made float32 at once: here it is float32`)
  }
  for (const node of nodes) reader.node(node, itself, (name) => read.has(name))
  return reader.graph()
}

/** What a value of a graph or of a branch inside it is called in the graph that is built. */
type Names = (name: string) => string

const itself: Names = (name) => name

class Reader {
  private readonly builder: GraphBuilder
  private readonly inputs: ValueInfo[] = []
  private readonly results: ReadonlySet<string>
  /** Why a value could not be read. */
  private readonly refused = new Map<string, UserError>()
  private readonly notes = new Set<string>()
  private readonly nodeNames = new Set<string>()
  /** Names of values, so that those inside branches get others. */
  private readonly taken: Set<string>
  private dequantised = 0
  private readonly opset: number
  private readonly external: ExternalFiles | undefined

  constructor(proto: GraphProto, opset: number, external: ExternalFiles | undefined) {
    this.builder = new GraphBuilder(proto.name)
    this.results = new Set(proto.output.map(({ name }) => name))
    const made = proto.node.flatMap((node) => node.output)
    this.builder.reserve(made)
    this.taken = new Set([
      ...made,
      ...proto.input.map((p) => p.name),
      ...proto.initializer.map((p) => p.name),
    ])
    this.opset = opset
    this.external = external
  }

  note(text: string): void {
    this.notes.add(text)
  }

  input(input: ValueInfo): void {
    this.inputs.push(input)
    this.builder.input(input.name, input.type, input.shape)
  }

  constant(name: string, tensor: TensorProto): void {
    try {
      this.builder.initializer(name, single(tensorFrom(tensor, this.external)))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      this.refused.set(name, error)
    }
  }

  /**
   * Read a node of the file, or of a branch inside it: add what it becomes, or note why its outputs cannot be read.
   *
   * @param names what the values that it names are called in the graph
   * @param isRead whether anybody reads a value of this name
   */
  node(proto: NodeProto, names: Names, isRead: (name: string) => boolean): void {
    const outputs = proto.output.map((name) => (name === '' ? '' : names(name)))
    const refuse = (from: number, reason: UserError) => {
      for (const name of outputs.slice(from)) if (name !== '') this.refused.set(name, reason)
    }
    const broken = proto.input.map((name) => this.refused.get(names(name))).find((reason) => reason)
    if (broken) return refuse(0, broken)
    const name = uniqueName(proto.name || outputs[0] || proto.opType, this.nodeNames)
    try {
      if (proto.opType === 'If' && isStandard(proto)) return this.branch(proto, name, names)
      // Only the parts of a Split are outputs that cannot be left out.
      const last = proto.output.findLastIndex(isRead)
      const count = proto.opType === 'Split' ? proto.output.length : Math.max(1, last + 1)
      const made = this.convert(proto, name, names, outputs.slice(0, count))
      if (made < count) {
        const what = `its output ${outputs[made]} is needed, and regard reads only ${made === 1 ? 'its first' : `the first ${made}`}`
        refuse(made, new UserError(what, `node ${name} (${proto.opType})`))
      }
    } catch (error) {
      refuse(0, located(error as Error, name, proto.opType, this.inputs))
    }
  }

  /** The finished graph. */
  graph(): Graph {
    const { builder } = this
    const outputs = [...this.results]
    const refused = new Map<string, string>()
    for (const name of outputs) {
      const reason = this.refused.get(name) ?? (builder.find(name) ? undefined : nothingCalled(name))
      if (!reason) builder.output(name, builder.value(name))
      else if (outputs.length === 1) throw reason
      else refused.set(name, reason.message)
    }
    const [first] = outputs
    if (first === undefined) throw new UserError('it has no output')
    if (refused.size === outputs.length) throw new UserError(`its output ${first}: ${refused.get(first)}`)
    if (this.dequantised > 0) {
      const weights = this.dequantised === 1 ? 'one tensor' : `${this.dequantised} tensors`
      this.note(`${weights} of weights are stored as small integers, and were made float32`)
    }
    const graph = fold(withoutUnread(builder.graph()))
    if (this.notes.size === 0 && refused.size === 0) return graph
    return { ...graph, reading: { notes: [...this.notes], refused } }
  }

  /**
   * Add what a node becomes: a constant, or nodes of which the last have its name and outputs.
   *
   * @returns how many of its outputs there are
   */
  private convert(proto: NodeProto, name: string, names: Names, outputs: readonly string[]): number {
    const { builder } = this
    const file = this.fileNode(proto, names, outputs.length)
    for (const input of file.inputs) if (input) refuseBroken(input, builder, WEIGHTED.includes(file.op))
    const standard = isStandard(proto)
    const constant = standard && constantOf(file, builder)
    if (constant && file.op === 'DequantizeLinear') this.dequantised++
    if (constant && !this.results.has(outputs[0]!)) {
      builder.initializer(outputs[0]!, constant)
      return 1
    }
    const conversion = constant ? passedOn(constant) : standard ? conversionOf(file.op) : fusedIn(proto)
    if (!conversion) throw unsupported(proto)
    const converted = builder.scope(name, () => conversion(file, builder))
    const made = outputs.map((output, k) => output || `${name}.unread${k}`)
    if (!isList(converted)) {
      const count = Math.min(made.length, OPERATORS[converted.op].outputs[1])
      addFolded(builder, nodeOf(converted, name, made.slice(0, count)), this.results)
      return count
    }
    converted.forEach((each, k) => {
      if (!each || k >= made.length) return
      const own = k === 0 ? name : uniqueName(`${name}.${k}`, this.nodeNames)
      addFolded(builder, nodeOf(each, own, [made[k]!]), this.results)
    })
    return Math.min(made.length, converted.length)
  }

  /** The nodes of the branch that a constant condition chooses, in place of the If. */
  private branch(proto: NodeProto, name: string, outer: Names): void {
    const { builder } = this
    const condition = builder.constantOf(builder.value(outer(proto.input[0] ?? '')))
    if (!condition)
      throw new UserError(
        'which of its branches it takes is known only when it runs, and regard reads networks that always compute the same',
        undefined,
        'Export the model with the sizes that it is used with, or without this branch',
      )
    const wanted = condition.data[0] ? 'then_branch' : 'else_branch'
    const graph = proto.attribute.find((attribute) => attribute.name === wanted)?.g
    if (!graph) throw new Error(`it has no ${wanted}`)
    const results = graph.output.map((output) => output.name)
    const nodes = inOrder(graph.node, results)
    const own = new Map<string, string>()
    const made = new Set(nodes.flatMap((node) => node.output))
    results.forEach((inner, k) => {
      const output = proto.output[k]
      if (output && made.has(inner) && !own.has(inner)) own.set(inner, outer(output))
    })
    for (const inner of [...made, ...graph.initializer.map((tensor) => tensor.name)])
      if (inner !== '' && !own.has(inner)) own.set(inner, this.freshName(`${name}/${inner}`))
    builder.reserve(own.values())
    const names: Names = (inner) => own.get(inner) ?? outer(inner)
    const read = new Set([...results, ...nodes.flatMap(namesReadBy)])
    for (const tensor of graph.initializer)
      if (read.has(tensor.name)) this.constant(names(tensor.name), tensor)
    for (const node of nodes) this.node(node, names, (inner) => read.has(inner))
    // What a branch only hands on, from around it or twice, is called as the If's output as well.
    results.forEach((inner, k) => {
      const [from, output] = [names(inner), proto.output[k]]
      if (!output || from === outer(output)) return
      const reason = this.refused.get(from)
      if (reason) this.refused.set(outer(output), reason)
      else {
        const own = uniqueName(`${name}.${k}`, this.nodeNames)
        addFolded(
          builder,
          nodeOf(form('Identity', [builder.value(from)]), own, [outer(output)]),
          this.results,
        )
      }
    })
  }

  private freshName(wanted: string): string {
    return uniqueName(wanted, this.taken, (name) => this.builder.find(name) !== undefined)
  }

  private fileNode(proto: NodeProto, names: Names, outputs: number): FileNode {
    const inputs = proto.input.map((name) => (name === '' ? undefined : this.builder.value(names(name))))
    while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop()
    const attributes: Record<string, AttributeValue> = {}
    for (const attribute of proto.attribute) {
      const value = attributeFrom(attribute, this.external)
      if (proto.opType === 'Cast' && attribute.name === 'to')
        attributes.to = singleType(typeOf(value as number, 'to'))
      else attributes[attribute.name] = isTensor(value) ? single(value) : value
    }
    const note = (text: string) => this.note(text)
    return { op: proto.opType, opset: this.opset, inputs, outputs, attributes, note }
  }
}

function isStandard({ domain }: NodeProto): boolean {
  return domain === '' || domain === 'ai.onnx'
}

/** The conversion of an operator that ONNX Runtime's optimiser writes. */
function fusedIn({ domain, opType }: NodeProto): Conversion | undefined {
  return domain === 'com.microsoft' && Object.hasOwn(FUSED, opType) ? FUSED[opType] : undefined
}

function isList(converted: ReturnType<Conversion>): converted is readonly (Form | undefined)[] {
  return Array.isArray(converted)
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

function isTensor(value: AttributeValue): value is Tensor {
  return typeof value === 'object' && 'data' in value
}

function uniqueName(wanted: string, names: Set<string>, isTaken: (name: string) => boolean = () => false) {
  let name = wanted
  for (let k = 2; names.has(name) || isTaken(name); k++) name = `${wanted}_${k}`
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

function nothingCalled(name: string): UserError {
  return new UserError(`no node makes its output: there is no value called ${name}`)
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
