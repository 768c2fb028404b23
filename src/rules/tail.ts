/**
 * What the end of a network does to its scores, derived from the graph: each element of a value as an expression of
 * earlier scores.
 *
 * Exporters put much after the scores: a softmax in one node or in five, a clipping, a factor of 100, another order of
 * classes. Expressions see through all of it in one way: a softmax is a share of a sum of exponentials, however it is
 * written, and a sigmoid is a share of the sum of eᶻ and 1. Operators that move elements move expressions. A value that
 * involves no probability, exponential or largest score is itself a score, and is not looked into.
 */

import { GraphBuilder } from '../graph/builder.ts'
import { compute } from '../graph/compute.ts'
import { axisOf } from '../graph/dimensions.ts'
import type { Node, Operator } from '../graph/operators.ts'
import { type Graph, int64, sizeOf, type Tensor } from '../graph/types.ts'
import { namesRead, wiringOf } from '../graph/wiring.ts'

/** A building block of expressions. Two equal ones are the same object. */
export type Core =
  /** An element of a value of the network, counted through one picture. */
  | { readonly kind: 'score'; readonly value: string; readonly index: number }
  /** The largest of some scores. */
  | { readonly kind: 'largest' }
  /** e to the power of a term without a shift. */
  | { readonly kind: 'exp'; readonly of: Term }
  /** The share of one of its positive parts in a sum, or of its shift (`of` is undefined). */
  | { readonly kind: 'share'; readonly of: Core | undefined; readonly total: Term }
  | { readonly kind: 'log'; readonly of: Term }
  | { readonly kind: 'reciprocal'; readonly of: Term }
  /** A function of probabilities that is not understood. */
  | { readonly kind: 'unknown' }

/** A sum of cores, each times a non-zero factor, plus a number. */
export interface Term {
  readonly parts: ReadonlyMap<Core, number>
  readonly shift: number
}

/** The elements of a value, picture by picture, row-major. */
export interface Elements {
  readonly shape: readonly number[]
  readonly terms: readonly Term[]
}

/** Values with more elements than this are not scores of classes, but pictures or features. */
const MOST = 1 << 16

/** Up to this, a number added to a sum or a probability only keeps it away from 0, and is ignored. */
const TINY = 1e-4

/** The most numbers in a matrix that multiplies probabilities. */
const LARGEST_MATRIX = 1 << 20

/** Layers that make new scores from whatever they read. */
const LAYERS: readonly Operator[] = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'LRN']

/**
 * Operators that turn scores into probabilities. What goes into them counts as scores, whatever it was computed from.
 */
const PROBABILITIES: readonly Operator[] = ['Softmax', 'LogSoftmax', 'Sigmoid', 'HardSigmoid']

/** All operators whose output is no longer a score. */
const ENDS: readonly Operator[] = [...PROBABILITIES, 'Exp', 'Tanh', 'Softplus', 'ReduceMax']

/** A node, with what it reads. */
interface Visit {
  readonly node: Node
  /** Undefined for an input that is omitted, has too many elements, or does not hold real numbers. */
  readonly inputs: readonly (Elements | undefined)[]
  readonly constants: readonly (Tensor | undefined)[]
  /** The shape of the output that is asked for. */
  readonly shape: readonly number[]
  readonly output: number
}

/** The terms of a node's output; undefined where they are not understood. */
type Reading = (visit: Visit, cores: Cores) => readonly Term[] | undefined

/**
 * The elements of a graph's values as expressions.
 *
 * @returns for the name of a value, its elements; undefined where it has too many, or does not hold real numbers
 */
export function tailOf(graph: Graph): (name: string) => Elements | undefined {
  const tail = tails.get(graph) ?? tailIn(graph)
  tails.set(graph, tail)
  return tail
}

const tails = new WeakMap<Graph, (name: string) => Elements | undefined>()

function tailIn(graph: Graph): (name: string) => Elements | undefined {
  const builder = GraphBuilder.from({ ...graph, inputs: graph.inputs.map(forOne), outputs: [] })
  const { makerOf } = wiringOf(graph)
  const behind = behindScores(graph)
  const cores = new Cores()
  const known = new Map<string, Elements | undefined>()
  const elementsOf = (name: string): Elements | undefined => {
    if (!known.has(name)) known.set(name, found(name))
    return known.get(name)
  }
  const found = (name: string): Elements | undefined => {
    const { type, shape } = builder.value(name)
    const node = makerOf(name)
    const size = sizeOf(shape.map(Number))
    if (type !== 'float32' || !Number.isInteger(size)) return undefined
    const as = (terms: readonly Term[]) => ({ shape: shape as number[], terms })
    const constant = graph.initializers.get(name)
    const unknown = () => as(new Array<Term>(size).fill(cores.unknown()))
    if (size > MOST) return node && PROBABILITIES.includes(node.op) ? unknown() : undefined
    if (constant) return as(Array.from(constant.data as Float32Array, number))
    if (!node || !behind.has(name)) return as(cores.scores(name, size))
    const inputs = node.inputs.map((input) => (input === '' ? undefined : elementsOf(input)))
    const visit: Visit = {
      node,
      inputs,
      constants: node.inputs.map((input) => graph.initializers.get(input)),
      shape: shape as number[],
      output: node.outputs.indexOf(name),
    }
    const read = READINGS[node.op]?.(visit, cores)
    if (read) return as(read)
    // An unbounded value may well be scores again.
    const computed = inputs.filter((input) => input?.terms.some(({ parts }) => parts.size > 0))
    return computed.some((input) => areScores(input!)) ? as(cores.scores(name, size)) : unknown()
  }
  return elementsOf
}

