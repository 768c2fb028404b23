import { UserError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import type { Watch } from '../../base/watch.ts'
import type { TensorOf } from '../../graph/types.ts'
import type { Explainer } from '../explain.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import type { Target } from '../target.ts'
import { rangeOf } from './explained.ts'
import type { Finding } from './finding.ts'

/** How many nearby inputs are drawn, and how near. */
export interface MaxSensitivityOptions {
  /** How many inputs are drawn. */
  readonly samples: number
  /** How far from the input each of its numbers may be, as a share of the input's range. */
  readonly radius: number
  /** The same seed gives the same inputs. */
  readonly seed: string | number
}

/** How much an explanation changes with its input. */
export interface MaxSensitivity extends Finding {
  /** The greatest relative change, 0 or more. */
  readonly value: number
  /** The relative change for each input that was drawn. */
  readonly changes: readonly number[]
}

/**
 * Max-sensitivity: how much an explanation changes, at most, within a small ball around the input, max ‖Φ(y) − Φ(x)‖ / ‖Φ(x)‖
 * over y with |y_i − x_i| ≤ r: the Monte Carlo estimate from y drawn uniformly from this ball (L∞).
 *
 * Yeh, Hsieh, Suggala, Inouye and Ravikumar 2019, *On the (In)fidelity and Sensitivity of Explanations*, the definition of SENS_MAX. The norm is
 * Euclidean, over all numbers of the input. The division is added here, as the paper's experiments compare explanations
 * of equal norm: so the scale of the relevance does not matter. The same target (the input's answer) is explained for
 * y, too.
 *
 * @param input of the explainer's shape
 * @throws UserError where the input has no relevance; the signal's reason, when that stops it
 */
export async function maxSensitivity(
  explainer: Explainer,
  input: TensorOf<'float32'>,
  target: Target,
  { signal, progress, ...given }: Partial<MaxSensitivityOptions> & Watch = {},
): Promise<MaxSensitivity> {
  const { samples, radius, seed } = completeOptions<MaxSensitivityOptions>(
    MEASURES['max-sensitivity'].options,
    given,
  )
  const reach = radius * rangeOf(input)
  const random = new Random(seed)
  const [own] = await explainer.explain(input, [target], { signal })
  progress?.(1, samples + 1)
  const { data } = own!.relevance
  const norm = normOf(data)
  if (norm === 0) throw new UserError('has no relevance that could change', 'map', 'Explain another class')
  const changes: number[] = []
  for (let k = 0; k < samples; k++) {
    const near = { ...input, data: input.data.map((value) => value + random.uniform(-reach, reach)) }
    const [other] = await explainer.explain(near, [{ weights: [...own!.target] }], { signal })
    changes.push(normOf(other!.relevance.data.map((value, i) => value - data[i]!)) / norm)
    progress?.(k + 2, samples + 1)
  }
  return { value: changes.reduce((most, change) => Math.max(most, change), 0), changes }
}

function normOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
}
