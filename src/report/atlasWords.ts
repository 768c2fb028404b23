/** What an atlas found, in words: for its page and for the screen. */

import type { Cluster, Share } from '../evaluation/atlas.ts'
import { pText } from './words.ts'

/** What a cluster has more of than chance would bring: `age 60+: 75 % of its faces, 20 % of the others (p < 0.001)`. */
export function excessInWords({ group, share, rest, p }: Share): string {
  return `${group}: ${percent(share)} of its faces, ${percent(rest)} of the others (p\u00a0${inSigns(p!)})`
}

/** Why a cluster stands where it does in the list of its class, as a sentence. */
export function reason({ told, silhouette }: Pick<Cluster, 'told' | 'silhouette'>): string {
  const apart = `it lies ${standing(silhouette)} from the rest of its class (silhouette ${decimal(silhouette)})`
  if (told.length === 0)
    return `It has no more of any group, nor of wrong answers, than chance would bring; ${apart}.`
  return `It has more than chance would bring of ${told.map(excessInWords).join('; ')}; ${apart}.`
}

/** How sure the network is in a cluster, as a sentence; undefined where its answers lack probabilities. */
export function sureness({
  probability: { cluster, rest },
}: Pick<Cluster, 'probability'>): string | undefined {
  if (cluster === 1) return undefined
  return `The mean probability of its answers is ${percent(cluster)}; in the rest of the class it is ${percent(rest)}.`
}

/** A number with a true minus sign. */
export function decimal(value: number): string {
  return value.toFixed(2).replace('-', '−')
}

/** A share in whole percent, whose sign stays on its line. */
export function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${Math.round(100 * share)}\u00a0%`
}

function inSigns(p: number): string {
  const text = pText(p)
  return (text.startsWith('<') ? text : `= ${text}`).replace(' ', '\u00a0')
}

/** Silhouettes in words: Kaufman and Rousseeuw, *Finding Groups in Data*, 1990, table 4 of chapter 2. */
function standing(silhouette: number): string {
  if (silhouette > 0.7) return 'far apart'
  if (silhouette > 0.5) return 'apart'
  return silhouette > 0.25 ? 'somewhat apart' : 'hardly apart'
}
