/** The trained weights that a plan's networks start from. */

import { createHash } from 'node:crypto'
import { readWeights } from '../formats/weights.ts'
import type { StartingPoint } from '../networks/start.ts'
import type { Plan } from './plan.ts'
import type { PlannedStart } from './plannedStart.ts'
import { fetchWeights } from './weights.ts'

/**
 * Fetch the published weights that a plan names without a file, unless they are on this machine.
 *
 * @throws UserError when they cannot be fetched; the signal's reason, when that stops it
 */
export async function fetchStarts({ networks }: Plan, signal: AbortSignal): Promise<void> {
  for (const { start } of networks) if (start?.published) await fetchWeights(start.published, signal)
}

/** Read the weights that a network starts from. */
export function readStart({ weights, freshRate }: PlannedStart): StartingPoint {
  return { weights: readWeights(weights), where: weights, freshRate }
}

/**
 * For each file of weights that a plan names, a hash of what is in it. The files can be large: they are read one after
 * the other and not kept.
 *
 * @throws UserError when one is missing, of another format, or not well formed
 */
export function digestStarts({ networks }: Plan): Map<string, string> {
  const digests = new Map<string, string>()
  for (const { start } of networks) {
    if (!start || digests.has(start.weights)) continue
    const hash = createHash('sha256')
    for (const [name, { shape, data }] of readWeights(start.weights))
      hash.update(`${name} ${shape}`).update(data)
    digests.set(start.weights, hash.digest('hex'))
  }
  return digests
}
