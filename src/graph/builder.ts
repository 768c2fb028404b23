import { reasonOf } from '../base/errors.ts'
import { TakenNames } from './names.ts'
import { type AttributesOf, type Node, OPERATORS, OPSET, type Operator } from './operators.ts'
import { inferNode, type Known, known } from './shapes.ts'
import {
  type DataType,
  float32,
  type Graph,
  int64,
  type Shape,
  type Tensor,
  type ValueInfo,
} from './types.ts'
import { namesRead } from './wiring.ts'

/** A value in a graph that is being built: its name, element type and shape. */
export type Value = ValueInfo

/** Whether all attributes of an operator may be left out. */
type GivenAttributes<O extends Operator> = Partial<AttributesOf<O>>

/**
 * Builds a graph node by node; each method adds one node and returns the value that it makes, with its shape
 * already inferred.
 *
 * ```ts
 * const g = new GraphBuilder('scaled')
 * const x = g.input('x', 'float32', ['batch', 3])
 * g.output('y', g.mul(x, g.scalar(2)))
 * const graph = g.graph()
 * ```
 *
 * Nodes get names that say where they belong: those added inside {@link scope} carry its prefix.
 */
export class GraphBuilder {
  private readonly name: string
  private readonly inputs: Value[] = []
  private readonly outputs: Value[] = []
  private readonly initializers = new Map<string, Tensor>()
  private nodes: Node[] = []
  private readonly values = new Map<string, Known>()
  private readonly derivations = new Map<string, Value>()
  private readonly reserved = new Set<string>()
  private readonly taken = new TakenNames([], (name) => this.reserved.has(name))
  private readonly constants = new Set<string>()
  /** The names that values had before. */
  private readonly renamed = new Map<string, string>()
  private prefix = ''

  constructor(name: string) {
    this.name = name
  }

  /** A builder that continues from a finished graph, which itself stays unchanged. Its outputs are kept. */
  static from(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder(graph.name)
    for (const { name, type, shape } of graph.inputs) builder.input(name, type, shape)
    for (const [name, tensor] of graph.initializers) builder.initializer(name, tensor)
    for (const node of graph.nodes) builder.append(node)
    for (const { name } of graph.outputs) builder.outputs.push(builder.value(name))
    return builder
  }

  /** Declare an input. */
  input(name: string, type: DataType, shape: Shape): Value {
    const value = { name: this.claim(name), type, shape }
    this.inputs.push(value)
    this.values.set(value.name, known(value))
    return value
  }

  /** A constant tensor. Its name is made unique. */
  constant(tensor: Tensor, name = 'constant'): Value {
    return this.addConstant(this.unique(name), tensor)
  }

  /** A constant tensor of exactly this name. */
  initializer(name: string, tensor: Tensor): Value {
    return this.addConstant(this.claim(name), tensor)
  }

  private addConstant(name: string, tensor: Tensor): Value {
    this.initializers.set(name, tensor)
    this.constants.add(name)
    this.values.set(name, known(tensor, tensor))
    return { name, type: tensor.type, shape: tensor.shape }
  }

  /** Reserve names for later values: no generated name will be one of these. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.reserved.add(name)
  }

  /** A constant float32 number, of shape [], which broadcasts to any shape. */
  scalar(value: number): Value {
    return this.constant(float32([], [value]), 'scalar')
  }

  /** A constant int64 vector. */
  integers(values: readonly number[], name = 'integers'): Value {
    return this.constant(int64([values.length], values), name)
  }

  /**
   * A constant that is computed from others: made once for each label, however often it is asked for.
   *
   * @param label names the constant, and says what it is: equal labels mean equal constants
   */
  derived(label: string, make: () => Tensor): Value {
    return this.once(label, () => this.constant(make(), label))
  }

  /**
   * A value that follows from constants alone: its nodes are added once for each label, however often it is asked for.
   *
   * @param label says what it is: equal labels mean equal values
   */
  once(label: string, build: () => Value): Value {
    const found = this.derivations.get(label)
    if (found) return found
    const value = build()
    this.derivations.set(label, value)
    return value
  }

