/**
 * Products of two values. Where one side only lets the other through to some degree (the gate of a
 * squeeze-and-excitation block, the sigmoid in x · σ(x)), the signal takes all and the gate nothing: Arras et al.
 * 2017, *Explaining Recurrent Neural Network Predictions in Sentiment Analysis*, eq. 4. A side that is repeated to
 * fit the other, such as one number for a whole channel, is a gate as well. Where both sides are alike, each takes
 * half: Achtibat et al. 2024, *AttnLRP*, eq. 13.
 */

import type { Value } from '../../graph/builder.ts'
import { unbroadcast } from '../gradient/unbroadcast.ts'
import type { BackwardRule } from '../walk.ts'
import { allToOne } from './proportion.ts'

/** Mul, with the names of the values that are gates: those that are bounded between two numbers (`graph/traits.ts`). */
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