/** The names of the values that are more than scores. The others need not be looked at. */
function behindScores(graph: Graph): ReadonlySet<string> {
  const { initializers } = graph
  const behind = new Set<string>()
  for (const node of graph.nodes) {
    const read = namesRead(node).filter((name) => !initializers.has(name))
    const isBehind = (name: string) => behind.has(name)
    const is =
      node.op === 'Gemm' || node.op === 'MatMul'
        ? isBehind(node.inputs[0]!) && !hasNegative(initializers.get(node.inputs[1]!))
        : node.op === 'Clip'
          ? read.some(isBehind) || isUnit(node, initializers)
          : node.op === 'Mul' || node.op === 'Div'
            ? // A gated score is a score.
              read.length > 0 && read.every(isBehind)
            : ENDS.includes(node.op) || (read.some(isBehind) && !LAYERS.includes(node.op))
    if (is) for (const name of node.outputs) behind.add(name)
  }
  return behind
}

/** Whether a matrix holds learnt weights, not a table of ages or sums over groups of classes. */
function hasNegative(matrix: Tensor | undefined): boolean {
  return !matrix || (matrix.data as Float32Array).some((value) => value < 0)
}

/** Whether a node clips values to the range of a probability. */
function isUnit({ inputs: [, low, high] }: Node, constants: Graph['initializers']): boolean {
  const [least, most] = [low, high].map((name) => Number(constants.get(name ?? '')?.data[0]))
  return least! >= 0 && most! <= 1
}

/** One picture instead of any number of them. */
function forOne<V extends Graph['inputs'][number]>(input: V): V {
  const [batch, ...rest] = input.shape
  return typeof batch === 'string' ? { ...input, shape: [1, ...rest] } : input
}

/** Whether elements consist only of scores of the network. */
export function areScores(elements: Elements): boolean {
  return haveOnly(elements, ['score', 'largest'])
}

function haveOnly({ terms }: Elements, kinds: readonly Core['kind'][]): boolean {
  return terms.every(({ parts }) => [...parts.keys()].every(({ kind }) => kinds.includes(kind)))
}

/** Whether a share is that of one exponential beside a number: a sigmoid. */
export function isSigmoid({ total }: Core & { kind: 'share' }): boolean {
  return total.parts.size === 1 && total.shift > TINY
}

/** Makes cores, each only once. */
class Cores {
  private readonly made = new Map<string, Core>()
  private readonly numbers = new Map<Core, number>()
  private readonly terms = new Map<string, number>()
  private readonly termNumbers = new WeakMap<Term, number>()
  private readonly positive = new WeakMap<Term, boolean>()

  /** The elements of a value as scores. */
  scores(value: string, count: number): Term[] {
    return Array.from({ length: count }, (_, index) =>
      one(this.once(`score ${index} ${value}`, () => ({ kind: 'score', value, index }))),
    )
  }

  largest(of: readonly Term[]): Term {
    return one(this.once(`largest ${of.map((term) => this.numberOfTerm(term))}`, () => ({ kind: 'largest' })))
  }

  unknown(): Term {
    return one(this.once('unknown', () => ({ kind: 'unknown' })))
  }

  /** e to the power of a term. */
  exp(term: Term): Term {
    const [[core, factor]] = term.parts.size === 1 ? [...term.parts] : [[undefined, 0] as const]
    if (core?.kind === 'log' && factor === 1) return times(core.of, Math.exp(term.shift))
    if (term.parts.size === 0) return number(Math.exp(term.shift))
    const of: Term = { parts: term.parts, shift: 0 }
    return one(
      this.once(`exp ${this.numberOfTerm(of)}`, () => ({ kind: 'exp', of })),
      Math.exp(term.shift),
    )
  }

  log(term: Term): Term {
    const clear = withoutTiny(term)
    const [[core, factor]] = clear.parts.size === 1 ? [...clear.parts] : [[undefined, 0] as const]
    if (clear.parts.size === 0) return number(Math.log(clear.shift))
    if (core?.kind === 'exp' && factor > 0 && clear.shift === 0) return shifted(core.of, Math.log(factor))
    return one(this.once(`log ${this.numberOfTerm(clear)}`, () => ({ kind: 'log', of: clear })))
  }

