/**
 * What is true of an operator wherever it stands, besides the shapes that it makes: one row for each operator, one
 * column for each trait. The table is exhaustive by its type, so a new operator does not compile until each of its
 * traits is stated. What an operator computes from constants is stated as completely in `evaluate.ts`.
 */

import { axisOf } from './dimensions.ts'
import type { Node, NodeOf, Operator } from './operators.ts'
import type { Known } from './shapes.ts'
import type { Dimension, Graph } from './types.ts'

type Inputs = readonly (Known | undefined)[]

/**
 * Whether a node combines several pictures, or moves them out of place: then a batch does not go through it as its
 * pictures would one by one. At least one input has an open dimension, along which pictures lie, none has two, and the
 * shapes fit.
 */
type Mixing<O extends Operator> = (node: NodeOf<O>, inputs: Inputs) => boolean

/**
 * Whether a claim is certain for a node's first output, or all parts of a Split; it says nothing about other outputs.
 *
 * @param certain whether it is certain for the value of a name
 */
type Claim<O extends Operator> = (
  node: NodeOf<O>,
  certain: (name: string) => boolean,
  constants: Graph['initializers'],
) => boolean

interface Traits<O extends Operator> {
  readonly mixes: Mixing<O>
  /** It has no negative element. */
  readonly nonNegative: Claim<O>
  /** The operator bounds it on both sides, or it is such a value scaled, shifted or moved. */
  readonly bounded: Claim<O>
}

const never = () => false
const always = () => true

/** A claim that holds for the output where it holds for the first input. */
const asFirst = ({ inputs: [x] }: Node, certain: (name: string) => boolean) => certain(x!)

/** A claim that holds for the output where it holds for every input. */
const asAll = ({ inputs }: Node, certain: (name: string) => boolean) => inputs.every(certain)