  /** Whether a value is a constant, or follows from constants alone. */
  isConstant({ name }: Value): boolean {
    return this.constants.has(name)
  }

  /** The elements of a constant; undefined for a value that is computed or fed. */
  constantOf(value: Value): Tensor | undefined {
    return this.initializers.get(value.name)
  }

  /** The value of this name; undefined where there is none. */
  find(name: string): Value | undefined {
    return this.values.has(name) ? this.value(name) : undefined
  }

  /**
   * The value of this name.
   * @throws Error where there is none
   */
  value(name: string): Value {
    const { type, shape } = this.knownOf(name)
    return { name, type, shape }
  }

  /**
   * Add a node with one output.
   *
   * @param inputs values, in ONNX's order; undefined for an optional one that is left out
   * @param attributes those that differ from ONNX's defaults
   * @param name of the node and its output, made unique; by default the operator's
   */
  op<O extends Operator>(
    op: O,
    inputs: readonly (Value | undefined)[],
    attributes: GivenAttributes<O> = {},
    name: string = op,
  ): Value {
    return this.ops(op, 1, inputs, attributes, name)[0]!
  }

  /** Add a node with several outputs. The first has the node's name, the others also carry a number. */
  ops<O extends Operator>(
    op: O,
    outputs: number,
    inputs: readonly (Value | undefined)[],
    attributes: GivenAttributes<O> = {},
    name: string = op,
  ): Value[] {
    const unique = this.unique(name)
    const names = Array.from({ length: outputs }, (_, k) =>
      k === 0 ? unique : this.unique(`${unique}.${k}`),
    )
    return this.append({
      op,
      name: unique,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: names,
      attributes: withDefaults(op, attributes),
    } as Node)
  }

  /** Prefix the names of the nodes that `build` adds: `prefix/…`. */
  scope<T>(prefix: string, build: () => T): T {
    const outer = this.prefix
    this.prefix = `${outer}${prefix}/`
    try {
      return build()
    } finally {
      this.prefix = outer
    }
  }

  /** Declare an output. The value takes this name, through an Identity where it is an input or a constant. */
  output(name: string, given: Value): Value {
    const value = { ...given, name: this.nameOf(given) }
    const at = this.nodes.findIndex((node) => node.outputs.includes(value.name))
    const isOutput = this.outputs.some((output) => output.name === value.name)
    const renamed = { ...value, name }
    if (value.name !== name) {
      if (at >= 0 && !isOutput) {
        this.rename(value, name)
      } else {
        this.append({
          op: 'Identity',
          name: `${name}.identity`,
          inputs: [value.name],
          outputs: [this.claim(name)],
          attributes: {},
        })
      }
    }
    this.outputs.push(renamed)
    return renamed
  }

  /** What a value is called now: it may have become an output, or been renamed otherwise, since it was handed out. */
  private nameOf({ name }: Value): string {
    let now = name
    for (let next = this.renamed.get(now); next !== undefined; next = this.renamed.get(now)) now = next
    return now
  }

  /**
   * Give an output of a node another name, wherever it is read.
   *
   * @param node the node's new name; by default its old one
   */
  rename(value: Value, name: string, node?: string): Value {
    const own = this.claim(name)
    const rename = (names: readonly string[]) => names.map((old) => (old === value.name ? own : old))
    const first = this.nodes.findIndex(({ outputs }) => outputs.includes(value.name))
    this.nodes = this.nodes.map((old, k) => {
      if (k < first) return old
      const renamed = { ...old, inputs: rename(old.inputs), outputs: rename(old.outputs) } as Node
      return k === first && node !== undefined ? { ...renamed, name: node } : renamed
    })
    this.renamed.set(value.name, own)
    this.values.set(own, this.knownOf(value.name))
    if (this.constants.has(value.name)) this.constants.add(own)
    return { ...value, name: own }
  }

  /** The finished graph. Constants that nothing reads are left out. */
  graph(): Graph {
    const read = new Set([...this.nodes.flatMap(namesRead), ...this.outputs.map(({ name }) => name)])
    return {
      name: this.name,
      opset: OPSET,
      inputs: [...this.inputs],
      outputs: [...this.outputs],
      initializers: new Map([...this.initializers].filter(([name]) => read.has(name))),
      nodes: [...this.nodes],
    }
  }

