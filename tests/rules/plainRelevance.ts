/**
 * Relevance from the papers' definitions, in double precision: every message from an output to an input is
 * computed separately and added. Shares no code with `src/`.
 */

import type { Node, NodeOf } from '../../src/graph/operators.ts'
import type { Graph } from '../../src/graph/types.ts'
import { channelsAround, type Field, fieldsOf, type Plain, plain, windowsOf } from './plainGraph.ts'
import { placesOf, repeatedPlaces } from './plainMoves.ts'

/** A rule of a linear layer, every number given. `epsilon` is added to denominators with their sign. */
export type PlainRule =
  | { rule: 'epsilon'; epsilon: number; bias: boolean }
  | { rule: 'alpha-beta'; alpha: number; beta: number; epsilon: number; bias: boolean }
  | { rule: 'gamma'; gamma: number; epsilon: number; bias: boolean }
  | { rule: 'z-box'; low: readonly number[]; high: readonly number[]; epsilon: number }
  | { rule: 'w-square' }
  | { rule: 'flat' }

export interface PlainOptions {
  /** The rule of a linear layer. */
  readonly rule: (node: Node) => PlainRule
  readonly maxPool?: 'first' | 'equal' | 'proportional'
  readonly lrn?: 'pass' | 'taylor'
  readonly add?: 'proportional' | 'equal'
  readonly batchNorm?: 'pass' | 'magnitude' | 'proportional'
  /** What constants in a sum do; if they keep their share, every sum is in proportion. */
  readonly constants?: 'pass' | 'keep'
  /** Values that only let the other side of a product through. */
  readonly gates?: readonly string[]
}

/**
 * The relevance of every value that any reaches.
 *
 * @param values as `plainForward` gives them
 * @param start the relevance of one value to start from
 */
export function plainRelevance(
  graph: Graph,
  values: ReadonlyMap<string, Plain>,
  start: { readonly name: string; readonly relevance: Plain },
  options: PlainOptions,
): Map<string, Plain> {
  const relevance = new Map([[start.name, start.relevance]])
  for (const node of [...graph.nodes].reverse()) {
    const arrived = relevance.get(node.outputs[0]!)
    if (!arrived) continue
    const inputs = node.inputs.map((name) => values.get(name)!)
    const passed = passedOn(node, inputs, values.get(node.outputs[0]!)!, arrived, graph, options)
    passed.forEach((part, k) => {
      const name = node.inputs[k]!
      if (!part || graph.initializers.has(name)) return
      const before = relevance.get(name)
      relevance.set(
        name,
        before
          ? plain(
              part.shape,
              before.data.map((v, i) => v + part.data[i]!),
            )
          : part,
      )
    })
  }
  return relevance
}

/** What each input of a node gets of what arrived at its output. */
function passedOn(
  node: Node,
  inputs: readonly Plain[],
  y: Plain,
  arrived: Plain,
  graph: Graph,
  options: PlainOptions,
): (Plain | undefined)[] {
  const [x] = inputs as [Plain]
  switch (node.op) {
    case 'Conv':
    case 'ConvTranspose':
    case 'Gemm':
    case 'MatMul':
      return [throughLinear(node, inputs, y, arrived, options.rule(node))]
    case 'MaxPool':
      return [throughMaxPool(node, x, arrived, options.maxPool ?? 'first')]
    case 'AveragePool':
    case 'GlobalAveragePool':
    case 'ReduceMean': {
      const result = plain(x.shape)
      windowsOf(node, x).windows.forEach((window, j) => {
        const parts = window.map((i) => x.data[i]!)
        share(result, window, parts, sum(parts), arrived.data[j]!)
      })
      return [result]
    }
    case 'LRN':
      return [options.lrn === 'taylor' ? throughLrn(node, x, arrived) : arrived]
    case 'BatchNormalization':
      return [throughBatchNorm(node, inputs, arrived, options.batchNorm ?? 'proportional')]
    case 'Add':
    case 'Sum':
      return throughSum(inputs, node.inputs, arrived, graph, options)
    case 'Mul': {
      const [a, b] = node.inputs as [string, string]
      const isGate = (name: string) => graph.initializers.has(name) || options.gates?.includes(name)
      if (isGate(a) || isGate(b)) return [a, b].map((name) => (isGate(name) ? undefined : arrived))
      const half = plain(
        arrived.shape,
        arrived.data.map((r) => r / 2),
      )
      return [half, half]
    }
    case 'Div':
    case 'Relu':
    case 'LeakyRelu':
    case 'Clip':
    case 'Sigmoid':
    case 'HardSigmoid':
    case 'HardSwish':
    case 'Tanh':
      return [arrived]
    default: {
      const results = inputs.map(({ shape }) => plain(shape))
      placesOf(node, inputs).from.forEach((place, k) => {
        if (place) results[place[0]]!.data[place[1]]! += arrived.data[k]!
      })
      return results
    }
  }
}

