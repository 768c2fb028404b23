/**
 * Whether probabilities mean what they say: of answers that are given with 80 %, 80 % should be right.
 *
 * Guo, Pleiss, Sun and Weinberger, *On Calibration of Modern Neural Networks*, ICML 2017, equations 2–4; after Naeini,
 * Cooper and Hauskrecht, *Obtaining Well Calibrated Probabilities Using Bayesian Binning*, AAAI 2015.
 */

import { topClass } from './accuracy.ts'

/** Answers whose confidence (the probability of the answer) lies in (low, high]; the first bin includes 0. */
interface ReliabilityBin {
  readonly low: number
  readonly high: number
  readonly n: number
  /** The mean confidence, and the share of answers that are right; NaN where n is 0. */
  readonly confidence: number
  readonly accuracy: number
}

/** How well calibrated a classifier is on a set of faces. */
export interface Calibration {
  /** 15 of equal width, as in Guo et al. */
  readonly bins: readonly ReliabilityBin[]
  /** Expected calibration error: Σ n_bin / n · |accuracy − confidence|, 0 to 1. */
  readonly ece: number
  /** Brier score, the mean of Σ_k (p_k − y_k)², y the one-hot label: 0 (right and sure) to 2 (wrong and sure). */
  readonly brier: number
  /** Negative log-likelihood, the mean of −ln p of the true class, in nats. */
  readonly nll: number
}

const BINS = 15

/** Files hold probabilities with six decimals: one that is 0 there may be anything up to half of the last decimal. */
const LEAST = 0.5e-6

/**
 * Measure a classifier's calibration.
 *
 * @param probabilities for each face, the probability of each class, adding up to 1
 * @param labels the index of each face's true class, in the same order
 * @returns NaN for the figures where there are no faces
 */
export function calibrationOf(
  probabilities: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): Calibration {
  const counts = Array.from({ length: BINS }, () => ({ n: 0, confidence: 0, right: 0 }))
  let [brier, nll] = [0, 0]
  probabilities.forEach((row, face) => {
    const label = labels[face]!
    const top = topClass(row)
    const confidence = row[top]!
    const bin = counts[Math.min(Math.max(Math.ceil(confidence * BINS) - 1, 0), BINS - 1)]!
    bin.n++
    bin.confidence += confidence
    bin.right += top === label ? 1 : 0
    brier += brierOf(row, label)
    nll += logLossOf(row, label)
  })
  const n = probabilities.length
  const bins = counts.map(({ n, confidence, right }, k) => ({
    low: k / BINS,
    high: (k + 1) / BINS,
    n,
    confidence: confidence / n,
    accuracy: right / n,
  }))
  const gap = counts.reduce((sum, { confidence, right }) => sum + Math.abs(right - confidence), 0)
  return { bins, ece: gap / n, brier: brier / n, nll: nll / n }
}

/** One face's part of the Brier score: Brier, *Verification of forecasts expressed in terms of probability*, 1950. */
function brierOf(probabilities: ArrayLike<number>, label: number): number {
  let sum = 0
  for (let k = 0; k < probabilities.length; k++) sum += (probabilities[k]! - (k === label ? 1 : 0)) ** 2
  return sum
}

/** One face's part of the negative log-likelihood. */
function logLossOf(probabilities: ArrayLike<number>, label: number): number {
  return -Math.log(Math.max(probabilities[label]!, LEAST))
}
