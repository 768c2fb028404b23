/** How each operator at the end of a network changes expressions. */

import { compute } from '../../graph/compute.ts'
import { axisOf } from '../../graph/dimensions.ts'
import type { Node, Operator } from '../../graph/operators.ts'
import { int64, sizeOf, type Tensor } from '../../graph/types.ts'
import {
  areScores,
  type Cores,
  type Elements,
  hasKind,
  haveOnly,
  isUnknown,
  shifted,
  sum,
  type Term,
  times,
} from './terms.ts'

/** The most numbers in a matrix that multiplies probabilities. */
const LARGEST_MATRIX = 1 << 20

/** A node, with what it reads. */
export interface Visit {
  readonly node: Node
  /** Undefined for an input that is omitted, has too many elements, or does not hold real numbers. */
  readonly inputs: readonly (Elements | undefined)[]
  readonly constants: readonly (Tensor | undefined)[]
  /** The shape of the output that is asked for. */
  readonly shape: readonly number[]
  readonly output: number
}

/** The terms of a node's output; undefined where they are not understood. */
export type Reading = (visit: Visit, cores: Cores) => readonly Term[] | undefined

/** The operators that occur at the end of networks, and how each is read. Others make new scores. */
export const READINGS: Partial<Readonly<Record<Operator, Reading>>> = {
  Identity: asTheyAre,
  Cast: asTheyAre,
  Dropout: asTheyAre,
  Reshape: asTheyAre,
  Flatten: asTheyAre,
  Squeeze: asTheyAre,
  Unsqueeze: asTheyAre,
  Transpose: moved,
  Slice: moved,
  Gather: moved,
  Concat: moved,
  Expand: ({ inputs: [x], shape }) => x && spread(x, shape),
  Split: ({ node, inputs: [x], constants: [, sizes], output }) => {
    if (!x || !sizes || node.op !== 'Split') return undefined
    const parts = Array.from(sizes.data as BigInt64Array, Number)
    const start = parts.slice(0, output).reduce((a, b) => a + b, 0)
    const range = [[start], [start + parts[output]!], [node.attributes.axis]].map((each) => int64([1], each))
    return picked('Slice', [x], range, {})
  },

  Neg: mapped((x, cores) => cores.joined(times(x, -1))),
  Exp: mapped((x, cores) => cores.exp(x)),
  Sigmoid: ofScores(mapped((x, cores) => cores.sigmoid(x))),
  // It rises with its input as a sigmoid does, or falls; how fast does not matter here.
  HardSigmoid: ofScores((visit, cores) => {
    const { alpha } = visit.node.attributes as { alpha: number }
    if (alpha === 0) return undefined
    return mapped((x) => cores.sigmoid(alpha < 0 ? times(x, -1) : x))(visit, cores)
  }),
  // 2σ(2x) − 1. The factor is left out: the score is what goes into the tanh, not twice that.
  Tanh: mapped((x, cores) => {
    const [factor] = x.parts.size === 1 ? x.parts.values() : [1]
    const sigmoid = cores.sigmoid(times(x, 1 / Math.abs(factor!)))
    return sigmoid && shifted(times(sigmoid, 2), -1)
  }),
  Softplus: mapped((x, cores) => cores.log(shifted(cores.exp(x), 1))),
  Log: computedOf(mapped((x, cores) => cores.log(x))),
  Reciprocal: computedOf(mapped((x, cores) => cores.reciprocal(x))),
  Abs: computedOf(({ inputs: [x] }, cores) =>
    x!.terms.every((term) => cores.isPositive(term)) ? x!.terms : undefined,
  ),
  Relu: computedOf(({ inputs: [x] }) => x!.terms),
  Clip: clipped,
  Max: clipped,
  Min: clipped,

  Add: added(1),
  Sum: added(1),
  Sub: added(-1),
  Mul: inPairs((a, b, cores) => {
    if (a.parts.size === 0) return times(b, a.shift)
    if (b.parts.size === 0) return times(a, b.shift)
    return divided(a, b, cores) ?? divided(b, a, cores)
  }),
  Div: inPairs((a, b, cores) => cores.quotient(a, b)),
  Pow: inPairs((a, b, cores) => {
    const [core, factor] = [...a.parts][0] ?? []
    if (core?.kind !== 'exp' || a.parts.size > 1 || a.shift !== 0 || b.parts.size > 0) return undefined
    return cores.exp(times(shifted(core.of, Math.log(factor!)), b.shift))
  }),

  Softmax: ofScores(({ node, inputs: [x] }, cores) => shares(x!, axesOf(node, x!)!, cores)),
  LogSoftmax: ofScores(({ node, inputs: [x] }, cores) =>
    shares(x!, axesOf(node, x!)!, cores)?.map((share) => cores.log(share)),
  ),
  ReduceSum: computedOf((visit) => reduced(visit, 1)),
  ReduceMean: computedOf((visit) => reduced(visit, 'mean')),
  GlobalAveragePool: computedOf((visit) => reduced(visit, 'mean')),
  ReduceMax: ({ node, inputs: [x], constants }, cores) => {
    if (!x || !areScores(x) || (node.inputs[1] && !constants[1])) return undefined
    const axes = axesOf(node, x, constants[1])
    return axes && grouped(x, axes).map((group) => cores.largest(group))
  },
  MatMul: computedOf(multiplied),
  Gemm: computedOf(multiplied),
}

