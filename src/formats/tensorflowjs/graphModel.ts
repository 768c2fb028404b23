import { reasonOf, UserError } from '../../base/errors.ts'
import type { Dimension, Graph, Shape, Tensor } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { Importer } from './importer.ts'
import {
  checkModel,
  type ModelJson,
  type RawShape,
  rawShape,
  TensorFlowNode,
  type ValueName,
  valueName,
} from './model.ts'
import { RULES } from './operators/index.ts'
import { decodeWeights, type WeightFiles } from './weights.ts'

/** What a model may leave open. */
export interface ImportOptions {
  /** Height and width of the pictures, in pixels, for a model that takes pictures of any size. */
  readonly size?: readonly [height: number, width: number]
}

/** Operators of graphs that branch or loop. */
const CONTROL_FLOW =
  /^(Switch|Merge|Enter|Exit|NextIteration|LoopCond|(Stateless)?(While|If)|TensorList\w+|TensorArray\w+)$/

/**
 * A TensorFlow.js graph model as an ONNX graph.
 *
 * Inputs and outputs keep their names (those of the model's signature, where it has one) and their shapes in
 * TensorFlow's order of axes ([batch, height, width, channels] for pictures). An unknown batch is called
 * `batch`. Inside, pictures are [batch, channels, height, width].
 *
 * @param json the parsed model.json, or the model as TensorFlow.js holds it in memory
 * @param files the model's weight files
 * @param where the model's name, for messages
 * @throws UserError when it is not a graph model, its weights are incomplete, or it uses something that regard does not
 * read
 */
export function importGraphModel(
  json: unknown,
  files: WeightFiles,
  where: string,
  options: ImportOptions = {},
): Graph {
  return graphOf(parseGraphModel(json, where), files, where, options)
}

/** A model whose nodes are all known, but whose graph is not built yet. */
export interface ParsedGraphModel extends Endpoints {
  readonly model: ModelJson
  readonly all: ReadonlyMap<string, TensorFlowNode>
  /** The nodes that the outputs depend on. */
  readonly nodes: readonly TensorFlowNode[]
}

/**
 * The first half of {@link importGraphModel}: what is known without the weights.
 *
 * @throws UserError when it is not a graph model, or has a node whose operator regard does not read
 */
export function parseGraphModel(json: unknown, where: string): ParsedGraphModel {
  const model = checkModel(json, where)
  const all = new Map(model.modelTopology.node.map((node) => [node.name, new TensorFlowNode(node)]))
  const { inputs, outputs } = endpoints(model, all)
  const nodes = neededNodes(all, outputs, where)
  checkOperators(nodes, where)
  return { model, all, inputs, outputs, nodes }
}

/**
 * The second half of {@link importGraphModel}.
 *
 * @throws UserError when its weights are incomplete, or it uses something that regard does not read
 */
export function graphOf(
  { model, all, inputs, outputs, nodes }: ParsedGraphModel,
  files: WeightFiles,
  where: string,
  options: ImportOptions = {},
): Graph {
  const weights = decodeWeights(model, files, where)
  const inputNames = [...inputs.values()].map(({ name }) => name)
  const importer = new Importer(nodes, inputNames, outputs)
  const at = (node: TensorFlowNode, action: () => void) => {
    try {
      action()
    } catch (error) {
      throw new UserError(
        `node ${node.name}, of the TensorFlow operator ${node.op}, cannot be read: ${reasonOf(error)}`,
        where,
      )
    }
  }
  // Inputs and weights come first, so that a layer can look at the weights of what follows it.
  for (const [name, input] of inputs) {
    const node = all.get(name)
    if (!node) throw new UserError(`its input ${name} is not in its graph`, where)
    at(node, () => {
      const shape = inputShape(input.shape, node.shape('shape'), options)
      importer.setResult(node, importer.declareInput(input.name, node.type('dtype'), shape))
    })
  }
  for (const node of nodes) {
    if (node.op === 'Const') at(node, () => importer.setResult(node, constantOf(node, weights)))
  }
  for (const node of sorted(nodes, where)) {
    at(node, () => {
      if (importer.isDone(node)) return
      const format = node.text('data_format')
      if (format !== '' && format !== 'NHWC')
        throw new Error(`the data format ${format} is not supported, only NHWC`)
      importer.setResult(node, RULES.get(node.op)!(importer, node))
    })
  }
  for (const [name, value] of outputs) at(all.get(value.node)!, () => importer.declareOutput(name, value))
  const graph = importer.graph()
  try {
    verify(graph)
  } catch (error) {
    throw new UserError(`is not a well-formed model: ${reasonOf(error)}`, where)
  }
  return graph
}

/** The inputs, by the name of their node, and the outputs, by name. */
interface Endpoints {
  readonly inputs: ReadonlyMap<string, { readonly name: string; readonly shape: RawShape }>
  readonly outputs: ReadonlyMap<string, ValueName>
}

