/** The trained weights that a plan's networks start from. */

import { createHash } from 'node:crypto'
import { readWeights } from '../formats/weights.ts'
import type { StartingPoint } from '../networks/start.ts'
import type { Plan, PlannedStart } from './plan.ts'

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
