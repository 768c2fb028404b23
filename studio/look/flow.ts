/** Where the relevance went, from the answer down to the pixels. */

import type { FlowLayer, Look } from '../worker/protocol.ts'

/** Why relevance stays at a layer. */
export const LEAKS = ['bias', 'epsilon', 'constants', 'padding'] as const
export type Leak = (typeof LEAKS)[number]

/** One layer on the way down. */
interface FlowStep extends FlowLayer {
  /** The relevance underway before this layer, over all branches, and after it. */
  readonly before: number
  readonly after: number
  /** What stayed here; negative where more went on than came. `before` − all of them = `after`. */
  readonly stayed: readonly { readonly leak: Leak; readonly amount: number }[]
}

/** The flow of all relevance. */
export interface Flow {
  /**
   * The total that was handed down: `reached` plus all that stayed anywhere. It is the logit, unless the rules start
   * differently.
   */
  readonly start: number
  readonly steps: readonly FlowStep[]
  /** The sum of the map. */
  readonly reached: number
}

/** Layers with biases of their own; elsewhere it is a constant beside the value that keeps its share. */
const WITH_BIAS = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization'])

/**
 * The conservation report as a flow; undefined where the method gives none.
 *
 * @param look with its report, from the output to the input
 */
export function flowOf({ conservation, reached }: Pick<Look, 'conservation' | 'reached'>): Flow | undefined {
  if (conservation.length === 0) return undefined
  const stays = conservation.map(stayedAt)
  const totals = stays.map((stayed) => stayed.reduce((sum, { amount }) => sum + amount, 0))
  const start = totals.reduce((sum, total) => sum + total, reached)
  let left = start
  const steps = conservation.map((row, k) => {
    const before = left
    left -= totals[k]!
    return { ...row, before, after: left, stayed: stays[k]! }
  })
  return { start, steps, reached }
}

function stayedAt({ operator, bias, epsilon, padding }: FlowLayer): FlowStep['stayed'] {
  const ofConstants = !WITH_BIAS.has(operator)
  const amounts: Record<Leak, number> = {
    bias: ofConstants ? 0 : bias,
    epsilon,
    constants: ofConstants ? bias : 0,
    padding,
  }
  return LEAKS.flatMap((leak) => (amounts[leak] === 0 ? [] : [{ leak, amount: amounts[leak] }]))
}

/** A shape in the picture: an outline in the band's own units. */
export interface Ribbon {
  readonly kind: 'for' | 'against' | Leak
  readonly path: string
}

/** How the picture is drawn. */
export interface BandSize {
  /** The width of the band at its widest. */
  readonly width: number
  /** The height of one layer. */
  readonly row: number
}

/** How far leaks extend to the side. */
const ASIDE = 10
/** Thinner bands would look like lines. */
const THINNEST = 1

/**
 * The outlines of the band, and of what leaves or joins it.
 *
 * The band is as wide as the relevance still underway. What stays at a layer branches off to the right; where a layer
 * hands on more than came, because its biases speak against, the excess joins from the right.
 */
export function ribbonsOf({ steps, start }: Flow, { width, row }: BandSize): Ribbon[] {
  const most = steps.reduce((so, { after }) => Math.max(so, Math.abs(after)), Math.abs(start))
  const wide = (amount: number) => (most > 0 ? (width * Math.abs(amount)) / most : 0)
  return steps.flatMap(({ before, after, stayed }, k) => {
    const [top, bottom] = [k * row, (k + 1) * row]
    // For what speaks for and against alike, the sign decides the band's side.
    const side = after === 0 ? Math.sign(before) : Math.sign(after)
    const seen = stayed.filter(({ amount }) => wide(amount) >= THINNEST)
    const goes = seen.filter(({ amount }) => amount * side > 0)
    const comes = seen.filter(({ amount }) => amount * side < 0)
    const kept = Math.max(0, wide(before) - goes.reduce((sum, { amount }) => sum + wide(amount), 0))
    const ribbons: Ribbon[] = [
      {
        kind: side < 0 ? 'against' : 'for',
        path: ribbon(0, kept, top, 0, Math.min(kept, wide(after)), bottom),
      },
    ]
    let at = kept
    for (const { leak, amount } of goes) {
      ribbons.push({
        kind: leak,
        path: ribbon(at, at + wide(amount), top, at + ASIDE, at + wide(amount) + ASIDE, top + 0.8 * row),
      })
      at += wide(amount)
    }
    at = kept
    for (const { leak, amount } of comes) {
      ribbons.push({
        kind: leak,
        path: ribbon(at + ASIDE, at + wide(amount) + ASIDE, top + 0.2 * row, at, at + wide(amount), bottom),
      })
      at += wide(amount)
    }
    return ribbons
  })
}

/** From one section above to another below, with smooth sides. */
function ribbon(a: number, b: number, top: number, c: number, d: number, bottom: number): string {
  const middle = (top + bottom) / 2
  const n = (value: number) => value.toFixed(2)
  return (
    `M${n(a)} ${n(top)}L${n(b)} ${n(top)}` +
    `C${n(b)} ${n(middle)} ${n(d)} ${n(middle)} ${n(d)} ${n(bottom)}` +
    `L${n(c)} ${n(bottom)}C${n(c)} ${n(middle)} ${n(a)} ${n(middle)} ${n(a)} ${n(top)}Z`
  )
}
