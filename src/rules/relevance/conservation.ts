/**
 * What became of the relevance, layer by layer. A map seldom sums to the logit, and people ask why: biases keep
 * their share, and so do ε and denominators that are zero.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'

/** A layer of the report. Its numbers are in the output `conservation`, in the row of the same index. */
export interface ConservationRow {
  /** The node's name. */
  readonly layer: string
  readonly operator: string
  readonly rule: string
}

/** The columns of the output `conservation`: float32 [targets, rows, columns]. */
export const CONSERVATION_COLUMNS = ['in', 'out', 'bias', 'epsilon', 'padding'] as const

/** Collects, while the walk goes from the output to the input, what each layer was given and passed on. */
export class Conservation {
  readonly rows: ConservationRow[] = []
  private readonly sums: Value[] = []
  private readonly builder: GraphBuilder

  constructor(builder: GraphBuilder) {
    this.builder = builder
  }

  /**
   * Note one layer.
   *
   * @param amounts values of any shape whose first dimension is the batch; each column is the sum of its values
   */
  add(
    row: ConservationRow,
    amounts: Partial<Record<(typeof CONSERVATION_COLUMNS)[number], readonly Value[]>>,
  ): void {
    const g = this.builder
    this.rows.push(row)
    const nothing = g.mul(this.total(amounts.in![0]!), g.scalar(0))
    const columns = CONSERVATION_COLUMNS.map((name) => {
      const values = amounts[name] ?? []
      return values.length > 0 ? g.sum(values.map((value) => this.total(value))) : nothing
    })
    this.sums.push(g.reshape(g.concat(columns, 1), [-1, 1, CONSERVATION_COLUMNS.length]))
  }

  /** All rows, as one value. */
  table(): Value {
    return this.builder.concat(this.sums, 1)
  }

  /** The sum of each picture's elements: [batch, 1]. */
  private total(value: Value): Value {
    return this.builder.reduceSum(this.builder.op('Flatten', [value]), [1], true)
  }
}
