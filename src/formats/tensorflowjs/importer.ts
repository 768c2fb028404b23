import { addToGroup } from '../../base/groupBy.ts'
import { GraphBuilder, type Value } from '../../graph/builder.ts'
import type { AttributesOf, Operator } from '../../graph/operators.ts'
import { type DataType, float32, type Graph, int64, type Shape, type Tensor } from '../../graph/types.ts'
import { type Held, knownSizes, pictureConstant, TO_PICTURE, TO_WRITTEN } from './layout.ts'
import type { TensorFlowNode, ValueName } from './model.ts'

/** Turns one TensorFlow operator into nodes, and gives what each of its outputs became. */
export type Rule = (importer: Importer, node: TensorFlowNode) => Held | Held[]

/**
 * The graph that is being built from a TensorFlow graph, and what each TensorFlow value became.
 *
 * Rules throw plain errors: the caller adds the node and the file.
 */
export class Importer {
  private readonly builder: GraphBuilder
  private readonly consumers = new Map<string, TensorFlowNode[]>()
  private readonly results = new Map<string, Held[]>()
  private readonly reserved: ReadonlySet<string>
  private readonly outputs: ReadonlySet<string>
  // A value is transposed once, not again for the next reader.
  private readonly turned = new Map<string, Value>()

  /**
   * @param nodes all nodes of the TensorFlow graph that its outputs need
   * @param inputs names of the graph's inputs
   * @param outputs the TensorFlow value that each of the graph's outputs is, by the output's name
   */
  constructor(
    nodes: readonly TensorFlowNode[],
    inputs: readonly string[],
    outputs: ReadonlyMap<string, ValueName>,
  ) {
    this.builder = new GraphBuilder('tensorflowjs')
    this.reserved = new Set([...inputs, ...outputs.keys()])
    this.outputs = new Set([...outputs.values()].map(({ node }) => node))
    for (const node of nodes) {
      for (const input of node.inputs) {
        addToGroup(this.consumers, input.node, node)
      }
    }
  }

  /** Declare an input of the graph. */
  declareInput(name: string, type: DataType, shape: Shape): Held {
    return { form: 'written', value: this.builder.input(name, type, shape) }
  }

  /** Declare an output of the graph, in TensorFlow's order of axes. */
  declareOutput(name: string, value: ValueName): void {
    this.builder.output(name, this.written(this.held(value)))
  }

  graph(): Graph {
    return this.builder.graph()
  }

  /** Whether a node's values already exist: an earlier node may have absorbed it. */
  isDone(node: TensorFlowNode): boolean {
    return this.results.has(node.name)
  }

  /** Record what a node's outputs became. */
  setResult(node: TensorFlowNode, result: Held | Held[]): void {
    this.results.set(node.name, Array.isArray(result) ? result : [result])
  }

  /** The only node that reads this node's single output; undefined where others do, or it is an output of the graph. */
  onlyReader(node: TensorFlowNode): TensorFlowNode | undefined {
    const readers = this.consumers.get(node.name) ?? []
    return readers.length === 1 && !this.outputs.has(node.name) ? readers[0] : undefined
  }

  /** An input of a node, as it is held. */
  input(node: TensorFlowNode, k: number): Held {
    const name = node.inputs[k]
    if (!name) throw new Error(`it has no input ${k}`)
    return this.held(name)
  }

  /** An input of a node that may come later than the one that asks: undefined where it does not exist yet. */
  earlier(node: TensorFlowNode, k: number): Held | undefined {
    const { node: name, index } = node.inputs[k]!
    return this.results.get(name)?.[index]
  }

  /** All inputs of a node, as they are held. */
  inputsOf(node: TensorFlowNode): Held[] {
    return node.inputs.map((name) => this.held(name))
  }

  /** A value that a rule needs the elements of. */
  constantInput(node: TensorFlowNode, k: number, what: string): Tensor {
    const held = this.input(node, k)
    if (held.form !== 'constant') throw new Error(`${what} must be constant`)
    return held.tensor
  }

  /** An input of integers that a rule needs to know: axes, paddings, sizes. */
  integers(node: TensorFlowNode, k: number, what: string): number[] {
    const sizes = knownSizes(this.input(node, k))
    if (!sizes?.every((size) => typeof size === 'number')) throw new Error(`${what} must be constant`)
    return sizes as number[]
  }

  /** Add a node with one output. It is called `name`, made unique. */
  emit<O extends Operator>(
    name: string,
    op: O,
    inputs: readonly (Value | undefined)[],
    attributes: Partial<AttributesOf<O>> = {},
  ): Value {
    return this.builder.op(op, inputs, attributes, this.free(name))
  }

  /** Add a node with several outputs. */
  emitMany<O extends Operator>(
    name: string,
    op: O,
    outputs: number,
    inputs: readonly (Value | undefined)[],
    attributes: Partial<AttributesOf<O>> = {},
  ): Value[] {
    return this.builder.ops(op, outputs, inputs, attributes, this.free(name))
  }

  constant(tensor: Tensor, name: string): Value {
    return this.builder.constant(tensor, this.free(name))
  }

  /** A constant int64 vector, as ONNX wants axes and shapes. */
  vector(values: readonly number[], name: string): Value {
    return this.constant(int64([values.length], values), name)
  }

  scalar(value: number, name: string): Value {
    return this.constant(float32([], [value]), name)
  }

  /** A value as TensorFlow writes it. */
  written(held: Held): Value {
    switch (held.form) {
      case 'written':
        return held.value
      case 'picture':
        return this.turn(held.value, TO_WRITTEN, 'written')
      case 'constant':
        return this.constant(held.tensor, 'constant')
      case 'sizes':
        throw new Error(`the sizes [${held.sizes.join(', ')}] are known only when the graph runs`)
    }
  }

  /** A value of four axes, with the channels second. */
  picture(held: Held): Value {
    if (held.form === 'picture') return held.value
    if (held.form === 'constant' && held.tensor.shape.length === 4) {
      return this.constant(pictureConstant(held.tensor), 'constant')
    }
    const value = this.written(held)
    if (value.shape.length !== 4) throw new Error(`a picture has four axes, not [${value.shape.join(', ')}]`)
    return this.turn(value, TO_PICTURE, 'picture')
  }

  private turn(value: Value, perm: readonly number[], to: string): Value {
    const key = `${value.name}/${to}`
    const turned = this.turned.get(key) ?? this.emit(key, 'Transpose', [value], { perm })
    this.turned.set(key, turned)
    return turned
  }

  private held({ node, index }: ValueName): Held {
    const found = this.results.get(node)?.[index]
    if (!found) throw new Error(`output ${index} of node ${node} is not supported`)
    return found
  }

  // A node may not take the name of an input or output: these get their names when they are declared.
  private free(name: string): string {
    return this.reserved.has(name) ? `${name}/value` : name
  }
}
