import type { PixelRelevance } from '../heatMap.ts'

/**
 * Complexity: the entropy of the share that each pixel has of |R|, −Σ p ln p, in nats.
 *
 * Bhatt, Weller and Moura 2020, *Evaluating and Aggregating Feature-based Model Explanations*, “Complexity”.
 *
 * @returns 0, where one pixel has all, to ln n where n pixels have equally much; 0 for a map without relevance
 */
export function complexity({ data }: PixelRelevance): number {
  const sum = data.reduce((total, value) => total + Math.abs(value), 0)
  return data.reduce((entropy, value) => {
    const share = Math.abs(value) / sum
    return share > 0 ? entropy - share * Math.log(share) : entropy
  }, 0)
}
