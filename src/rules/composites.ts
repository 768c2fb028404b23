/**
 * A composite says which relevance rule each linear layer gets. It is a list: the first entry that fits a
 * layer counts.
 */

import type { LinearOperator } from './linear.ts'
import { alphaBetaRule } from './relevance/alphaBeta.ts'
import { epsilonRule } from './relevance/epsilon.ts'
import { flatRule } from './relevance/flat.ts'
import type { LinearRule } from './relevance/rule.ts'

/** Which layers an entry fits, and their rule. */
interface CompositeEntry {
  readonly operators: readonly LinearOperator[]
  /** Only this many of those layers, counted from the input; all of them where not given. */
  readonly first?: number
  readonly rule: LinearRule
}

/** A named assignment of rules to layers. */
export interface Composite {
  readonly name: string
  readonly entries: readonly CompositeEntry[]
}

/** The composites, by name. */
export const composites = {
  /**
   * Lapuschkin et al. 2017: flat on the lowest layer, αβ (2, −1) on the other convolutions, ε = 0.01 on inner
   * products.
   */
  paper: {
    name: 'paper',
    entries: [
      { operators: ['Conv'], first: 1, rule: flatRule },
      { operators: ['Conv'], rule: alphaBetaRule(2, -1) },
      { operators: ['Gemm', 'MatMul'], rule: epsilonRule(0.01) },
    ],
  },
} as const satisfies Record<string, Composite>