const TRAITS: { readonly [O in Operator]: Traits<O> } = {
  Conv: { mixes: unlessFirst, nonNegative: never, bounded: never },
  ConvTranspose: { mixes: unlessFirst, nonNegative: never, bounded: never },
  Gemm: { mixes: mixesInGemm, nonNegative: never, bounded: never },
  MatMul: { mixes: mixesInMatMul, nonNegative: never, bounded: never },
  // The positions of its maxima are counted through all pictures before them.
  MaxPool: {
    mixes: (node, inputs) => node.outputs.length > 1 || unlessFirst(node, inputs),
    nonNegative: asFirst,
    bounded: never,
  },
  AveragePool: { mixes: unlessFirst, nonNegative: asFirst, bounded: never },
  GlobalAveragePool: { mixes: unlessFirst, nonNegative: asFirst, bounded: never },
  GlobalMaxPool: { mixes: unlessFirst, nonNegative: asFirst, bounded: never },
  BatchNormalization: { mixes: unlessFirst, nonNegative: never, bounded: never },
  LRN: { mixes: unlessFirst, nonNegative: asFirst, bounded: never },
  Dropout: { mixes: never, nonNegative: asFirst, bounded: asFirst },
  Softmax: { mixes: alongItsAxis, nonNegative: always, bounded: always },
  LogSoftmax: { mixes: alongItsAxis, nonNegative: never, bounded: never },
  SoftmaxCrossEntropyLoss: { mixes: always, nonNegative: never, bounded: never },

  Relu: { mixes: never, nonNegative: always, bounded: never },
  LeakyRelu: { mixes: never, nonNegative: never, bounded: never },
  PRelu: { mixes: unlessAligned, nonNegative: never, bounded: never },
  Clip: {
    mixes: never,
    nonNegative: ({ inputs: [, low] }, _, constants) => Number(constants.get(low ?? '')?.data[0]) >= 0,
    bounded: ({ inputs: [, low, high] }, _, constants) =>
      constants.has(low ?? '') && constants.has(high ?? ''),
  },
  Elu: { mixes: never, nonNegative: never, bounded: never },
  Sigmoid: { mixes: never, nonNegative: always, bounded: always },
  HardSigmoid: { mixes: never, nonNegative: always, bounded: always },
  HardSwish: { mixes: never, nonNegative: never, bounded: never },
  Tanh: { mixes: never, nonNegative: never, bounded: always },
  Softplus: { mixes: never, nonNegative: always, bounded: never },
  Erf: { mixes: never, nonNegative: never, bounded: always },

  Neg: { mixes: never, nonNegative: never, bounded: asFirst },
  Abs: { mixes: never, nonNegative: always, bounded: never },
  Sqrt: { mixes: never, nonNegative: asFirst, bounded: never },
  Exp: { mixes: never, nonNegative: always, bounded: never },
  Log: { mixes: never, nonNegative: never, bounded: never },
  Reciprocal: { mixes: never, nonNegative: never, bounded: never },
  Add: { mixes: unlessAligned, nonNegative: asAll, bounded: besideConstant },
  Sub: { mixes: unlessAligned, nonNegative: never, bounded: besideConstant },
  Mul: { mixes: unlessAligned, nonNegative: asAll, bounded: besideConstant },
  Div: {
    mixes: unlessAligned,
    nonNegative: never,
    bounded: ({ inputs: [x, by] }, certain, constants) => certain(x!) && constants.has(by!),
  },
  Pow: { mixes: unlessAligned, nonNegative: never, bounded: never },
  Max: { mixes: unlessAligned, nonNegative: asAll, bounded: never },
  Min: { mixes: unlessAligned, nonNegative: never, bounded: never },
  Sum: { mixes: unlessAligned, nonNegative: asAll, bounded: never },
  Equal: { mixes: unlessAligned, nonNegative: never, bounded: always },
  Greater: { mixes: unlessAligned, nonNegative: never, bounded: always },
  GreaterOrEqual: { mixes: unlessAligned, nonNegative: never, bounded: always },
  Where: { mixes: unlessAligned, nonNegative: never, bounded: never },
  Cast: { mixes: never, nonNegative: never, bounded: asFirst },
  ReduceSum: { mixes: alongGivenAxes, nonNegative: asFirst, bounded: never },
  ReduceMean: { mixes: alongGivenAxes, nonNegative: asFirst, bounded: never },
  ReduceMax: { mixes: alongGivenAxes, nonNegative: asFirst, bounded: never },
  ArgMax: { mixes: alongItsAxis, nonNegative: never, bounded: never },

  Identity: { mixes: never, nonNegative: asFirst, bounded: asFirst },
  // The rows of a picture stay together only where the pictures come first.
  Flatten: { mixes: unlessFirst, nonNegative: asFirst, bounded: asFirst },
  Reshape: { mixes: unlessFirst, nonNegative: asFirst, bounded: asFirst },
  Transpose: { mixes: never, nonNegative: asFirst, bounded: asFirst },
  Squeeze: { mixes: never, nonNegative: asFirst, bounded: asFirst },
  Unsqueeze: { mixes: never, nonNegative: asFirst, bounded: asFirst },
  Slice: {
    mixes: (_, [x, starts, , axes]) =>
      (axes?.dimensions ?? starts!.dimensions!.map((_, k) => k)).some((axis) => isOpenAt(x, Number(axis))),
    nonNegative: asFirst,
    bounded: asFirst,
  },
  Split: { mixes: alongItsAxis, nonNegative: asFirst, bounded: asFirst },
  // Where pictures are cut off at one end and padded at the other, all move by a place.
  Pad: {
    mixes: (_, [x, pads, , axes]) =>
      axes !== undefined ||
      x!.shape.some(
        (d, k) => isOpen(d) && (pads!.dimensions?.[k] || pads!.dimensions?.[k + x!.shape.length]),
      ),
    nonNegative: ({ inputs }, certain) => certain(inputs[0]!) && inputs.length < 3,
    bounded: never,
  },
  Concat: {
    mixes: ({ attributes: { axis } }, inputs) => inputs.some((input) => isOpenAt(input, axis)),
    nonNegative: asAll,
    bounded: asAll,
  },
  Expand: { mixes: never, nonNegative: asFirst, bounded: asFirst },
  Resize: {
    mixes: (node, inputs) => inputs[3] !== undefined || unlessFirst(node, inputs),
    nonNegative: never,
    bounded: never,
  },
  Shape: { mixes: always, nonNegative: never, bounded: never },
  ConstantOfShape: { mixes: always, nonNegative: never, bounded: never },
  CumSum: {
    mixes: (_, [x, axis]) => !axis?.dimensions || isOpenAt(x, Number(axis.dimensions[0])),
    nonNegative: never,
    bounded: never,
  },
  OneHot: { mixes: always, nonNegative: never, bounded: never },
  // Where both are open, every picture is looked up with the indices of every other.
  Gather: {
    mixes: (node, [x, indices]) => alongItsAxis(node, [x]) || (hasOpen(x) && hasOpen(indices)),
    nonNegative: asFirst,
    bounded: asFirst,
  },
  ScatterElements: { mixes: always, nonNegative: never, bounded: never },

  Scan: { mixes: always, nonNegative: never, bounded: never },
}

