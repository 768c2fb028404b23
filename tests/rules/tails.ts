/** Small networks that end in random scores, and the many ways in which exporters write what follows. */

import { Random } from '../../src/base/random.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, sizeOf } from '../../src/graph/types.ts'

/** What ends a network, and what is known about it. */
export interface Tail {
  readonly value: Value
  /** For each element of the value, its score. */
  readonly scores: readonly number[]
  /** For each element, how its logit rises with the score: −1 where it falls, and 0.5 at a temperature of 2. */
  readonly sides: readonly number[]
  /** What the value holds: `scale` times probabilities, or their logarithms. */
  readonly scale: number
  readonly isLog: boolean
}

type Ending = (g: GraphBuilder, z: Value) => Tail

const INPUTS = 6

/** A network [batch, 6] → [batch, scores] with what follows. */
export function network(scores: number, seed: string, tail: (g: GraphBuilder, z: Value) => Value): Graph {
  const random = new Random(seed)
  const drawn = (...shape: number[]) =>
    float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, 0.6)),
    )
  const g = new GraphBuilder('small')
  const x = g.input('x', 'float32', ['batch', INPUTS])
  const hidden = g.op('Relu', [
    g.op('Gemm', [x, g.constant(drawn(INPUTS, 8)), g.constant(drawn(8))], {}, 'fc1'),
  ])
  const z = g.op('Gemm', [hidden, g.constant(drawn(8, scores)), g.constant(drawn(scores))], {}, 'z')
  g.output('y', tail(g, z))
  return g.graph()
}

export function input(seed: string): ReturnType<typeof float32> {
  const random = new Random(seed)
  return float32(
    [1, INPUTS],
    Float32Array.from({ length: INPUTS }, () => random.uniform(-1, 1)),
  )
}

function all(value: Value, scores: number, { isLog = false, side = 1, scale = 1 } = {}): Tail {
  const places = Array.from({ length: scores }, (_, k) => k)
  return { value, scores: places, sides: places.map(() => side), scale, isLog }
}

const width = (z: Value) => Number(z.shape[1])
const last = (g: GraphBuilder) => g.integers([-1])
const lessMax = (g: GraphBuilder, z: Value) => g.sub(z, g.op('ReduceMax', [z, last(g)]))
const total = (g: GraphBuilder, e: Value) => g.op('ReduceSum', [e, last(g)])

/** Softmaxes of any number of scores. */
export const SOFTMAXES: Readonly<Record<string, Ending>> = {
  'a softmax': (g, z) => all(g.op('Softmax', [z]), width(z)),
  'a softmax over an axis in the middle': (g, z) =>
    all(g.op('Softmax', [g.reshape(z, [0, 0, 1, 1])], { axis: 1 }), width(z)),
  'a softmax with the channels last': (g, z) =>
    all(g.op('Softmax', [g.transpose(g.reshape(z, [0, 0, 1, 1]), [0, 2, 3, 1])]), width(z)),
  'a log-softmax': (g, z) => all(g.op('LogSoftmax', [z]), width(z), { isLog: true }),
  'a log-softmax and its exponential': (g, z) => all(g.op('Exp', [g.op('LogSoftmax', [z])]), width(z)),
  'the logarithm of a softmax': (g, z) => all(g.op('Log', [g.op('Softmax', [z])]), width(z), { isLog: true }),
  'exponentials by their sum': (g, z) => {
    const e = g.op('Exp', [z])
    return all(g.div(e, total(g, e)), width(z))
  },
  'exponentials less the largest score, times a reciprocal': (g, z) => {
    const e = g.op('Exp', [lessMax(g, z)])
    return all(g.mul(e, g.op('Reciprocal', [total(g, e)])), width(z))
  },
  'exponentials, normalised as torch does': (g, z) => {
    const e = g.op('Exp', [z])
    const norm = g.op('Clip', [total(g, g.op('Abs', [e])), g.constant(float32([], [1e-12]))])
    return all(g.div(e, g.op('Expand', [norm, g.op('Shape', [e])])), width(z))
  },
  'exponentials by their mean': (g, z) => {
    const e = g.op('Exp', [lessMax(g, z)])
    return all(g.div(e, g.op('ReduceMean', [e, last(g)])), width(z), { scale: width(z) })
  },
  'exponentials at a temperature, less the largest': (g, z) => {
    const e = g.op('Exp', [g.div(lessMax(g, z), g.scalar(2))])
    return all(g.div(e, total(g, e)), width(z), { side: 0.5 })
  },
  'scores less the logarithm of a sum': (g, z) => {
    const low = lessMax(g, z)
    const value = g.sub(low, g.op('Log', [total(g, g.op('Exp', [low]))]))
    return all(value, width(z), { isLog: true })
  },
  'scores less the logarithm of a sum, as the standard spells it': (g, z) => {
    const largest = g.op('ReduceMax', [z, last(g)])
    const log = g.op('Log', [total(g, g.op('Exp', [g.sub(z, g.op('ReduceMax', [z, last(g)]))]))])
    return all(g.sub(z, g.add(log, largest)), width(z), { isLog: true })
  },
  'sigmoids by their sum': (g, z) => {
    const p = g.op('Sigmoid', [z])
    return all(g.div(p, total(g, p)), width(z))
  },
  'two exponentials by their sum': (g, z) => {
    const parts = g.ops('Split', width(z), [g.op('Exp', [z]), g.integers(Array(width(z)).fill(1))], {
      axis: 1,
    })
    return all(g.div(g.concat(parts, 1), g.sum(parts)), width(z))
  },
  'a softmax of a softmax': (g, z) => all(g.op('Softmax', [g.op('Softmax', [z])]), width(z)),
}