function asTheyAre({ inputs: [x] }: Visit) {
  return x?.terms
}

/** A reading for functions of scores; a node that reads scores directly is part of the network. */
function computedOf(reading: Reading): Reading {
  return (visit, cores) => {
    const [x] = visit.inputs
    return x && !areScores(x) ? reading(visit, cores) : undefined
  }
}

/**
 * A reading for what turns its input into probabilities: an input whose elements are not one score each is taken as
 * scores itself.
 */
function ofScores(reading: Reading): Reading {
  return (visit, cores) => {
    const [x] = visit.inputs
    const isLegible = ({ parts }: Term) => {
      const kinds = [...parts.keys()].map(({ kind }) => kind).filter((kind) => kind !== 'largest')
      return kinds.length < 2 && kinds[0] !== 'unknown' && kinds[0] !== 'exp'
    }
    if (!x) return undefined
    const legible = x.terms.every(isLegible)
      ? x
      : { ...x, terms: cores.scores(visit.node.inputs[0]!, x.terms.length) }
    return reading({ ...visit, inputs: [legible] }, cores)
  }
}

/** Element by element; undefined where any is not understood. */
function mapped(apply: (x: Term, cores: Cores) => Term | undefined): Reading {
  return ({ inputs: [x] }, cores) => {
    if (!x || x.terms.some(isUnknown)) return undefined
    return all(x.terms.map((term) => apply(term, cores)))
  }
}

function all(terms: readonly (Term | undefined)[]): readonly Term[] | undefined {
  return terms.every((term) => term !== undefined) ? terms : undefined
}

/** A reading for operators that only move elements. */
function moved({ node, inputs, constants }: Visit): readonly Term[] | undefined {
  const data = node.op === 'Concat' ? node.inputs.length : 1
  const elements = inputs.slice(0, data)
  const others = constants.slice(data)
  if (!elements.every((each) => each !== undefined)) return undefined
  if (others.some((each, k) => !each && node.inputs[data + k] !== '')) return undefined
  return picked(node.op, elements, others, node.attributes as unknown as Record<string, unknown>)
}

/** The terms where an operator moves them, found by letting it move the indices of elements. */
function picked(
  op: Operator,
  from: readonly Elements[],
  others: readonly (Tensor | undefined)[],
  attributes: Record<string, unknown>,
): readonly Term[] {
  const all = from.flatMap(({ terms }) => terms)
  let place = 0
  const places = from.map(({ shape, terms }): Tensor => {
    const data = Int32Array.from(terms, () => place++)
    return { type: 'int32', shape, data }
  })
  const { data } = compute(op, [...places, ...others], attributes)
  return Array.from(data as Int32Array, (each) => all[each]!)
}

function spread(x: Elements, shape: readonly number[]): readonly Term[] {
  if (x.shape.join() === shape.join()) return x.terms
  return picked('Expand', [x], [int64([shape.length], shape)], {})
}

/** Element by element of two inputs; undefined where any pair is not understood. */
function inPairs(apply: (a: Term, b: Term, cores: Cores) => Term | undefined): Reading {
  return ({ inputs: [a, b], shape }, cores) => {
    if (!a || !b || [...a.terms, ...b.terms].some(isUnknown)) return undefined
    const [left, right] = [spread(a, shape), spread(b, shape)]
    return all(left.map((term, k) => apply(term, right[k]!, cores)))
  }
}

/** A term times the reciprocal of another. */
function divided(above: Term, reciprocal: Term, cores: Cores): Term | undefined {
  const [core, factor] = [...reciprocal.parts][0]!
  if (core.kind !== 'reciprocal' || reciprocal.parts.size > 1 || reciprocal.shift !== 0) return undefined
  return cores.quotient(times(above, factor!), core.of)
}

/**
 * Sums and differences of functions of scores. Those of scores themselves are new scores: a layer's bias, a shortcut.
 */
