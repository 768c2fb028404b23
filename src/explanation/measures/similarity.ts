import type { PixelRelevance } from '../heatMap.ts'
import { rankCorrelation } from './rankCorrelation.ts'
import { structuralSimilarity } from './structuralSimilarity.ts'

/** How two maps are compared where a measure leaves the choice. */
export const SIMILARITIES: Readonly<
  Record<Similarity, (one: PixelRelevance, other: PixelRelevance) => number>
> = {
  ssim: structuralSimilarity,
  rank: rankCorrelation,
}

/** `ssim`: structural similarity; `rank`: Spearman's rank correlation. */
export type Similarity = 'ssim' | 'rank'