/** Sigmoids of any number of scores. */
export const SIGMOIDS: Readonly<Record<string, Ending>> = {
  'a sigmoid': (g, z) => all(g.op('Sigmoid', [z]), width(z)),
  'one less a sigmoid': (g, z) => all(g.sub(g.scalar(1), g.op('Sigmoid', [z])), width(z), { side: -1 }),
  'a tanh, halved': (g, z) => all(g.mul(g.add(g.op('Tanh', [z]), g.scalar(1)), g.scalar(0.5)), width(z)),
  'a reciprocal of one and an exponential': (g, z) =>
    all(g.op('Reciprocal', [g.add(g.scalar(1), g.op('Exp', [g.op('Neg', [z])]))]), width(z)),
  'an exponential by itself and one': (g, z) => {
    const e = g.op('Exp', [z])
    return all(g.div(e, g.add(e, g.scalar(1))), width(z))
  },
  'the logarithm of a sigmoid': (g, z) => all(g.op('Log', [g.op('Sigmoid', [z])]), width(z), { isLog: true }),
  'a softplus': (g, z) => all(g.op('Neg', [g.op('Softplus', [g.op('Neg', [z])])]), width(z), { isLog: true }),
}

/** Two classes from one score. */
export const PAIRS: Readonly<Record<string, Ending>> = {
  'a sigmoid beside its complement': (g, z) => {
    const p = g.op('Sigmoid', [z])
    return { ...all(g.concat([g.sub(g.scalar(1), p), p], 1), 2), scores: [0, 0], sides: [-1, 1] }
  },
}

/** Operations on probabilities on their way out; each keeps one row per picture. */
export const MOVES: Readonly<Record<string, (g: GraphBuilder, tail: Tail, random: Random) => Tail>> = {
  times: (g, tail, random) => {
    const factor = Math.fround(random.uniform(0.1, 100))
    return { ...tail, value: g.mul(tail.value, g.scalar(factor)), scale: tail.scale * factor }
  },
  by: (g, tail, random) => {
    const factor = Math.fround(random.uniform(0.1, 10))
    return { ...tail, value: g.div(tail.value, g.scalar(factor)), scale: tail.scale / factor }
  },
  clip: (g, tail) => ({
    ...tail,
    value: g.op('Clip', [tail.value, g.scalar(-1000), g.scalar(1000)]),
  }),
  least: (g, tail) => ({ ...tail, value: g.op('Max', [tail.value, g.scalar(-1000)]) }),
  slice: (g, tail) => {
    if (tail.scores.length < 3) return tail
    const value = g.slice(flat(g, tail), { 1: [1, 100] })
    return { ...tail, value, scores: tail.scores.slice(1), sides: tail.sides.slice(1) }
  },
  gather: (g, tail, random) => {
    const order = random.shuffle(tail.scores.map((_, k) => k))
    const value = g.op('Gather', [flat(g, tail), g.integers(order)], { axis: 1 })
    return {
      ...tail,
      value,
      scores: order.map((k) => tail.scores[k]!),
      sides: order.map((k) => tail.sides[k]!),
    }
  },
  split: (g, tail) => {
    const count = tail.scores.length
    if (count < 2) return tail
    const [head, rest] = g.ops('Split', 2, [flat(g, tail), g.integers([1, count - 1])], { axis: 1 })
    const turn = <T>(list: readonly T[]) => [...list.slice(1), list[0]!]
    return { ...tail, value: g.concat([rest!, head!], 1), scores: turn(tail.scores), sides: turn(tail.sides) }
  },
  reshape: (g, tail) => ({ ...tail, value: g.reshape(tail.value, [-1, 1, tail.scores.length]) }),
  transpose: (g, tail) => ({
    ...tail,
    value: g.transpose(g.reshape(tail.value, [-1, tail.scores.length, 1]), [0, 2, 1]),
  }),
  identity: (g, tail) => ({ ...tail, value: g.op('Identity', [tail.value]) }),
}

function flat(g: GraphBuilder, { value, scores }: Tail): Value {
  return g.reshape(value, [-1, scores.length])
}
