/**
 * Products of two computed values, element by element or as matrices. Where both sides are alike, each takes half:
 * the uniform rule of Achtibat et al. 2024, *AttnLRP*, eq. 13.
 *
 * Element by element, a side that only lets the other through to some degree (the gate of a squeeze-and-excitation
 * block, the sigmoid in x · σ(x)) gets nothing, and the signal takes all: Arras et al. 2017, *Explaining Recurrent
 * Neural Network Predictions in Sentiment Analysis*, eq. 4. A side that is repeated to fit the other, such as one
 * number for a whole channel, is a gate as well.
 */

import type { Value } from '../../graph/builder.ts'
import { matMulGradient } from '../gradient/innerProduct.ts'
import { unbroadcast } from '../gradient/unbroadcast.ts'
import type { BackwardRule } from '../walk.ts'
import { allToOne, inProportion } from './proportion.ts'
import type { Varies } from './varying.ts'

/** Mul. Gates are values that are bounded on both sides (`graph/traits.ts`). */
export function productRelevance(gates: ReadonlySet<string>, varies: Varies): BackwardRule<'Mul'> {
  return allToOne(varies, ({ builder: g, inputs, outputs }, [arrived]) => {
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
 * MatMul of two computed matrices, y = A·B: half of R goes to each side, in proportion to what its elements add, R_A =
 * ½ A ⊙ (R / y) Bᵀ and R_B = ½ B ⊙ Aᵀ (R / y). Where only one side varies (attention whose weights count as constant),
 * it gets the whole.
 */
export function matrixProductRelevance(varies: Varies): BackwardRule<'MatMul'> {
  return (visit, [arrived]) => {
    const { builder: g, inputs } = visit
    const varying = inputs.map((input) => varies(input!.name))
    const halved = varying.every(Boolean) ? g.mul(arrived!, g.scalar(0.5)) : arrived!
    const wanted = visit.wanted.map((each, k) => each && varying[k]!)
    return inProportion(matMulGradient)({ ...visit, wanted }, [halved])
  }
}
