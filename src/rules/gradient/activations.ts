/**
 * The derivatives of activations. At a kink each takes the value of its flatter side, as Relu takes 0 at 0: what is not
 * active passes nothing on.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { BackwardRule } from '../walk.ts'
import { times } from './times.ts'
import { unbroadcast } from './unbroadcast.ts'

/** Relu: dx = dy where y > 0, else 0 (at exactly 0 too, as in Caffe). */
export const reluGradient: BackwardRule<'Relu'> = ({ builder: g, outputs }, [dy]) => [
  g.op('Where', [isPositive(g, outputs[0]!), dy, g.scalar(0)]),
]

/** LeakyRelu: dx = dy where x > 0, else α · dy. */
export const leakyReluGradient: BackwardRule<'LeakyRelu'> = ({ builder: g, node, inputs }, [dy]) => [
  g.op('Where', [isPositive(g, inputs[0]!), dy, g.mul(dy!, g.scalar(node.attributes.alpha))]),
]

/** PRelu: dx = dy where x > 0, else slope · dy; dslope = Σ dy · x where x is negative. */
export const pReluGradient: BackwardRule<'PRelu'> = ({ builder: g, inputs, outputs, wanted }, [dy]) => {
  const [x, slope] = [inputs[0]!, inputs[1]!]
  const negative = () => g.op('Min', [x, g.scalar(0)])
  return [
    wanted[0] ? g.op('Where', [isPositive(g, x), dy, g.mul(dy!, slope)]) : undefined,
    wanted[1] ? unbroadcast(g, g.mul(dy!, negative()), outputs[0]!.shape, slope) : undefined,
  ]
}

/** Clip: dx = dy where low < x < high; a bound gets Σ dy where it limits x. */
export const clipGradient: BackwardRule<'Clip'> = ({ builder: g, inputs, outputs, wanted }, [dy]) => {
  const [x, low, high] = [inputs[0]!, inputs[1], inputs[2]]
  const zero = g.scalar(0)
  const above = low && g.op('Greater', [x, low])
  const below = high && g.op('Greater', [high, x])
  const where = (condition: Value | undefined, then: Value, otherwise: Value) =>
    condition ? g.op('Where', [condition, then, otherwise]) : then
  const held = (inside: Value, bound: Value) =>
    unbroadcast(g, where(inside, zero, dy!), outputs[0]!.shape, bound)
  return [
    where(above, where(below, dy!, zero), zero),
    wanted[1] ? held(above!, low!) : undefined,
    wanted[2] ? held(below!, high!) : undefined,
  ]
}

/** Elu: y = α (eˣ − 1) where x < 0, so y′ = y + α there. */
export const eluGradient: BackwardRule<'Elu'> = ({ builder: g, node, inputs, outputs }, [dy]) => {
  const slope = g.add(outputs[0]!, g.scalar(node.attributes.alpha))
  return [g.op('Where', [isPositive(g, inputs[0]!), dy, g.mul(dy!, slope)])]
}

/** Sigmoid: y′ = y (1 − y). */
export const sigmoidGradient = times<'Sigmoid'>((g, _, y) => g.mul(y, g.sub(g.scalar(1), y)))

/** Tanh: y′ = 1 − y². */
export const tanhGradient = times<'Tanh'>((g, _, y) => g.sub(g.scalar(1), g.mul(y, y)))

/** Softplus: y = log(1 + eˣ), so y′ is the sigmoid of x. */
export const softplusGradient = times<'Softplus'>((g, x) => g.op('Sigmoid', [x]))

/** HardSigmoid: y = αx + β, clipped to 0 and 1: y′ = α where 0 < y < 1. */
export const hardSigmoidGradient: BackwardRule<'HardSigmoid'> = (
  { builder: g, node, outputs: [y] },
  [dy],
) => {
  const zero = g.scalar(0)
  const below = g.op('Greater', [g.scalar(1), y!])
  const sloped = g.op('Where', [below, g.mul(dy!, g.scalar(node.attributes.alpha)), zero])
  return [g.op('Where', [isPositive(g, y!), sloped, zero])]
}

/** HardSwish: y = x · clip(x/6 + ½, 0, 1): y′ = x/3 + ½ for −3 < x < 3, 0 below and 1 above. */
export const hardSwishGradient: BackwardRule<'HardSwish'> = ({ builder: g, inputs }, [dy]) => {
  const x = inputs[0]!
  const slope = g.add(g.mul(x, g.scalar(1 / 3)), g.scalar(0.5))
  const below = g.op('Where', [g.op('Greater', [g.scalar(3), x]), slope, g.scalar(1)])
  const factor = g.op('Where', [g.op('Greater', [x, g.scalar(-3)]), below, g.scalar(0)])
  return [g.mul(dy!, factor)]
}

function isPositive(g: GraphBuilder, x: Value): Value {
  return g.op('Greater', [x, g.scalar(0)])
}