/**
 * Whether a node, by what is known about its inputs, combines several pictures or moves them out of place. Pictures lie
 * along open dimensions.
 */
export function mixesPictures(node: Node, inputs: Inputs): boolean {
  const open = inputs.map((input) => input?.shape.filter(isOpen).length ?? 0)
  if (open.every((count) => count === 0)) return false
  const mixes = TRAITS[node.op].mixes as Mixing<Operator>
  return open.some((count) => count > 1) || mixes(node, inputs)
}

/** The names of the values that certainly have no negative element; inputs and constants are never among them. */
export function nonNegativeValues(graph: Graph): ReadonlySet<string> {
  return certainValues(graph, 'nonNegative')
}

/**
 * The names of the values that their operator bounds on both sides (a sigmoid, a tanh, a comparison, a clipping from
 * both sides), and of such values scaled, shifted or moved.
 */
export function boundedValues(graph: Graph): ReadonlySet<string> {
  return certainValues(graph, 'bounded')
}

function certainValues(graph: Graph, trait: 'nonNegative' | 'bounded'): ReadonlySet<string> {
  const found = new Set<string>()
  for (const node of graph.nodes) {
    const claim = TRAITS[node.op][trait] as Claim<Operator>
    if (!claim(node, (name) => found.has(name), graph.initializers)) continue
    for (const name of node.op === 'Split' ? node.outputs : node.outputs.slice(0, 1)) found.add(name)
  }
  return found
}

function isOpen(dimension: Dimension): boolean {
  return typeof dimension === 'string'
}

function hasOpen(input: Known | undefined): boolean {
  return input?.shape.some(isOpen) ?? false
}

function isOpenAt(input: Known | undefined, axis: number): boolean {
  return input !== undefined && isOpen(input.shape[axisOf(axis, input.shape.length)]!)
}

/** Where the open dimension is, counted from the end: −1 is the last. Undefined where there is none. */
function openPlace(input: Known | undefined): number | undefined {
  const at = input?.shape.findIndex(isOpen) ?? -1
  return at < 0 ? undefined : at - input!.shape.length
}

/** For operators that treat dimension 0 of their first input as the batch, and have no other input with pictures. */
function unlessFirst(_: Node, [x, ...others]: Inputs): boolean {
  return (x?.shape.slice(1).some(isOpen) ?? false) || others.some(hasOpen)
}

/**
 * For operators that broadcast their inputs: each picture meets itself only where pictures lie along the same
 * dimension.
 */
function unlessAligned(_: Node, inputs: Inputs): boolean {
  const places = inputs.map(openPlace).filter((place) => place !== undefined)
  return new Set(places).size > 1
}

function alongItsAxis({ attributes: { axis } }: { attributes: { axis: number } }, [x]: Inputs): boolean {
  return isOpenAt(x, axis)
}

/** Without axes, or with an empty list, it is along all of them, unless an attribute says that this means none. */
function alongGivenAxes(
  { attributes: { noop_with_empty_axes } }: NodeOf<'ReduceSum' | 'ReduceMean' | 'ReduceMax'>,
  [x, axes]: Inputs,
): boolean {
  if (axes?.dimensions?.length) return axes.dimensions.some((axis) => isOpenAt(x, Number(axis)))
  return !noop_with_empty_axes && hasOpen(x)
}

function mixesInGemm({ attributes: { transA, transB } }: NodeOf<'Gemm'>, [a, b, c]: Inputs): boolean {
  if (isOpenAt(a, transA ? 0 : 1) || isOpenAt(b, transB ? 1 : 0)) return true
  if (hasOpen(a) && hasOpen(b)) return true
  return hasOpen(c) && openPlace(c) !== (hasOpen(a) ? -2 : hasOpen(b) ? -1 : undefined)
}

/**
 * The rows of one side meet all columns of the other: pictures may lie along one side's, or along earlier dimensions.
 */
function mixesInMatMul(_: Node, [a, b]: Inputs): boolean {
  const [left, right] = [openPlace(a), openPlace(b)]
  if (left === -1 || right === -2) return true
  return left !== undefined && right !== undefined && left !== right
}

/** One side of an arithmetic node whose other side is constant. */
function besideConstant(
  { inputs: [x, y] }: Node,
  certain: (name: string) => boolean,
  constants: Graph['initializers'],
): boolean {
  return (certain(x!) && constants.has(y!)) || (certain(y!) && constants.has(x!))
}
