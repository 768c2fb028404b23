/** The trained weights that networks start from. */

import { sha256Of } from '../base/hash.ts'
import { readWeightsFile } from '../formats/node.ts'
import type { StartingPoint } from '../networks/start.ts'
import type { PretrainedWeights } from './pretrained.ts'
import { fetchWeights } from './weightsCache.ts'

/**
 * Fetch the published weights that networks start from, unless they are already on this machine.
 *
 * @throws UserError when they cannot be fetched; the signal's reason, when that stops it
 */
export async function fetchStarts(
  starts: readonly (PretrainedWeights | undefined)[],
  signal: AbortSignal,
): Promise<void> {
  for (const start of starts) if (start?.published) await fetchWeights(start.published, signal)
}

/** Read the weights that a network starts from. */
export async function readStart({ weights, freshRate, frozen }: PretrainedWeights): Promise<StartingPoint> {
  return { weights: await readWeightsFile(weights), where: weights, freshRate, frozen }
}

/**
 * A hash of the content of each file of starting weights. The files can be large: they are read one after another and
 * not kept.
 *
 * @throws UserError when one is missing, of another format, or not well formed
 */
export async function digestStarts(
  starts: readonly (PretrainedWeights | undefined)[],
): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  for (const start of starts) {
    if (!start || digests.has(start.weights)) continue
    const parts = [...(await readWeightsFile(start.weights))].flatMap(([name, { shape, data }]) => [
      `${name} ${shape}`,
      data,
    ])
    digests.set(start.weights, sha256Of(...parts))
  }
  return digests
}
