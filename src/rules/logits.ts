/**
 * The logits behind an output: what the softmax or sigmoid at the end turns into probabilities. Relevance starts there,
 * since the softmax mixes what speaks for a class with what speaks against the others.
 *
 * They are found in the graph, through whatever stands between them and the output (`tail.ts`), class by class in the
 * output's own order.
 */

import { addToGroup } from '../base/groupBy.ts'
import { memoised } from '../base/memoised.ts'
import type { GraphBuilder, Value } from '../graph/builder.ts'
import { type Dimension, float32, type Graph, sizeOf } from '../graph/types.ts'
import { isUnitValue } from './bounds.ts'
import { tailOf } from './tail/tail.ts'
import { areScores, type Core, isSigmoid, type Term } from './tail/terms.ts'

/**
 * What an output holds: its logits, or one of these functions of them. `other` is a function of probabilities that does
 * not lead back to logits, such as the mean of two softmaxes: then the output itself is explained.
 */
export type OutputKind = 'softmax' | 'log-softmax' | 'sigmoid' | 'log-sigmoid' | 'logits' | 'other'

/** Where the logit of one class is: `scale` times an element of a value, plus `shift`. */
interface Place {
  readonly value: string
  /** Counted through one picture, row-major. */
  readonly index: number
  readonly scale: number
  readonly shift: number
}

/** The logits of an output. */
export interface Logits {
  /** The output. */
  readonly output: string
  /** What the output itself holds. */
  readonly kind: OutputKind
  /** For each element of the output, where its logit is; undefined where the output itself is explained. */
  readonly places?: readonly Place[]
  /** An output of probabilities holds `scale` times them (or their logarithms), plus `shift`. Otherwise 1 and 0. */
  readonly scale: number
  readonly shift: number
  /**
   * The distributions that an output holds, each as the indices of its elements: several where it has several heads.
   * Elements that are independent probabilities together form one head.
   */
  readonly heads: readonly (readonly number[])[]
  /** The dimension that stands for the number of pictures in shapes. */
  readonly batch: Dimension
}

/**
 * Find the logits behind an output.
 *
 * @param output the name of an output, or of any value
 */
export function logitsOf(graph: Graph, output: string): Logits {
  const elements = tailOf(graph)(output)
  const batch = graph.inputs[0]!.shape[0]!
  const asItIs = (kind: 'logits' | 'other'): Logits => ({
    output,
    kind,
    scale: 1,
    shift: 0,
    heads: [],
    batch,
  })
  if (!elements || elements.terms.length === 0) return asItIs('logits')
  if (areScores(elements)) return asItIs(isUnitValue(graph, output) ? 'other' : 'logits')
  const placeOf = placing()
  const found = elements.terms.map((term) => read(term, placeOf))
  if (!found.every((each) => each !== undefined)) return asItIs('other')
  const [first] = found as [Found]
  const alike = found.every(({ scale, shift, isLog, head }) => {
    const near = (a: number, b: number) => Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(a))
    const same = near(first.scale, scale) && near(first.shift, shift)
    return same && isLog === first.isLog && (head === 'sigmoid') === (first.head === 'sigmoid')
  })
  const { scale, shift, isLog, head } = first
  const isOne = found.length === 1
  // A single one that is stretched to another range is a reading on a scale, such as an age; so is a tanh.
  const stretched = !isLog && ((head === 'sigmoid' && shift !== 0) || (isOne && (scale !== 1 || shift !== 0)))
  if (!alike || stretched) return asItIs('other')
  const kind = head === 'sigmoid' ? 'sigmoid' : 'softmax'
  const heads = new Map<unknown, number[]>()
  found.forEach((each, k) => {
    addToGroup(heads, each.head, k)
  })
  return {
    output,
    kind: isLog ? `log-${kind}` : kind,
    places: found.map(({ place }) => place),
    scale,
    shift,
    heads: [...heads.values()],
    batch,
  }
}