/** R in proportion to some parts of a whole; no part gets anything if the whole is zero. */
function share(
  result: Plain,
  places: ArrayLike<number>,
  parts: readonly number[],
  whole: number,
  r: number,
): void {
  if (whole === 0) return
  parts.forEach((part, k) => {
    result.data[places[k]!]! += (part / whole) * r
  })
}

function throughLinear(
  node: NodeOf<'Conv'> | NodeOf<'ConvTranspose'> | NodeOf<'Gemm'> | NodeOf<'MatMul'>,
  [x, w, b]: readonly Plain[],
  y: Plain,
  arrived: Plain,
  rule: PlainRule,
): Plain {
  const result = plain(x!.shape)
  const area = x!.shape.slice(2).reduce((product, d) => product * d, 1)
  fieldsOf(node, x!, w!).list.forEach((field, j) => {
    const bias = b ? b.data[b.data.length === 1 ? 0 : field.bias]! : 0
    for (const [parts, whole, fraction] of sharesOf(rule, field, x!, w!, bias, y.data[j]!, area)) {
      share(result, field.inputs, parts, whole, fraction * arrived.data[j]!)
    }
  })
  return result
}

/** A rule's shares for one output: the parts of its inputs, their whole, and how much of R is shared. */
function sharesOf(
  rule: PlainRule,
  { inputs, weights }: Field,
  x: Plain,
  w: Plain,
  bias: number,
  y: number,
  area: number,
): [parts: number[], whole: number, fraction: number][] {
  const v = Array.from(inputs, (i) => x.data[i]!)
  const u = Array.from(weights, (i) => w.data[i]!)
  const z = v.map((value, k) => value * u[k]!)
  switch (rule.rule) {
    case 'epsilon': {
      const whole = sum(z) + (rule.bias ? bias : 0)
      return [[z, whole + (whole >= 0 ? rule.epsilon : -rule.epsilon), 1]]
    }
    case 'alpha-beta': {
      const [up, down] = [z.map(positive), z.map(negative)]
      const b = rule.bias ? bias : 0
      return [
        [up, sum(up) + positive(b) + rule.epsilon, rule.alpha],
        [down, sum(down) + negative(b) - rule.epsilon, rule.beta],
      ]
    }
    case 'gamma': {
      const part = y >= 0 ? positive : negative
      const more = (value: number) => value + rule.gamma * part(value)
      const parts = z.map(more)
      const whole = sum(parts) + (rule.bias ? more(bias) : 0)
      return [[parts, whole + (whole >= 0 ? rule.epsilon : -rule.epsilon), 1]]
    }
    case 'z-box': {
      const bound = (bounds: readonly number[], k: number) =>
        bounds.length === 1 ? bounds[0]! : bounds[Math.floor(inputs[k]! / area)]!
      const parts = z.map(
        (value, k) => value - bound(rule.low, k) * positive(u[k]!) - bound(rule.high, k) * negative(u[k]!),
      )
      const whole = sum(parts)
      return [[parts, whole + (whole >= 0 ? rule.epsilon : -rule.epsilon), 1]]
    }
    case 'w-square': {
      const squares = u.map((value) => value * value)
      return [[squares, sum(squares), 1]]
    }
    case 'flat':
      return [[u.map(() => 1), u.length, 1]]
  }
}

