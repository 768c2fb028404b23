/** Activations that graphs lack, spelt out: one entry for each operator, with its definition. */

import type { GraphBuilder, Value } from '../builder.ts'
import { type Conversion, type Form, form, numberIn, textIn } from './form.ts'

/** By the name of the operator. */
export const ACTIVATIONS: Readonly<Record<string, Conversion>> = {
  Gelu: (node, g) =>
    textIn(node, 'approximate', 'none') === 'tanh' ? tanhGelu(g, node.inputs[0]!) : gelu(g, node.inputs[0]!),
  // x · tanh(log(1 + eˣ))
  Mish: ({ inputs: [x] }, g) => form('Mul', [x, g.op('Tanh', [g.op('Softplus', [x!])])]),
  Swish: (node, g) => swish(g, node.inputs[0]!, numberIn(node, 'alpha', 1)),
  // γ · x for x > 0, else γ · α · (eˣ − 1)
  Selu: (node, g) => {
    const alpha = numberIn(node, 'alpha', 1.6732631921768188)
    const gamma = numberIn(node, 'gamma', 1.0507010221481323)
    return form('Mul', [g.op('Elu', [node.inputs[0]], { alpha }), g.scalar(gamma)])
  },
  // x for x > 0, else α · (e^(x/α) − 1)
  Celu: (node, g) => {
    const alpha = g.scalar(numberIn(node, 'alpha', 1))
    return form('Mul', [g.op('Elu', [g.div(node.inputs[0]!, alpha)]), alpha])
  },
  // x for x > α, else 0
  ThresholdedRelu: (node, g) => {
    const x = node.inputs[0]!
    return form('Where', [g.op('Greater', [x, g.scalar(numberIn(node, 'alpha', 1))]), x, g.scalar(0)])
  },
  // x − bias for x > λ, x + bias for x < −λ, else 0
  Shrink: (node, g) => {
    const x = node.inputs[0]!
    const [bias, lambda] = [g.scalar(numberIn(node, 'bias', 0)), g.scalar(numberIn(node, 'lambd', 0.5))]
    const below = g.op('Where', [g.op('Greater', [g.op('Neg', [lambda]), x]), g.add(x, bias), g.scalar(0)])
    return form('Where', [g.op('Greater', [x, lambda]), g.sub(x, bias), below])
  },
  // x / (1 + |x|)
  Softsign: ({ inputs: [x] }, g) => form('Div', [x, g.add(g.op('Abs', [x!]), g.scalar(1))]),
}

/** x · Φ(x), with Φ the normal distribution. */
export function gelu(g: GraphBuilder, x: Value): Form {
  return halfTimes(g, x, g.op('Erf', [g.mul(x, g.scalar(Math.SQRT1_2))]))
}

/** The same with tanh(√(2/π) · (x + 0.044715 x³)) instead of the error function. */
export function tanhGelu(g: GraphBuilder, x: Value): Form {
  const inner = g.add(x, g.mul(g.scalar(0.044715), g.mul(x, g.mul(x, x))))
  return halfTimes(g, x, g.op('Tanh', [g.mul(g.scalar(Math.sqrt(2 / Math.PI)), inner)]))
}

/** x · σ(αx). */
export function swish(g: GraphBuilder, x: Value, alpha: number): Form {
  return form('Mul', [x, g.op('Sigmoid', [alpha === 1 ? x : g.mul(x, g.scalar(alpha))])])
}

function halfTimes(g: GraphBuilder, x: Value, inner: Value): Form {
  return form('Mul', [g.mul(x, g.scalar(0.5)), g.add(inner, g.scalar(1))])
}
