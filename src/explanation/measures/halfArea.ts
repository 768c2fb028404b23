import { descending } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'

/**
 * How large the smallest set of pixels is that carries half of the positive relevance, as a share of the picture. It is
 * regard's own measure; in a profile it says how concentrated maps are.
 *
 * @returns above 0 to ½, or more by less than a pixel; 0 for a map where nothing speaks for the class
 */
export function halfArea({ data }: PixelRelevance): number {
  const half = data.reduce((sum, value) => sum + Math.max(value, 0), 0) / 2
  let [sum, count] = [0, 0]
  for (const pixel of descending(data)) {
    if (sum >= half) break
    sum += data[pixel]!
    count++
  }
  return count / data.length
}
