/**
 * The bounds that a value cannot leave, whatever a network reads: computed from operator to operator by interval
 * arithmetic, one interval for all elements of a value. Unknown values lie between −∞ and ∞, and so do integers, which
 * wrap around.
 */

import { memoised } from '../base/memoised.ts'
import type { NodeOf, Operator } from '../graph/operators.ts'
import type { Graph, Tensor } from '../graph/types.ts'
import { wiringOf } from '../graph/wiring.ts'
import {
  ANYTHING,
  exactly,
  hull,
  type Interval,
  image,
  negative,
  power,
  product,
  quotient,
  square,
  sum,
  UNIT,
} from './intervals.ts'

/**
 * Whether a value always lies between 0 and 1, as relu6(z + 3) / 6 and ½ (1 + z / (1 + |z|)) do: then it is not a
 * logit, though it comes from no softmax or sigmoid.
 */
export function isUnitValue(graph: Graph, name: string): boolean {
  const [least, most] = boundsIn(graph)(name)
  return least >= -SLACK && most <= 1 + SLACK
}

/** How far single precision may overshoot. */
const SLACK = 1e-5

/** The bounds of a graph's values, by their names. */
export function boundsIn(graph: Graph): (name: string) => Interval {
  const { makerOf } = wiringOf(graph)
  const boundsOf = memoised((name: string): Interval => withoutTraces(found(name)))
  const found = (name: string): Interval => {
    const constant = graph.initializers.get(name)
    if (constant) return spanOf(constant)
    const node = makerOf(name)
    // Other outputs are positions, masks and the like; all outputs of a Split have the same bounds.
    if (!node || (name !== node.outputs[0] && node.op !== 'Split')) return ANYTHING
    const of = (k: number) => (node.inputs[k] ? boundsOf(node.inputs[k]) : undefined)
    const rule = BOUNDS[node.op] as Rule<Operator>
    return rule({ node, of, graph, boundsOf })
  }
  return boundsOf
}

/** Numbers below the smallest normal float32 may become 0 where a network runs. */
function withoutTraces(interval: Interval): Interval {
  const [least, most] = interval
  const isTrace = (value: number) => Math.abs(value) < LEAST_NORMAL
  return isTrace(least) || isTrace(most) ? hull(interval, exactly(0)) : interval
}

const LEAST_NORMAL = 2 ** -126

interface Visit<O extends Operator> {
  readonly node: NodeOf<O>
  /** The bounds of an input; undefined where it is omitted. */
  of(k: number): Interval | undefined
  readonly graph: Graph
  /** The bounds of a value of the graph. */
  boundsOf(name: string): Interval
}

/** The bounds of a node's output. Only the bounds that it asks for are computed. */
type Rule<O extends Operator> = (visit: Visit<O>) => Interval

/** Operators that move, select or average elements. */
const asFirst: Rule<Operator> = ({ of }) => of(0)!

const unknown = () => ANYTHING
const unit = () => UNIT

/** A function of one number that is monotonic, or turns only at the given places. */
const by =
  (apply: (value: number) => number, ...turns: readonly number[]): Rule<Operator> =>
  ({ of }) =>
    image(of(0)!, apply, ...turns)

/** Operators that combine all inputs, one after another. */
const ofAll =
  (combine: (a: Interval, b: Interval) => Interval): Rule<Operator> =>
  ({ node, boundsOf }) =>
    node.inputs.map(boundsOf).reduce((a, b) => combine(a, b))

const largest = (a: Interval, b: Interval): Interval => [Math.max(a[0], b[0]), Math.max(a[1], b[1])]
const smallest = (a: Interval, b: Interval): Interval => negative(largest(negative(a), negative(b)))

/** Numbers above 0 unchanged, and those below times a slope. */
const sloped = (x: Interval, slope: Interval): Interval =>
  hull(largest(x, exactly(0)), product(smallest(x, exactly(0)), slope))

/** Sums of any number of elements, or of none. */
const summed: Rule<Operator> = ({ of }) => product(of(0)!, [0, ANYTHING[1]])

