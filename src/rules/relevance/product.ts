/**
 * Products of two values. Where one side only lets the other through to some degree (the gate of a
 * squeeze-and-excitation block, the sigmoid in x · σ(x)), the signal takes all and the gate nothing: Arras et al.
 * 2017, *Explaining Recurrent Neural Network Predictions in Sentiment Analysis*, eq. 4. A side that is repeated to
 * fit the other, such as one number for a whole channel, is a gate as well. Where both sides are alike, each takes
 * half: Achtibat et al. 2024, *AttnLRP*, eq. 13.
 */

import type { Value } from '../../graph/builder.ts'
import type { Graph } from '../../graph/types.ts'
import { unbroadcast } from '../gradient/unbroadcast.ts'
import type { BackwardRule } from '../walk.ts'
import { allToOne } from './proportion.ts'

/** Mul, with the names of the values that are gates. */
export function productRelevance(gates: ReadonlySet<string>): BackwardRule<'Mul'> {
  return allToOne(({ builder: g, inputs, outputs }, [arrived]) => {
    const [a, b] = [inputs[0]!, inputs[1]!]
    const signal = signalOf(a, b, gates)
    return [a, b].map((side) => {
      if (signal && signal !== side) return undefined
      const part = signal ? arrived! : g.mul(arrived!, g.scalar(0.5))
      return unbroadcast(g, part, outputs[0]!.shape, side)
    })
  })
}

/** The side that is let through; undefined where both are alike. */
function signalOf(a: Value, b: Value, gates: ReadonlySet<string>): Value | undefined {
  if (gates.has(a.name) !== gates.has(b.name)) return gates.has(a.name) ? b : a
  const [sizeA, sizeB] = [a, b].map(({ shape }) => shape.filter((d) => d !== 1).length)
  if (sizeA === sizeB) return undefined
  return sizeA! > sizeB! ? a : b
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
