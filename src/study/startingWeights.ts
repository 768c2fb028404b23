/** The trained weights that networks start from. */

import { existsSync } from 'node:fs'
import { readText } from '../base/files.ts'
import { sha256Of } from '../base/hash.ts'
import { readWeightsFile } from '../formats/node.ts'
import { parseCard } from '../models/card.ts'
import { cardPathOf } from '../models/model.ts'
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
 * What is doubtful about starting from a network: whether, by its card, it saw its pictures in another form than regard
 * trains on. Its first layer would then read other colours.
 *
 * @returns a sentence for the user; undefined where the form is the same, or no card lies beside it
 * @throws UserError where its card cannot be read
 */
export function startMismatch({ weights }: PretrainedWeights): string | undefined {
  const path = cardPathOf(weights)
  if (!existsSync(path)) return undefined
  const { channels = 'BGR', scale = 1 } = parseCard(readText(path), path).input ?? {}
  const same = channels === 'BGR' && [scale].flat().every((factor) => factor === 1)
  if (same) return undefined
  return (
    `${weights} saw its pictures as ${channels} with a scale of ${[scale].flat().join(', ')}, according to its card, and ` +
    'regard trains on BGR with a scale of 1: its first layer will read other colours, and has to learn anew'
  )
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