const BOUNDS: { readonly [O in Operator]: Rule<O> } = {
  Conv: unknown,
  ConvTranspose: unknown,
  Gemm: ({ node, of, graph }) => {
    const { alpha, beta, transB } = node.attributes
    const products = mixed(of(0)!, graph.initializers.get(node.inputs[1]!), !!transB)
    return sum(product(exactly(alpha), products), product(exactly(beta), of(2) ?? exactly(0)))
  },
  MatMul: ({ node, of, graph }) => mixed(of(0)!, graph.initializers.get(node.inputs[1]!), false),
  MaxPool: asFirst,
  // Its border counts as zeros, or not at all.
  AveragePool: ({ node, of }) => (node.attributes.count_include_pad ? hull(of(0)!, exactly(0)) : of(0)!),
  GlobalAveragePool: asFirst,
  GlobalMaxPool: asFirst,
  BatchNormalization: unknown,
  LRN: unknown,
  Dropout: asFirst,
  Softmax: unit,
  LogSoftmax: () => [ANYTHING[0], 0],
  SoftmaxCrossEntropyLoss: unknown,

  Relu: by((x) => Math.max(x, 0)),
  LeakyRelu: ({ node, of }) => sloped(of(0)!, exactly(node.attributes.alpha)),
  PRelu: ({ of }) => sloped(of(0)!, of(1)!),
  Clip: ({ of }) => smallest(largest(of(0)!, of(1) ?? exactly(ANYTHING[0])), of(2) ?? exactly(ANYTHING[1])),
  Elu: ({ node, of }) => image(of(0)!, (x) => (x < 0 ? node.attributes.alpha * Math.expm1(x) : x), 0),
  Sigmoid: by((x) => 1 / (1 + Math.exp(-x))),
  HardSigmoid: ({ node, of }) => {
    const { alpha, beta } = node.attributes
    const line = sum(product(of(0)!, exactly(alpha)), exactly(beta))
    return smallest(largest(line, exactly(0)), exactly(1))
  },
  HardSwish: by((x) => (x <= -3 ? 0 : x >= 3 ? x : (x * (x + 3)) / 6), -1.5),
  Tanh: by(Math.tanh),
  Softplus: by((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Erf: by(Math.sign, 0),

  Neg: ({ of }) => negative(of(0)!),
  Abs: by(Math.abs, 0),
  Sqrt: by((x) => Math.sqrt(Math.max(x, 0))),
  Exp: by(Math.exp),
  Log: by((x) => Math.log(Math.max(x, 0))),
  Reciprocal: ({ of }) => quotient(exactly(1), of(0)!),
  Add: (visit) => chosen(visit) ?? sum(visit.of(0)!, visit.of(1)!),
  Sub: ({ of }) => sum(of(0)!, negative(of(1)!)),
  Mul: ({ node, of }) => (node.inputs[0] === node.inputs[1] ? square(of(0)!) : product(of(0)!, of(1)!)),
  Div: (visit) => {
    const [x, y] = [visit.of(0)!, visit.of(1)!]
    const plain = quotient(x, y)
    // A number divided by at least its magnitude is at most 1.
    return isPart(visit) ? within(plain, [x[0] < 0 ? -1 : 0, x[1] > 0 ? 1 : 0]) : plain
  },
  Pow: ({ of }) => power(of(0)!, of(1)!),
  Max: ofAll(largest),
  Min: ofAll(smallest),
  Sum: ofAll(sum),
  Equal: unit,
  Greater: unit,
  GreaterOrEqual: unit,
  Where: ({ of }) => hull(of(1)!, of(2)!),
  Cast: ({ node, of }) => {
    const { to } = node.attributes
    return to === 'bool' ? UNIT : to.startsWith('float') ? of(0)! : ANYTHING
  },
  ReduceSum: summed,
  ReduceMean: asFirst,
  ReduceMax: asFirst,
  ArgMax: unknown,

  Identity: asFirst,
  Flatten: asFirst,
  Reshape: asFirst,
  Transpose: asFirst,
  Squeeze: asFirst,
  Unsqueeze: asFirst,
  Slice: asFirst,
  Split: asFirst,
  Pad: ({ node, of }) => (node.attributes.mode === 'constant' ? hull(of(0)!, of(2) ?? exactly(0)) : of(0)!),
  Concat: ofAll(hull),
  Expand: asFirst,
  // Cubic interpolation overshoots.
  Resize: ({ node, of }) =>
    node.attributes.mode === 'cubic' ? ANYTHING : hull(of(0)!, exactly(node.attributes.extrapolation_value)),
  Shape: unknown,
  ConstantOfShape: ({ node }) => spanOf(node.attributes.value),
  CumSum: summed,
  OneHot: ({ of }) => of(2)!,
  Gather: asFirst,
  ScatterElements: ({ node, of }) => (node.attributes.reduction === 'none' ? hull(of(0)!, of(2)!) : ANYTHING),

  Scan: unknown,
}

/** The bounds of a constant. */
function spanOf(tensor: Tensor): Interval {
  if (tensor.data.length === 0 || !(isReal(tensor) || tensor.type === 'bool')) return ANYTHING
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of tensor.data as Float32Array) {
    if (Number.isNaN(value)) return ANYTHING
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return [least, most]
}

function isReal({ type }: Tensor): boolean {
  return type === 'float32' || type === 'float64'
}

function within([least, most]: Interval, [low, high]: Interval): Interval {
  return [Math.max(least, low), Math.min(most, high)]
}

/** Sums of elements times the weights of each column of a constant matrix, or of each row. */
function mixed(x: Interval, matrix: Tensor | undefined, rows: boolean): Interval {
  // An unbounded input stays unbounded, without reading the matrix, which may be large.
  if (!matrix || !isReal(matrix) || matrix.shape.length !== 2 || !x.every(Number.isFinite)) return ANYTHING
  const [height, width] = matrix.shape as [number, number]
  const [low, high] = x
  const sums = Array.from({ length: rows ? height : width }, (_, at): Interval => {
    let [least, most] = [0, 0]
    for (let k = 0; k < (rows ? width : height); k++) {
      const weight = Number(matrix.data[rows ? at * width + k : k * width + at])
      least += weight * (weight < 0 ? high : low)
      most += weight * (weight < 0 ? low : high)
    }
    return [least, most]
  })
  return sums.length > 0 ? sums.reduce((a, b) => hull(a, b)) : ANYTHING
}

/** a · p + (1 − a) · q with a between 0 and 1: between p and q. */
function chosen({ node, graph, boundsOf }: Visit<'Add'>): Interval | undefined {
  const { makerOf } = wiringOf(graph)
  const factors = node.inputs.map((name) => {
    const maker = makerOf(name)
    return maker?.op === 'Mul' ? maker.inputs : []
  })
  for (const [one, other] of [factors, factors.toReversed()] as [string[], string[]][]) {
    for (const [k, rest] of other.entries()) {
      const maker = makerOf(rest)
      if (maker?.op !== 'Sub') continue
      const [whole, share] = maker.inputs as [string, string]
      const at = one.indexOf(share)
      const [least, most] = boundsOf(share)
      const [a, b] = boundsOf(whole)
      if (at >= 0 && a === 1 && b === 1 && least >= 0 && most <= 1)
        return hull(boundsOf(one[1 - at]!), boundsOf(other[1 - k]!))
    }
  }
  return undefined
}

/**
 * Whether a value is divided by at least its magnitude: by a sum that includes it, or by the root of a sum that
 * includes its square.
 */
function isPart({ node, graph, boundsOf }: Visit<'Div'>): boolean {
  const { makerOf } = wiringOf(graph)
  const [part, whole] = node.inputs as [string, string]
  const isNonNegative = (name: string) => boundsOf(name)[0] >= 0
  const isSquare = (name: string) => {
    const maker = makerOf(name)
    const [base, other] = maker?.inputs ?? []
    if (base !== part) return false
    return maker!.op === 'Mul'
      ? other === part
      : maker!.op === 'Pow' && boundsOf(other!).every((p) => p === 2)
  }
  const isSize = (name: string): boolean => {
    if (name === part) return isNonNegative(name)
    const maker = makerOf(name)
    if (maker?.op === 'Sqrt') return coversSquare(maker.inputs[0]!)
    return maker?.op === 'Abs' && maker.inputs[0] === part
  }
  /** Whether a value is at least another, non-negative one for which `is` holds. */
  const covering = (is: (name: string) => boolean) => {
    const covers = memoised((name: string): boolean => {
      if (is(name)) return true
      const maker = makerOf(name)
      switch (maker?.op) {
        case 'Add':
        case 'Sum':
          return maker.inputs.every(isNonNegative) && maker.inputs.some(covers)
        case 'Max':
          return maker.inputs.some(covers)
        case 'Clip':
          return !maker.inputs[2] && covers(maker.inputs[0]!)
        case 'ReduceSum':
        case 'ReduceMax':
          // Without the reduced axes, elements would meet sums other than their own.
          return !!maker.attributes.keepdims && covers(maker.inputs[0]!)
        default:
          return false
      }
    })
    return covers
  }
  const coversSquare = covering(isSquare)
  return covering(isSize)(whole)
}