function added(sign: 1 | -1): Reading {
  return ({ inputs, shape }, cores) => {
    if (!inputs.every((each) => each !== undefined)) return undefined
    const computed = inputs.filter(({ terms }) => terms.some(({ parts }) => parts.size > 0))
    if (computed.every((each) => haveOnly(each, ['score']))) return undefined
    if (computed.some(({ terms }) => terms.some(isUnknown))) return undefined
    const columns = inputs.map((each) => spread(each, shape))
    const sums = columns[0]!.map((_, k) =>
      cores.joined(sum(columns.map((column, c) => (c === 0 ? column[k]! : times(column[k]!, sign))))),
    )
    // A probability plus a score is unbounded.
    const isMixed = ({ parts }: Term) => ['score', 'share'].every((kind) => hasKind(parts, kind))
    return sums.some(isMixed) ? undefined : sums
  }
}

/**
 * Clipping does not change what a function of scores is. Scores clipped to the range of a probability are not
 * understood.
 */
function clipped({ node, inputs, shape }: Visit, cores: Cores): readonly Term[] | undefined {
  const [x, ...others] = inputs.filter((each) => each?.terms.some(({ parts }) => parts.size > 0))
  const missing = inputs.some((each, k) => !each && node.inputs[k] !== '')
  if (!x || others.length > 0 || missing || x.terms.length !== sizeOf(shape)) return undefined
  // Scores get here only where they are clipped to the range of a probability.
  return areScores(x) ? x.terms.map(() => cores.unknown()) : x.terms
}

/** The axes that a node works along. */
function axesOf(
  { op, attributes }: Node,
  { shape }: Elements,
  given?: Tensor,
): readonly number[] | undefined {
  if (op === 'Softmax' || op === 'LogSoftmax')
    return [axisOf((attributes as { axis: number }).axis, shape.length)]
  if (op === 'GlobalAveragePool') return shape.map((_, axis) => axis).slice(2)
  if (given?.data.length)
    return Array.from<number | bigint, number>(given.data, (axis) => axisOf(Number(axis), shape.length))
  return (attributes as { noop_with_empty_axes?: number }).noop_with_empty_axes
    ? undefined
    : shape.map((_, axis) => axis)
}

/** For each element that is left after reducing some axes, the elements along these. */
function grouped({ shape, terms }: Elements, axes: readonly number[]): Term[][] {
  const places = groupsOf(shape, axes)
  const groups: Term[][] = []
  for (const [k, term] of terms.entries()) {
    const group = groups[places[k]!]
    if (group) group.push(term)
    else groups[places[k]!] = [term]
  }
  return groups
}

/** For each element, its index after some axes are reduced. */
function groupsOf(shape: readonly number[], axes: readonly number[]): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, k) => {
    let [rest, place, stride] = [k, 0, 1]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!
      rest = Math.floor(rest / shape[axis]!)
      if (axes.includes(axis)) continue
      place += index * stride
      stride *= shape[axis]!
    }
    return place
  })
}

function shares(x: Elements, axes: readonly number[], cores: Cores) {
  const powers = x.terms.map((term) => cores.exp(term))
  const totals = grouped({ ...x, terms: powers }, axes).map(sum)
  const places = groupsOf(x.shape, axes)
  return all(powers.map((power, k) => cores.quotient(power, totals[places[k]!]!)))
}

function reduced({ node, inputs: [x], constants }: Visit, factor: 1 | 'mean'): Term[] | undefined {
  const axes = axesOf(node, x!, constants[1])
  if (!axes || (node.inputs[1] && !constants[1]) || x!.terms.some(isUnknown)) return undefined
  return grouped(x!, axes).map((group) => times(sum(group), factor === 1 ? 1 : 1 / group.length))
}

/** Rows of probabilities times a constant matrix without negative numbers: an expected value, or sums over groups. */
function multiplied({ node, inputs: [x, matrix] }: Visit): Term[] | undefined {
  if (!x || matrix?.shape.length !== 2 || x.terms.some(isUnknown)) return undefined
  if (x.terms.length * matrix.terms.length > LARGEST_MATRIX) return undefined
  if (node.op === 'Gemm' && (node.inputs[2] || node.attributes.transA || node.attributes.alpha !== 1))
    return undefined
  const turned = node.op === 'Gemm' && node.attributes.transB !== 0
  const [depth, columns] = turned ? matrix.shape.toReversed() : matrix.shape
  const rows = x.terms.length / depth!
  return Array.from({ length: rows * columns! }, (_, k) => {
    const [row, column] = [Math.floor(k / columns!), k % columns!]
    const weights = Array.from(
      { length: depth! },
      (_, d) => matrix.terms[turned ? column * depth! + d : d * columns! + column]!.shift,
    )
    return sum(weights.map((weight, d) => times(x.terms[row * depth! + d]!, weight)))
  })
}
