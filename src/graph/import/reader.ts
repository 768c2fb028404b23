import { UserError } from '../../base/errors.ts'
import { GraphBuilder } from '../builder.ts'
import { addFolded, fold, withoutUnread } from '../fold.ts'
import { TakenNames } from '../names.ts'
import type { GraphProto, NodeProto, TensorProto } from '../onnx_pb.ts'
import { isOperator, OPERATORS } from '../operators.ts'
import { type AttributeValue, attributeFrom, type ExternalFiles, tensorFrom, typeOf } from '../proto.ts'
import type { Graph, Tensor, ValueInfo } from '../types.ts'
import { sources } from '../wiring.ts'
import { constantOf, nodeOf } from './constants.ts'
import { type Conversion, type FileNode, type Form, form } from './form.ts'
import { FUSED } from './fused.ts'
import { conversionOf } from './opsets.ts'
import { inOrder, namesReadBy } from './order.ts'
import { single, singleType } from './precision.ts'
import { located, nothingCalled, nothingGiven, refuseBroken, unsupported } from './refusals.ts'

/** Layers whose weights must be finite; elsewhere infinity can be intended, as the bound of a range. */
const WEIGHTED = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'PRelu']

/** The name, in the graph that is built, of a value of the file's graph or of a branch inside it. */
type Names = (name: string) => string

/** Reads the nodes of a file, one after another, into a graph. */
export class Reader {
  private readonly builder: GraphBuilder
  private readonly inputs: ValueInfo[] = []
  private readonly results: ReadonlySet<string>
  /** Why a value could not be read. */
  private readonly refused = new Map<string, UserError>()
  private readonly notes = new Set<string>()
  private readonly nodeNames = new TakenNames()
  /** Names of values, so that values inside branches get different ones. */
  private readonly taken: TakenNames
  private dequantised = 0
  private readonly opset: number
  private readonly external: ExternalFiles | undefined