  /** One term divided by another; undefined where that is not a share of a sum. */
  quotient(above: Term, below: Term): Term | undefined {
    if (below.parts.size === 0) return times(above, 1 / below.shift)
    const total = withoutTiny(below)
    const { parts, shift } = total
    if (!this.isPositive(total)) return undefined
    const shares: Term[] = []
    for (const [core, factor] of above.parts) {
      const whole = parts.get(core)
      if (whole === undefined) return undefined
      // The only part of a sum is the whole sum.
      const alone = parts.size === 1 && shift === 0
      shares.push(alone ? number(factor / whole) : times(this.share(core, total), factor / whole))
    }
    if (above.shift !== 0) {
      if (shift === 0) return undefined
      shares.push(times(this.share(undefined, total), above.shift / shift))
    }
    return sum(shares)
  }

  private share(of: Core | undefined, total: Term): Term {
    const key = `share ${of && this.numberOf(of)} ${this.numberOfTerm(total)}`
    return one(this.once(key, () => ({ kind: 'share', of, total })))
  }

  reciprocal(of: Term): Term {
    const make = () =>
      one(this.once(`reciprocal ${this.numberOfTerm(of)}`, () => ({ kind: 'reciprocal', of })))
    return this.quotient(number(1), of) ?? make()
  }

  /** σ of a term. */
  sigmoid(term: Term): Term | undefined {
    const power = this.exp(term)
    return this.quotient(power, shifted(power, 1))
  }

  /** Whether a term is a sum of exponentials, of probabilities, or of both. */
  isPositive(term: Term): boolean {
    const known = this.positive.get(term)
    if (known !== undefined) return known
    const { parts, shift } = term
    const are = [...parts].every(([{ kind }, factor]) => factor > 0 && (kind === 'exp' || kind === 'share'))
    this.positive.set(term, are && shift >= 0)
    return are && shift >= 0
  }

  /** A sum in which z − log Σ eᶻ is recognised as the logarithm of a share. */
  joined(term: Term): Term {
    const logs = [...term.parts].filter(([{ kind }, factor]) => kind === 'log' && factor === -1)
    const [[core]] = logs.length === 1 ? logs : [[undefined]]
    if (core?.kind !== 'log') return term
    const rest = { ...term, parts: new Map([...term.parts].filter(([each]) => each !== core)) }
    const share = this.quotient(this.exp(rest), core.of)
    return share && share.parts.size === 1 && share.shift === 0 ? this.log(share) : term
  }

  private once(key: string, make: () => Core): Core {
    const found = this.made.get(key) ?? make()
    this.made.set(key, found)
    return found
  }

  /** Equal terms have the same number. */
  private numberOfTerm(term: Term): number {
    const known = this.termNumbers.get(term)
    if (known !== undefined) return known
    const parts = [...term.parts].map(([core, factor]) => [this.numberOf(core), factor] as const)
    const key = `${parts.sort(([a], [b]) => a - b)} + ${term.shift}`
    const found = this.terms.get(key) ?? this.terms.size
    this.terms.set(key, found)
    this.termNumbers.set(term, found)
    return found
  }

  private numberOf(core: Core): number {
    const found = this.numbers.get(core) ?? this.numbers.size
    this.numbers.set(core, found)
    return found
  }
}

function number(shift: number): Term {
  return { parts: new Map(), shift }
}

function one(core: Core, factor = 1): Term {
  return { parts: new Map([[core, factor]]), shift: 0 }
}

function shifted(term: Term, by: number): Term {
  return { ...term, shift: term.shift + by }
}

function times({ parts, shift }: Term, factor: number): Term {
  const kept = factor === 0 ? [] : [...parts].map(([core, each]) => [core, each * factor] as const)
  return { parts: new Map(kept), shift: shift * factor }
}

function sum(terms: readonly Term[]): Term {
  const parts = new Map<Core, number>()
  let shift = 0
  for (const term of terms) {
    shift += term.shift
    for (const [core, factor] of term.parts) parts.set(core, (parts.get(core) ?? 0) + factor)
  }
  for (const [core, factor] of parts) if (factor === 0) parts.delete(core)
  return { parts, shift }
}

const clears = new WeakMap<Term, Term>()

/** A term without a small number that only keeps it away from 0; the same object each time. */
function withoutTiny(term: Term): Term {
  if (term.parts.size === 0 || term.shift === 0 || Math.abs(term.shift) > TINY) return term
  const clear = clears.get(term) ?? { ...term, shift: 0 }
  clears.set(term, clear)
  return clear
}

/** The operators that occur at the end of networks, and how each is read. Others make new scores. */
const READINGS: Partial<Readonly<Record<Operator, Reading>>> = {
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
  // It rises with its input as a sigmoid does; how fast does not matter here.
  HardSigmoid: ofScores(mapped((x, cores) => cores.sigmoid(x))),
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

function isUnknown({ parts }: Term): boolean {
  return hasKind(parts, 'unknown')
}

function hasKind(parts: Term['parts'], wanted: string): boolean {
  return [...parts.keys()].some(({ kind }) => kind === wanted)
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
