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
  /** The numbers of all rows, one after another: each [batch, 1]. */
  private readonly numbers: Value[] = []
  private readonly totals = new Map<string, Value>()
  private zero: Value | undefined
  private readonly builder: GraphBuilder
  private readonly picturesFirst: boolean

  /** @param picturesFirst whether dimension 0 of every value is the batch; otherwise there is one picture */
  constructor(builder: GraphBuilder, picturesFirst: boolean) {
    this.builder = builder
    this.picturesFirst = picturesFirst
  }

  /**
   * Note one layer.
   *
   * @param amounts values of any shape; each column is the sum of their elements, for each picture
   */
  add(
    row: ConservationRow,
    amounts: Partial<Record<(typeof CONSERVATION_COLUMNS)[number], readonly Value[]>>,
  ): void {
    const g = this.builder
    this.rows.push(row)
    for (const name of CONSERVATION_COLUMNS) {
      const values = amounts[name] ?? []
      this.numbers.push(
        values.length > 0 ? g.sum(values.map((value) => this.total(value))) : this.nothing(amounts.in![0]!),
      )
    }
  }

  /** All rows, as one value. */
  table(): Value {
    const shape = [-1, this.rows.length, CONSERVATION_COLUMNS.length]
    return this.builder.reshape(this.builder.concat(this.numbers, 1), shape)
  }

  /** A zero for each picture. */
  private nothing(like: Value): Value {
    this.zero ??= this.builder.mul(this.total(like), this.builder.scalar(0))
    return this.zero
  }

  /** The sum of each picture's elements: [batch, 1]. */
  total(value: Value): Value {
    // What one layer passes on is what the layer before it receives.
    const known = this.totals.get(value.name)
    if (known) return known
    const flat = this.builder.op('Flatten', [value], { axis: this.picturesFirst ? 1 : 0 })
    const total = this.builder.reduceSum(flat, [1], true)
    this.totals.set(value.name, total)
    return total
  }
}