  constructor(proto: GraphProto, opset: number, external: ExternalFiles | undefined) {
    this.builder = new GraphBuilder(proto.name)
    this.results = new Set(proto.output.map(({ name }) => name))
    const made = proto.node.flatMap((node) => node.output)
    this.builder.reserve(made)
    const named = [...proto.input, ...proto.initializer].map(({ name }) => name)
    this.taken = new TakenNames([...made, ...named], (name) => this.builder.find(name) !== undefined)
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
   * Read a node of the file, or of a branch inside it: add the converted nodes, or note why its outputs cannot be read.
   *
   * @param names the names in the graph of the values that it names
   * @param isRead whether anything reads a value of this name
   */
  node(proto: NodeProto, names: Names, isRead: (name: string) => boolean): void {
    const outputs = proto.output.map((name) => (name === '' ? '' : names(name)))
    const refuse = (reason: UserError) => {
      for (const name of outputs) if (name !== '') this.refused.set(name, reason)
    }
    const broken = proto.input.map((name) => this.refused.get(names(name))).find((reason) => reason)
    if (broken) {
      refuse(broken)
      return
    }
    const name = this.nodeNames.unique(proto.name || outputs[0] || proto.opType)
    try {
      if (proto.opType === 'If' && isStandard(proto)) {
        this.branch(proto, name, names)
        return
      }
      // A Split is the only operator whose outputs cannot be omitted.
      const last = proto.output.findLastIndex(isRead)
      const count = proto.opType === 'Split' ? proto.output.length : Math.max(1, last + 1)
      this.convert(proto, name, names, outputs.slice(0, count))
      for (const output of outputs.slice(0, count)) {
        if (output === '' || this.builder.find(output)) continue
        const what = `its output ${output} is needed, which regard does not give`
        this.refused.set(output, new UserError(what, `node ${name} (${proto.opType})`))
      }
    } catch (error) {
      refuse(located(error as Error, name, proto.opType, this.inputs))
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
      const [many, are, were] =
        this.dequantised === 1 ? ['one tensor', 'is', 'was'] : [`${this.dequantised} tensors`, 'are', 'were']
      this.note(`${many} of weights ${are} stored as small integers and ${were} converted to float32`)
    }
    const graph = this.withReadInputs(fold(withoutUnread(builder.graph())))
    if (this.notes.size === 0 && refused.size === 0) return graph
    return { ...graph, reading: { notes: [...this.notes], refused } }
  }

  /** The graph without inputs that no output needs, such as a mask for an output that is left out. */
  private withReadInputs(graph: Graph): Graph {
    const read = sources(
      graph,
      graph.outputs.map(({ name }) => name),
    )
    const inputs = graph.inputs.filter(({ name }) => read.has(name))
    if (inputs.length === 0 || inputs.length === graph.inputs.length) return graph
    const others = graph.inputs.filter((input) => !inputs.includes(input))
    for (const { name } of others)
      this.note(`its input ${name} is left out because nothing that is read needs it`)
    return { ...graph, inputs }
  }

  /** Add the conversion of a node: a constant, or nodes of which the last have its name and outputs. */
  private convert(proto: NodeProto, name: string, names: Names, outputs: readonly string[]): void {
    const { builder } = this
    const file = this.fileNode(proto, names, outputs.length)
    if (!file.inputs[0] && isOperator(file.op) && OPERATORS[file.op].inputs[0] > 0)
      throw new Error('it has no input')
    for (const input of file.inputs) if (input) refuseBroken(input, builder, WEIGHTED.includes(file.op))
    const standard = isStandard(proto)
    const constant = standard && constantOf(file, builder)
    if (constant && file.op === 'DequantizeLinear') this.dequantised++
    if (constant && !this.results.has(outputs[0]!)) {
      builder.initializer(outputs[0]!, constant)
      return
    }
    const conversion = constant ? passedOn(constant) : standard ? conversionOf(file.op) : fusedIn(proto)
    if (!conversion) throw unsupported(proto)
    const converted = builder.scope(name, () => conversion(file, builder))
    const made = outputs.map((output, k) => output || `${name}.unread${k}`)
    if (!isList(converted)) {
      this.add(converted, name, made.slice(0, OPERATORS[converted.op].outputs[1]))
      return
    }
    converted.forEach((each, k) => {
      if (!each || k >= made.length) return
      this.add(each, k === 0 ? name : this.nodeNames.unique(`${name}.${k}`), [made[k]!])
    })
  }

  /** Add the last node of a conversion, or its result if that is constant. */
  private add(form: Form, name: string, outputs: readonly string[]): void {
    const [x] = form.inputs
    const isHelper = x && !this.taken.has(x.name) && !this.builder.constantOf(x)
    // An Identity of an intermediate value is replaced by the node that computes it, under the right name.
    if (form.op === 'Identity' && isHelper) this.builder.rename(x, outputs[0]!, name)
    else addFolded(this.builder, nodeOf(form, name, outputs), this.results)
  }

  /** The nodes of the branch that a constant condition chooses, instead of the If. */
  private branch(proto: NodeProto, name: string, outer: Names): void {
    const { builder } = this
    const condition = builder.constantOf(builder.value(outer(proto.input[0] ?? '')))
    if (!condition)
      throw new UserError(
        'its branch is chosen only when it runs; regard reads networks that always compute the same',
        undefined,
        'Export the model with fixed sizes, or without this branch',
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
      if (inner !== '' && !own.has(inner)) own.set(inner, this.taken.unique(`${name}/${inner}`))
    builder.reserve(own.values())
    const names: Names = (inner) => own.get(inner) ?? outer(inner)
    const read = new Set([...results, ...nodes.flatMap(namesReadBy)])
    for (const tensor of graph.initializer)
      if (read.has(tensor.name)) this.constant(names(tensor.name), tensor)
    for (const node of nodes) this.node(node, names, (inner) => read.has(inner))
    // A value that a branch only passes on, from outside or twice, also gets the name of the If's output.
    results.forEach((inner, k) => {
      const [from, output] = [names(inner), proto.output[k]]
      if (!output || from === outer(output)) return
      const reason = this.refused.get(from)
      if (reason) this.refused.set(outer(output), reason)
      else {
        this.add(form('Identity', [builder.value(from)]), this.nodeNames.unique(`${name}.${k}`), [
          outer(output),
        ])
      }
    })
  }

  private fileNode(proto: NodeProto, names: Names, outputs: number): FileNode {
    const inputs = proto.input.map((name) => {
      if (name === '') return undefined
      const value = this.builder.find(names(name))
      if (!value) throw nothingGiven(name)
      return value
    })
    while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop()
    const attributes: Record<string, AttributeValue> = {}
    for (const attribute of proto.attribute) {
      const value = attributeFrom(attribute, this.external)
      const { name } = attribute
      if (name === 'dtype' || (name === 'to' && proto.opType === 'Cast'))
        attributes[name] = singleType(typeOf(value as number, name))
      else attributes[name] = isTensor(value) ? single(value) : value
    }
    const note = (text: string) => this.note(text)
    const named = proto.output.filter((name) => name !== '').length
    return { op: proto.opType, opset: this.opset, inputs, outputs, named, attributes, note }
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

/** A constant as an output of the file: an output must come from a node. */
function passedOn(constant: Tensor): Conversion {
  return (_, builder) => form('Identity', [builder.constant(constant)])
}

function isTensor(value: AttributeValue): value is Tensor {
  return typeof value === 'object' && 'data' in value
}