/** One element of an output that is a probability. */
interface Found {
  readonly place: Place
  readonly scale: number
  readonly shift: number
  readonly isLog: boolean
  /** The distribution that it belongs to. */
  readonly head: 'sigmoid' | Term
}

type Share = Core & { readonly kind: 'share' }

function read(term: Term, placeOf: (share: Share) => Place | undefined): Found | undefined {
  const single = onlyPart(term)
  if (!single) return undefined
  const { core, factor } = single
  if (core.kind === 'log') {
    const inner = onlyPart(core.of)
    if (inner?.core.kind !== 'share' || inner.factor <= 0 || core.of.shift !== 0 || factor < 0)
      return undefined
    const shift = term.shift + factor * Math.log(inner.factor)
    return foundAt(placeOf(inner.core), inner.core, factor, shift, true)
  }
  return core.kind === 'share' ? foundAt(placeOf(core), core, factor, term.shift, false) : undefined
}

function foundAt(
  place: Place | undefined,
  share: Share,
  factor: number,
  shift: number,
  isLog: boolean,
): Found | undefined {
  if (!place) return undefined
  const head = isSigmoid(share) ? 'sigmoid' : share.total
  // A value that falls as a probability rises is the probability of the other side.
  return factor > 0
    ? { place, scale: factor, shift, isLog, head }
    : { place: turned(place), scale: -factor, shift: shift + factor, isLog, head }
}

function onlyPart({ parts }: Term): { core: Core; factor: number } | undefined {
  const [[core, factor] = []] = parts.size === 1 ? parts : []
  return core && { core, factor: factor! }
}

/** Finds the logit whose share a share is. */
function placing(): (share: Share) => Place | undefined {
  const placeOf: (share: Share) => Place | undefined = memoised((share) => {
    const { of, total } = share
    if (of?.kind === 'share') return placeOf(of)
    if (of?.kind === 'exp') {
      const place = placeIn(of.of)
      if (!place || isSigmoid(share)) return place
      // Each class may have a weight of its own.
      const [first] = total.parts.values()
      const weight = Math.log(total.parts.get(of)! / first!)
      return { ...place, shift: place.shift + weight }
    }
    // The number added to an exponential: the other side of a sigmoid.
    const beside = of === undefined && isSigmoid(share) ? onlyPart(total)?.core : undefined
    const place = beside?.kind === 'exp' ? placeIn(beside.of) : undefined
    return place && turned(place)
  })
  const placeIn = ({ parts, shift }: Term): Place | undefined => {
    const [[core, factor] = [], ...others] = [...parts].filter(([{ kind }]) => kind !== 'largest')
    if (!core || others.length > 0) return undefined
    if (core.kind === 'score') return { value: core.value, index: core.index, scale: factor!, shift }
    const place = core.kind === 'share' ? placeOf(core) : undefined
    return place && (factor! > 0 ? place : turned(place))
  }
  return placeOf
}

function turned({ scale, shift, ...place }: Place): Place {
  return { ...place, scale: -scale, shift: -shift }
}

/**
 * The probabilities in an output.
 *
 * @param values the output's elements
 * @returns undefined where they are not probabilities
 */
export function probabilitiesIn(
  { kind, scale, shift }: Pick<Logits, 'kind' | 'scale' | 'shift'>,
  values: Float32Array,
): Float32Array | undefined {
  if (kind === 'logits') return undefined
  if (kind === 'other') {
    const sum = values.reduce((a, b) => a + b, 0)
    return values.length > 1 && values.every((value) => value >= -NEAR) && Math.abs(sum - 1) < SLACK
      ? values
      : undefined
  }
  const unscaled = values.map((value) => (value - shift) / scale)
  return kind.startsWith('log-') ? unscaled.map(Math.exp) : unscaled
}

/** How far from 1 sums of float32 probabilities may be. */
export const SLACK = 1e-4

/** How far from 0 and 1 float32 numbers may be that stand for these. */
const NEAR = 1e-5

/** The values that hold the logits of an output, or the output where it is itself explained. */
export function logitValues({ output, places }: Logits): readonly string[] {
  return places ? [...new Set(places.map(({ value }) => value))] : [output]
}

