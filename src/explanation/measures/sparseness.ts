import type { PixelRelevance } from '../heatMap.ts'

/**
 * Sparseness: the Gini index of |R|, 0 where all pixels have equally much, near 1 where one has all. With a₁ ≤ … ≤ a_n
 * the values of |R| in order it is Σ_k (2k − n − 1) a_k / (n Σ a), which is another form of 1 − 2 Σ_k (a_k / ‖a‖₁) (n −
 * k + ½) / n.
 *
 * Chalasani, Chen, Chowdhury, Jha and Wu 2020, *Concise Explanations of Neural Networks using Adversarial Training*,
 * “Gini index”, after Hurley and Rickard 2009, *Comparing Measures of Sparsity*. Nothing is added to the values: a
 * program that adds 1e-7 to each, to avoid dividing by 0, gives somewhat less where a map's relevance is small.
 *
 * @returns 0 to 1 − 1/n for n pixels; 0 for a map without relevance
 */
export function sparseness({ data }: PixelRelevance): number {
  const sorted = data.map(Math.abs).sort()
  const n = sorted.length
  let [weighted, sum] = [0, 0]
  sorted.forEach((value, k) => {
    weighted += (2 * (k + 1) - n - 1) * value
    sum += value
  })
  return sum === 0 ? 0 : weighted / (n * sum)
}
