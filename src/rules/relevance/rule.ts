/**
 * One shape holds every relevance rule of a linear layer:
 *
 *   R_i = Σ_terms c · Σ_pairs x_part · wᵀ_part ( R / stabilised( Σ_pairs x_part · w_part + b_part ) )
 *
 * so a rule is a list of terms. ε is one term with one pair; αβ is two terms with two pairs each. Parts that
 * are known to be empty (the negative part of what comes out of a ReLU) are dropped before anything is built.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import type { LinearOperator } from '../linear.ts'

/** All of a tensor, or its positive or negative elements with the others set to zero. */
export type Part = 'all' | 'positive' | 'negative'

/** One share of the relevance. */
export interface Term {
  /** Its weight; the coefficients of a conserving rule sum to one. */
  readonly coefficient: number
  /** Products of input and weights that make up its denominator, and divide the relevance among them. */
  readonly pairs: readonly (readonly [input: Part, weights: Part])[]
  /** The part of the bias in the denominator: what it takes is not passed on. */
  readonly bias: Part
  /**
   * What keeps the denominator z from zero: ε, added with the sign of z (that of 0 is +1). Where it is zero
   * every pair is zero as well, and the term gives 0.
   */
  readonly epsilon: number
}

/** A linear layer on the backward walk, and the relevance that arrived at its output. */
export interface LinearVisit {
  readonly builder: GraphBuilder
  readonly node: NodeOf<LinearOperator>
  readonly x: Value
  readonly weights: Value
  readonly bias: Value | undefined
  /** Whether x is known to have no negative element. */
  readonly nonNegative: boolean
  readonly relevance: Value
}

/** A relevance rule for linear layers: terms, or (flat) a rule that looks at the shapes only. */
export type LinearRule =
  | { readonly name: string; readonly terms: readonly Term[] }
  | { readonly name: string; readonly apply: (visit: LinearVisit) => Value }