  add(a: Value, b: Value): Value {
    return this.op('Add', [a, b])
  }
  sub(a: Value, b: Value): Value {
    return this.op('Sub', [a, b])
  }
  mul(a: Value, b: Value): Value {
    return this.op('Mul', [a, b])
  }
  div(a: Value, b: Value): Value {
    return this.op('Div', [a, b])
  }
  matmul(a: Value, b: Value): Value {
    return this.op('MatMul', [a, b])
  }

  /** The sum of any number of values. */
  sum(values: readonly Value[]): Value {
    return values.length === 1 ? values[0]! : this.op('Sum', values)
  }

  /** ONNX's Reshape: 0 keeps a dimension, −1 infers it. */
  reshape(x: Value, shape: readonly number[]): Value {
    return this.op('Reshape', [x, this.integers(shape)])
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.op('Transpose', [x], { perm })
  }

  /** Sum over the given axes. */
  reduceSum(x: Value, axes: readonly number[], keepdims: boolean): Value {
    return this.op('ReduceSum', [x, this.integers(axes)], { keepdims: keepdims ? 1 : 0 })
  }

  /** Cut a range out of some axes: `{ axis: [start, end, step] }`; negative numbers count as in ONNX. */
  slice(x: Value, ranges: Record<number, readonly [start: number, end: number, step?: number]>): Value {
    const axes = Object.keys(ranges).map(Number)
    if (axes.length === 0) return x
    const column = (k: 0 | 1 | 2) => this.integers(axes.map((axis) => ranges[axis]![k] ?? 1))
    return this.op('Slice', [x, column(0), column(1), this.integers(axes), column(2)])
  }

  /** Pad with zeros; `before` and `after` have one number for each axis. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value {
    return this.op('Pad', [x, this.integers([...before, ...after])])
  }

  concat(values: readonly Value[], axis: number): Value {
    return values.length === 1 ? values[0]! : this.op('Concat', values, { axis })
  }

  /** Add a node as it stands, with its names. */
  append(node: Node): Value[] {
    let inferred: ReturnType<typeof inferNode>
    try {
      inferred = inferNode(
        node,
        node.inputs.map((name) => (name === '' ? undefined : this.knownOf(name))),
      )
    } catch (error) {
      throw new Error(`node ${node.name} (${node.op}): ${reasonOf(error)}`)
    }
    this.nodes.push(node)
    // The first output of a node has the node's name, unless it was renamed.
    this.taken.add(node.name)
    const constant = node.inputs.every((name) => name === '' || this.constants.has(name))
    return node.outputs.map((name, k) => {
      this.taken.add(name)
      if (constant) this.constants.add(name)
      this.values.set(name, inferred[k]!)
      return { name, type: inferred[k]!.type, shape: inferred[k]!.shape }
    })
  }

  /** What is known about the value of this name: its type, its shape and, for a constant, its elements. */
  knownOf(name: string): Known {
    const found = this.values.get(name)
    if (!found) throw new Error(`there is no value called ${name} in graph ${this.name}`)
    return found
  }

  private claim(name: string): string {
    if (this.taken.has(name)) throw new Error(`the name ${name} is taken in graph ${this.name}`)
    this.taken.add(name)
    return name
  }

  private unique(name: string): string {
    return this.taken.unique(this.prefix + name)
  }
}

/** All attributes of an operator: those given, and ONNX's defaults for the others. */
export function withDefaults<O extends Operator>(op: O, given: GivenAttributes<O>): AttributesOf<O> {
  const attributes: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(OPERATORS[op].attributes)) {
    const value = (given as Record<string, unknown>)[name] ?? spec.default
    if (value === undefined) throw new Error(`operator ${op} needs the attribute ${name}`)
    // A file holds 32-bit floats: rounding here makes a graph equal what is read back from its file.
    attributes[name] = spec.kind === 'float' ? Math.fround(value as number) : value
  }
  return attributes as AttributesOf<O>
}
