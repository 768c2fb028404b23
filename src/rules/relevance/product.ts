/**
 * Products of two values. Where one side only lets the other through to some degree (the gate of a
 * squeeze-and-excitation block, the sigmoid in x · σ(x)), the signal takes all and the gate nothing: Arras et al.
 * 2017, *Explaining Recurrent Neural Network Predictions in Sentiment Analysis*, eq. 4. Where neither side is a
 * gate, each takes half: Achtibat et al. 2024, *AttnLRP*, eq. 13.
 */

import type { Value } from '../../graph/builder.ts'
import type { Graph } from '../../graph/types.ts'
import type { BackwardRule } from '../walk.ts'

/** Mul, with the names of the values that are gates. */
export function productRelevance(gates: ReadonlySet<string>): BackwardRule<'Mul'> {
  return ({ builder: g, inputs, outputs }, [arrived]) => {
    const [a, b] = [inputs[0]!, inputs[1]!]
    const signal = signalOf(g.constantOf(a) !== undefined, g.constantOf(b) !== undefined, a, b, gates)
    const shares = signal === 'both' ? [0.5, 0.5] : signal === 'a' ? [1, 0] : [0, 1]
    return [a, b].map((side, k) => {
      if (shares[k] === 0) return undefined
      const part = shares[k] === 1 ? arrived! : g.mul(arrived!, g.scalar(shares[k]!))
      return summedTo(side, outputs[0]!, part, (axes) => g.reduceSum(part, axes, true))
    })
  }
}

function signalOf(
  aIsConstant: boolean,
  bIsConstant: boolean,
  a: Value,
  b: Value,
  gates: ReadonlySet<string>,
): 'a' | 'b' | 'both' {
  if (aIsConstant) return 'b'
  if (bIsConstant) return 'a'
  if (gates.has(a.name) !== gates.has(b.name)) return gates.has(a.name) ? 'b' : 'a'
  // Two gates: the one that is repeated over the picture is the weight of a channel.
  const [sizeA, sizeB] = [a, b].map(({ shape }) => shape.filter((d) => d === 1).length)
  if (sizeA !== sizeB) return sizeA! > sizeB! ? 'b' : 'a'
  return 'both'
}

// What was repeated to fit the other side gets the sum of its copies.
function summedTo(side: Value, product: Value, part: Value, sum: (axes: number[]) => Value): Value {
  if (side.shape.length !== product.shape.length) {
    throw new Error(`the product of ${side.name} has another number of dimensions than it has`)
  }
  const axes = side.shape.flatMap((d, k) => (k > 0 && d === 1 && product.shape[k] !== 1 ? [k] : []))
  return axes.length > 0 ? sum(axes) : part
}

/**
 * The names of the values that are gates: bounded between two numbers by what makes them (a sigmoid, a tanh, a
 * clipping from both sides), or such a value scaled, shifted or reshaped.
 */
export function gatesOf(graph: Graph): Set<string> {
  const gates = new Set<string>()
  const isConstant = (name: string | undefined) => name !== undefined && graph.initializers.has(name)
  for (const node of graph.nodes) {
    const [x, y, z] = node.inputs
    let gate = false
    switch (node.op) {
      case 'Sigmoid':
      case 'HardSigmoid':
      case 'Tanh':
      case 'Erf':
      case 'Softmax':
        gate = true
        break
      case 'Clip':
        gate = isConstant(y) && isConstant(z)
        break
      case 'Add':
      case 'Sub':
      case 'Mul':
      case 'Div':
        gate = (gates.has(x!) && isConstant(y)) || (gates.has(y!) && isConstant(x) && node.op !== 'Div')
        break
      case 'Identity':
      case 'Reshape':
      case 'Flatten':
      case 'Squeeze':
      case 'Unsqueeze':
      case 'Transpose':
      case 'Expand':
        gate = gates.has(x!)
        break
    }
    if (gate) gates.add(node.outputs[0]!)
  }
  return gates
}