/**
 * Add the nodes that gather the logits of an output.
 *
 * @param builder already holds the graph's nodes
 * @returns float32 [batch, classes], in the order of the output's elements
 */
export function gathered(builder: GraphBuilder, logits: Logits): Value {
  const { places } = logits
  const values = valuesIn(builder, logits)
  const rows = values.map(({ value, count }) =>
    value.shape.length === 2 && value.shape[1] === count ? value : builder.reshape(value, [-1, count]),
  )
  const all = builder.concat(rows, 1)
  if (!places) return all
  const columns = columnsOf(places, values)
  const inOrder = columns.length === all.shape[1] && columns.every((column, k) => column === k)
  const picked = inOrder ? all : builder.op('Gather', [all, builder.integers(columns)], { axis: 1 })
  const scales = places.map(({ scale }) => scale)
  const shifts = places.map(({ shift }) => shift)
  const scaled = scales.every((each) => each === 1) ? picked : builder.mul(picked, rowOf(builder, scales))
  return shifts.every((each) => each === 0) ? scaled : builder.add(scaled, rowOf(builder, shifts))
}

/**
 * Hand what arrives at the logits to the values that hold them.
 *
 * @param perClass float32 [rows, classes], in the order of the output's elements
 * @returns what arrives at each value, by its name: of its shape, with as many rows as `perClass`
 */
export function handedBack(builder: GraphBuilder, logits: Logits, perClass: Value): Map<string, Value> {
  const values = valuesIn(builder, logits)
  const classes = Number(perClass.shape[1])
  const columns = logits.places
    ? columnsOf(logits.places, values)
    : Array.from({ length: classes }, (_, k) => k)
  return new Map(
    values.map(({ value, first, count, leads }) => {
      // For each element, the classes whose logit it is; a zero stands after the last class.
      const readers = Array.from({ length: count }, (): number[] => [])
      columns.forEach((column, c) => {
        readers[column - first]?.push(c)
      })
      const inOrder = count === classes && readers.every((each, k) => each.length === 1 && each[0] === k)
      const own = inOrder ? perClass : handedTo(builder, readers, perClass)
      const shape = value.shape.map((d, axis) => (axis === 0 && leads ? -1 : Number(d)))
      return [value.name, value.shape.length === 2 && leads ? own : builder.reshape(own, shape)]
    }),
  )
}

/** For each element the sum over its readers: [rows, elements] from [rows, classes]. */
function handedTo(builder: GraphBuilder, readers: readonly (readonly number[])[], perClass: Value): Value {
  const padded = builder.pad(perClass, [0, 0], [0, 1])
  const nobody = Number(perClass.shape[1])
  const most = readers.reduce((max, { length }) => Math.max(max, length), 1)
  const turns = Array.from({ length: most }, (_, turn) => readers.map((each) => each[turn] ?? nobody))
  return builder.sum(turns.map((turn) => builder.op('Gather', [padded, builder.integers(turn)], { axis: 1 })))
}

/** A value that holds logits, one of several in one row. */
interface Row {
  readonly value: Value
  /** The index of its first element. */
  readonly first: number
  /** How many elements it has for each picture. */
  readonly count: number
  /** Whether its first dimension is the batch. */
  readonly leads: boolean
}

function valuesIn(builder: GraphBuilder, logits: Logits): Row[] {
  let first = 0
  return logitValues(logits).map((name) => {
    const value = builder.value(name)
    const leads = value.shape[0] === logits.batch
    const count = sizeOf(value.shape.slice(leads ? 1 : 0).map(Number))
    first += count
    return { value, first: first - count, count, leads }
  })
}

function columnsOf(places: readonly Place[], rows: readonly Row[]): number[] {
  const starts = new Map(rows.map(({ value, first }) => [value.name, first]))
  return places.map(({ value, index }) => starts.get(value)! + index)
}

function rowOf(builder: GraphBuilder, values: readonly number[]): Value {
  return builder.constant(float32([1, values.length], values))
}
