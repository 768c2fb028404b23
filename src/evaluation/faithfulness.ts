/**
 * How faithful maps are: whether the score falls faster where a map says that the network looks than where random
 * numbers or the picture's edges say so, which know nothing about the network.
 */

import type { Watch } from '../base/watch.ts'
import { type PixelRelevance, pixelRelevance } from '../explanation/heatMap.ts'
import { MEASURES } from '../explanation/measures.ts'
import { edges } from '../explanation/methods/edges.ts'
import type { ScoresOf } from '../explanation/methods/program.ts'
import { randomNumbers } from '../explanation/methods/randomNumbers.ts'
import type { ExplainedOne } from './explainEach.ts'

/**
 * About how many regions lie along each side of the picture, and how many of them go: a sixth of the picture, as in
 * Samek et al. 2017.
 */
const ALONG = 12
const STEPS = 24

/** What is compared: the map in question, and two controls. */
export const RIVALS = ['map', 'random', 'edges'] as const
export type Rival = (typeof RIVALS)[number]

/** Forward passes that one face takes: the whole picture and both orders, for each rival. */
export const FORWARDS = RIVALS.length * (1 + 2 * STEPS)

/** How one face fared. */
export interface FaithfulFace {
  readonly face: string
  readonly subject: string
  /** ABPC of region perturbation: how much more the score falls when the most relevant regions go first. */
  readonly abpc: Readonly<Record<Rival, number>>
}

/**
 * Perturb a picture by its map, by random numbers and by its edges.
 *
 * @param scoresOf the network's logits
 */
export async function faithfulnessOf(
  scoresOf: ScoresOf,
  { line: { face, subject }, map, input, target }: ExplainedOne,
  { signal }: Pick<Watch, 'signal'> = {},
): Promise<FaithfulFace> {
  const take = await MEASURES['region-perturbation'].load()
  const maps: Record<Rival, PixelRelevance> = {
    map,
    random: pixelRelevance(randomNumbers(input, { seed: `faithfulness ${face}` })),
    edges: pixelRelevance(edges(input)),
  }
  const region = Math.max(1, Math.round(Math.min(map.width, map.height) / ALONG))
  const abpc = { map: 0, random: 0, edges: 0 }
  for (const rival of RIVALS) {
    const { value } = await take(scoresOf, input, target, maps[rival], { region, steps: STEPS, signal })
    abpc[rival] = value
  }
  return { face, subject, abpc }
}