function throughMaxPool(
  node: NodeOf<'MaxPool'>,
  x: Plain,
  arrived: Plain,
  option: 'first' | 'equal' | 'proportional',
): Plain {
  const result = plain(x.shape)
  windowsOf(node, x).windows.forEach((window, j) => {
    const inside = window.map((i) => x.data[i]!)
    const largest = Math.max(...inside)
    const parts = {
      first: inside.map((_, k) => (k === inside.indexOf(largest) ? 1 : 0)),
      equal: inside.map((value) => (value === largest ? 1 : 0)),
      proportional: inside,
    }[option]
    share(result, window, parts, sum(parts), arrived.data[j]!)
  })
  return result
}

/**
 * Binder et al. 2016: y_j(x) ≈ x_j / (k + a x_j²)^β − 2aβ Σ_{i≠j} x_j x_i² / s_j^{β+1}: the value where all neighbours
 * of x_j are zero, and the slopes at x times the neighbours.
 */
function throughLrn({ attributes }: NodeOf<'LRN'>, x: Plain, arrived: Plain): Plain {
  const { size, alpha, beta, bias } = attributes
  const a = alpha / size
  const result = plain(x.shape)
  x.data.forEach((own, j) => {
    const window = channelsAround(x, j, size)
    const s = bias + a * sum(window.map((i) => x.data[i]! ** 2))
    const parts = window.map((i) =>
      i === j
        ? own / (bias + a * own ** 2) ** beta
        : (-2 * a * beta * own * x.data[i]! ** 2) / s ** (beta + 1),
    )
    share(result, window, parts, sum(parts), arrived.data[j]!)
  })
  return result
}

function throughBatchNorm(
  { attributes }: NodeOf<'BatchNormalization'>,
  inputs: readonly Plain[],
  arrived: Plain,
  by: 'pass' | 'magnitude' | 'proportional',
): Plain {
  if (by === 'pass') return arrived
  const size = by === 'magnitude' ? Math.abs : (value: number) => value
  const [x, gain, shift, mean, variance] = inputs as [Plain, Plain, Plain, Plain, Plain]
  const area = x.data.length / x.shape[1]!
  const result = plain(x.shape)
  x.data.forEach((value, k) => {
    const c = Math.floor(k / area)
    const scale = gain.data[c]! / Math.sqrt(variance.data[c]! + attributes.epsilon)
    const [own, rest] = [size(scale * value), size(shift.data[c]! - scale * mean.data[c]!)]
    share(result, [k], [own], own + rest, arrived.data[k]!)
  })
  return result
}

/** A constant belongs to no input: it gets no share, and is not part of the whole. */
function throughSum(
  inputs: readonly Plain[],
  names: readonly string[],
  arrived: Plain,
  graph: Graph,
  { add, constants }: PlainOptions,
): (Plain | undefined)[] {
  const option = constants === 'keep' ? 'proportional' : (add ?? 'proportional')
  const varying = names.map((name) => !graph.initializers.has(name))
  const results = inputs.map(({ shape }) => plain(shape))
  const places = inputs.map(({ shape }) => repeatedPlaces(shape, arrived.shape))
  const alone = constants !== 'keep' && varying.filter((varies) => varies).length === 1
  arrived.data.forEach((r, j) => {
    const parts = inputs.map(({ data }, k) =>
      !varying[k] ? 0 : alone || option === 'equal' ? 1 : data[places[k]![j]!]!,
    )
    const whole =
      alone || option === 'equal' ? sum(parts) : sum(inputs.map(({ data }, k) => data[places[k]![j]!]!))
    parts.forEach((part, k) => {
      if (whole !== 0) results[k]!.data[places[k]![j]!]! += (part / whole) * r
    })
  })
  return results
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function positive(value: number): number {
  return Math.max(value, 0)
}

function negative(value: number): number {
  return Math.min(value, 0)
}
