/**
 * One shape holds every relevance rule of a linear layer:
 *
 *   R_i = Σ_terms c · Σ_pairs x_part · wᵀ_part ( R / stabilised( Σ_pairs x_part · w_part + b_part ) )
 *
 * so a rule is a list of terms. ε is one term with one pair; αβ is two terms with two pairs each. Parts that are known
 * to be empty (the negative part of a ReLU's output) are dropped before anything is built.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import type { LinearOperator } from '../linear.ts'
import type { Amount } from './parameters.ts'

/**
 * A part of a tensor: its positive and its negative elements, each times a number. `{ positive: 1, negative: 0 }`
 * keeps the positive ones and sets the others to zero.
 */
export interface SignedPart {
  readonly positive: number
  readonly negative: number
}

/** A part of the input; or, at every place in the picture, the same number, or one for each channel. */
export type InputPart = SignedPart | { readonly everywhere: readonly number[] }

/** A part of the weights, or the square of each. */
export type WeightPart = SignedPart | 'squared'

/** Everything, the positive elements, the negative elements, nothing. */
export const ALL: SignedPart = { positive: 1, negative: 1 }
export const POSITIVE: SignedPart = { positive: 1, negative: 0 }
export const NEGATIVE: SignedPart = { positive: 0, negative: 1 }
export const NOTHING: SignedPart = { positive: 0, negative: 0 }

/** One share of the relevance. */
export interface Term {
  /** Its weight; the coefficients of a conserving rule sum to one. */
  readonly coefficient: Amount
  /** Products of input and weights that make up its denominator, and share the relevance. */
  readonly pairs: readonly (readonly [input: InputPart, weights: WeightPart])[]
  /** The part of the bias in the denominator: what it takes is not passed on. */
  readonly bias: SignedPart
  /**
   * What keeps the denominator z from zero: ε, added with the sign of z (that of 0 is +1). Where it is zero
   * every pair is zero as well, and the term gives 0.
   */
  readonly epsilon: Amount
  /** The sign that the denominator always has, if any: then it is cheaper to stabilise. */
  readonly sign?: 'positive' | 'negative'
  /** Only for outputs of this sign (0 counts as positive); by default for all. */
  readonly outputs?: 'positive' | 'negative'
}

/** A linear layer on the backward walk, and the relevance that arrived at its output. */
export interface LinearVisit {
  readonly builder: GraphBuilder
  readonly node: NodeOf<LinearOperator>
  readonly x: Value
  readonly weights: Value
  readonly bias: Value | undefined
  /** The layer's output. */
  readonly output: Value
  /** Whether x is known to have no negative element. */
  readonly nonNegative: boolean
  readonly relevance: Value
}

/**
 * What became of the relevance that arrived at a layer. All but the first are only built on demand: each is a list of
 * values whose elements, summed for each picture, give how much stayed in the layer.
 */
export interface Passed {
  /** What the input gets. */
  readonly relevance: Value
  /** What the bias took. */
  readonly bias: readonly (() => Value)[]
  /** What ε took, or what arrived where a denominator is zero and no input can be given anything. */
  readonly epsilon: readonly (() => Value)[]
  /** What went to the padding, where there is no input. */
  readonly padding: readonly (() => Value)[]
}

/** A relevance rule for linear layers: terms, or (flat) a rule that looks at the shapes only. */
export type LinearRule =
  | { readonly name: string; readonly terms: readonly Term[] }
  | { readonly name: string; readonly apply: (visit: LinearVisit) => Passed }
