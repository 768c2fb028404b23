/**
 * The curves of a training, thinned for a screen: however long it takes, a limited number of points, each the mean of
 * equally many iterations. It grows as lines arrive, and does not keep them.
 */

import type { CurvePart, Point, Validation } from './messages.ts'

/** The most points; before one more is added, every two are merged into one. */
const MOST = 400

/** A line of `metrics.jsonl`, as far as it matters here. */
export interface CurveLine {
  readonly iteration: number
  readonly loss?: number
  readonly accuracy?: number
  readonly validation?: { readonly accuracy: number }
}

interface Bin {
  readonly last: number
  readonly loss: number
  readonly accuracy: number
  readonly count: number
}

/** How much of a curve a page already has. */
export interface Had {
  readonly made: number
  readonly last: unknown
  readonly points: number
  readonly validations: number
}

export class Curve {
  /** Iterations for each point. */
  private width = 1
  private bins: Bin[] = []
  private readonly validations: Validation[] = []
  /** Changes whenever the previous points no longer hold: no two curves have the same number. */
  private made = next++
  private last: { readonly iteration: number; readonly loss: number } | undefined

  add({ iteration, loss, accuracy = Number.NaN, validation }: CurveLine): void {
    if (validation) this.validations.push([iteration, validation.accuracy])
    if (loss === undefined) return
    this.last = { iteration, loss }
    const place = Math.floor((iteration - 1) / this.width)
    const open = this.bins.at(-1)
    if (open && Math.floor((open.last - 1) / this.width) === place)
      this.bins[this.bins.length - 1] = joined(open, { last: iteration, loss, accuracy, count: 1 })
    else this.bins.push({ last: iteration, loss, accuracy, count: 1 })
    if (this.bins.length > MOST) this.thin()
  }

  /** The last iteration, and the accuracy of the last validation; undefined before the first. */
  get reached() {
    const validated = this.validations.at(-1)?.[1]
    return this.last && { ...this.last, ...(validated !== undefined && { validated }) }
  }

  private thin(): void {
    this.width *= 2
    this.made = next++
    const bins: Bin[] = []
    for (const bin of this.bins) {
      const open = bins.at(-1)
      if (open && Math.floor((open.last - 1) / this.width) === Math.floor((bin.last - 1) / this.width))
        bins[bins.length - 1] = joined(open, bin)
      else bins.push(bin)
    }
    this.bins = bins
  }

  /** The part that a page still lacks; undefined where it lacks nothing. */
  since(run: string, had?: Had): CurvePart | undefined {
    const isSame = had?.made === this.made
    if (isSame && had.last === this.last && had.validations === this.validations.length) return undefined
    // The last point may have grown since.
    const from = isSame ? Math.max(0, had.points - 1) : 0
    const validationsFrom = isSame ? had.validations : 0
    const points = this.bins
      .slice(from)
      .map(({ last, loss, accuracy, count }): Point => [last, loss / count, accuracy / count])
    return { run, from, points, validationsFrom, validations: this.validations.slice(validationsFrom) }
  }

  get had(): Had {
    const { made, last, bins, validations } = this
    return { made, last, points: bins.length, validations: validations.length }
  }
}

let next = 0

function joined(a: Bin, b: Bin): Bin {
  return {
    last: b.last,
    loss: a.loss + b.loss,
    accuracy: a.accuracy + b.accuracy,
    count: a.count + b.count,
  }
}