/** Without a signature, the inputs of a model are its placeholders, and its outputs the values that nothing reads. */
function endpoints(model: ModelJson, nodes: ReadonlyMap<string, TensorFlowNode>): Endpoints {
  const signature = model.userDefinedMetadata?.signature ?? model.signature
  const inputs = new Map<string, { name: string; shape: RawShape }>()
  for (const [key, { name, tensorShape }] of Object.entries(signature?.inputs ?? {})) {
    inputs.set(valueName(name).node, { name: withoutIndex(key), shape: rawShape(tensorShape) })
  }
  for (const { op, name } of nodes.values()) {
    if (op === 'Placeholder' && !inputs.has(name)) inputs.set(name, { name, shape: undefined })
  }
  const named = Object.entries(signature?.outputs ?? {})
  if (named.length > 0) {
    const outputs = named.map(([key, { name }]) => [withoutIndex(key), valueName(name)] as const)
    return { inputs, outputs: new Map(outputs) }
  }
  const read = new Set([...nodes.values()].flatMap((node) => node.inputs.map((input) => input.node)))
  const ends = [...nodes.values()].filter(
    ({ name, op }) => !read.has(name) && op !== 'NoOp' && op !== 'Const',
  )
  return { inputs, outputs: new Map(ends.map(({ name }) => [name, { node: name, index: 0 }])) }
}

/** The first output of a node has the node's name. */
function withoutIndex(name: string): string {
  return name.replace(/:0$/, '')
}

/** The nodes that the outputs depend on, in the order of the file. */
function neededNodes(
  all: ReadonlyMap<string, TensorFlowNode>,
  outputs: ReadonlyMap<string, ValueName>,
  where: string,
): TensorFlowNode[] {
  const needed = new Set<TensorFlowNode>()
  const open = [...outputs.values()].map(({ node }) => node)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = all.get(name)
    if (!node) throw new UserError(`its graph reads ${name}, which is not in it`, where)
    if (needed.has(node)) continue
    needed.add(node)
    for (const input of node.inputs) open.push(input.node)
  }
  return [...all.values()].filter((node) => needed.has(node))
}

function checkOperators(nodes: readonly TensorFlowNode[], where: string): void {
  const branching = nodes.find(({ op }) => CONTROL_FLOW.test(op))
  if (branching) {
    throw new UserError(
      `node ${branching.name} uses the TensorFlow operator ${branching.op}: regard does not read models that branch or loop`,
      where,
      'Convert the network without what comes after it, such as the selection of boxes',
    )
  }
  const isKnown = ({ op }: TensorFlowNode) => RULES.has(op) || op === 'Const' || op === 'Placeholder'
  const unknown = nodes.filter((node) => !isKnown(node))
  if (unknown.length === 0) return
  const others = [...new Set(unknown.map(({ op }) => op))].filter((op) => op !== unknown[0]!.op)
  throw new UserError(
    `node ${unknown[0]!.name} uses the TensorFlow operator ${unknown[0]!.op}, which regard does not read` +
      (others.length > 0 ? ` (nor ${others.join(', ')}, which it uses elsewhere)` : ''),
    where,
    'Convert the network up to a layer before it, or write that part with other operators',
  )
}

/** Nodes in an order in which each comes after those that it reads from. */
function sorted(nodes: readonly TensorFlowNode[], where: string): TensorFlowNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const order: TensorFlowNode[] = []
  const state = new Map<string, 'open' | 'done'>()
  const stack = [...byName.keys()].reverse()
  while (stack.length > 0) {
    const name = stack.at(-1)!
    const node = byName.get(name)!
    const before = node.inputs.map((input) => input.node).filter((input) => state.get(input) !== 'done')
    if (state.get(name) === 'done' || before.length === 0) {
      if (state.get(name) !== 'done') order.push(node)
      state.set(name, 'done')
      stack.pop()
      continue
    }
    if (state.get(name) === 'open') throw new UserError(`its graph has a cycle through ${name}`, where)
    state.set(name, 'open')
    for (const name of before.reverse()) stack.push(name)
  }
  return order
}

function constantOf(node: TensorFlowNode, weights: ReadonlyMap<string, Tensor>) {
  const tensor = weights.get(node.name)
  if (!tensor) throw new Error('its elements are not among the weights')
  return { form: 'constant', tensor } as const
}

/**
 * The shape of an input: from its node, else from the signature, else `batch` and the given size.
 *
 * @throws Error for a dimension that none of these gives
 */
function inputShape(signature: RawShape, declared: RawShape, { size }: ImportOptions): Shape {
  const rank = (declared ?? signature)?.length
  if (rank === undefined) throw new Error('the model does not say how many dimensions it has')
  return Array.from({ length: rank }, (_, axis): Dimension => {
    const known = [declared?.[axis], signature?.[axis]].find((given) => given !== undefined && given >= 0)
    if (known !== undefined) return known
    if (axis === 0) return 'batch'
    if (rank === 4 && axis < 3) {
      if (size) return size[axis - 1]!
      throw new Error('the model takes pictures of any size: say for which height and width to read it')
    }
    throw new Error(`the model leaves its dimension ${axis} open`)
  })
}
