import { ALL, type LinearRule, NEGATIVE, NOTHING, POSITIVE, type SignedPart } from './rule.ts'

/**
 * The zᴮ rule, for inputs that lie between `low` and `high`:
 *
 * R_i = Σ_j (x_i w_ij − low · w⁺_ij − high · w⁻_ij) / Σ_i (x_i w_ij − low · w⁺_ij − high · w⁻_ij) · R_j
 *
 * Montavon et al. 2017, *Explaining NonLinear Classification Decisions with Deep Taylor Decomposition*, eq. 15.
 *
 * @param low one number, or one for each channel of the input
 * @param high likewise
 */
export function zBoxRule(low: number | readonly number[], high: number | readonly number[]): LinearRule {
  const [lows, highs] = [[low].flat(), [high].flat()]
  const least = lows.length > 1 ? lows : highs.map(() => lows[0]!)
  if (least.some((value, k) => !(value < (highs[k] ?? highs[0]!)))) {
    throw new Error(`the low end ${lows.join(', ')} must lie below the high end ${highs.join(', ')}`)
  }
  const minus = ({ positive, negative }: SignedPart) => ({ positive: -positive, negative: -negative })
  return {
    name: `z-box(${shown(lows)}, ${shown(highs)})`,
    terms: [
      {
        coefficient: 1,
        pairs: [
          [ALL, ALL],
          [{ everywhere: lows }, minus(POSITIVE)],
          [{ everywhere: highs }, minus(NEGATIVE)],
        ],
        bias: NOTHING,
        epsilon: 0,
      },
    ],
  }
}

function shown(bounds: readonly number[]): string {
  return bounds.map((bound) => Number(bound.toPrecision(4))).join(' ')
}
