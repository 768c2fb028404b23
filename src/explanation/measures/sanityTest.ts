/**
 * Whether the maps of a network can be told from those of networks with shuffled weights: an exact test.
 *
 * Each network's map of a face is pooled to a grid of |R|; the mean of its correlations with those of all other
 * networks says how similar it is to the others. If the network's weights were in random order too, its map would be
 * one of many made in the same way, and as likely as any of them to be the least similar. So p is exact, whatever the
 * distribution of a network's maps.
 *
 * A Monte Carlo permutation test: Barnard 1963, in the discussion of Bartlett, *The Spectral Analysis of Point Processes*;
 * Phipson and Smyth 2010, *Permutation P-values Should Never Be Zero*. It extends Adebayo, Gilmer, Muelly, Goodfellow,
 * Hardt and Kim 2018, *Sanity Checks for Saliency Maps*, who randomise weights and look at how similar the maps are.
 */

import type { PixelRelevance } from '../heatMap.ts'
import { pooled } from '../pooled.ts'

/** The parts of a map's grid along each side. */
const SIDE = 16

/** Maps are told from chance where p is below this. */
export const LEVEL = 0.05

/** Similarities that differ by less than this differ only by rounding. */
const ROUNDING = 1e-9

/** The test's results for the maps of one network. */
export interface SanityTest {
  /** For each face, the p of its map being one of the shuffled networks', from 1 / networks to 1. */
  readonly pOfFaces: readonly number[]
  /** For how many faces p is below 0.05. */
  readonly told: number
  /** p for all faces together: by the mean, over the faces, of how similar a network's maps are to the others. */
  readonly p: number
  /** That mean of the network's own maps, −1 to 1. */
  readonly own: number
  /** The same for the shuffled networks, averaged. */
  readonly shuffled: number
  /** How many maps are uniform: of the network itself, and of all shuffled ones. */
  readonly flat: { readonly own: number; readonly shuffled: number }
}

/** The part of a map that is compared: its |R| in the cells of a grid, row by row, {@link gridSize} numbers. */
export function sanityGrid(map: PixelRelevance): Float32Array {
  return pooled({ ...map, data: map.data.map(Math.abs) }, SIDE).data
}

/** How many numbers the grid of a map has. */
export function gridSize({ width, height }: Pick<PixelRelevance, 'width' | 'height'>): number {
  return Math.min(SIDE, width) * Math.min(SIDE, height)
}

/**
 * Test the maps of one network against those of networks with shuffled weights.
 *
 * A uniform map shows nothing: it counts as identical to all others, and is never told from them.
 *
 * @param networks for each the grids of its maps, one for each face: the network itself first, then two or more
 * shuffled ones
 */
export function sanityTest(networks: readonly (readonly Float32Array[])[]): SanityTest {
  const faces = networks[0]!.length
  const units = networks.map((maps) => maps.map(standardised))
  const all = Array.from({ length: faces }, (_, face) => likenesses(units.map((maps) => maps[face])))
  const means = networks.map((_, k) => all.reduce((sum, ofFace) => sum + ofFace[k]! / faces, 0))
  const pOfFaces = all.map(pOfFirst)
  const [own, ...others] = means as [number, ...number[]]
  return {
    pOfFaces,
    told: pOfFaces.filter((p) => p < LEVEL).length,
    p: pOfFirst(means),
    own,
    shuffled: others.reduce((sum, each) => sum + each / others.length, 0),
    flat: { own: flatIn(units.slice(0, 1)), shuffled: flatIn(units.slice(1)) },
  }
}

/** A map with a mean of 0 and a length of 1; undefined where it is uniform. */
type Standardised = Float64Array | undefined

function flatIn(networks: readonly (readonly Standardised[])[]): number {
  return networks.flat().filter((unit) => !unit).length
}

/** For each map the mean of its correlations with the others. */
function likenesses(units: readonly Standardised[]): number[] {
  const uneven = units.filter((unit) => unit !== undefined)
  const sums = (uneven[0] ?? new Float64Array()).map((_, k) =>
    uneven.reduce((sum, unit) => sum + unit[k]!, 0),
  )
  // The correlation with each flat map is 1 by definition, like that with itself, which does not count.
  const rest = units.length - uneven.length - 1
  return units.map((unit) =>
    unit ? unit.reduce((sum, value, k) => sum + value * sums[k]!, rest) / (units.length - 1) : 1,
  )
}

function standardised(map: Float32Array): Standardised {
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const value of map) [least, most] = [Math.min(least, value), Math.max(most, value)]
  // Equal except for rounding.
  if (most - least <= 1e-6 * most) return undefined
  const mean = map.reduce((sum, value) => sum + value / map.length, 0)
  const centred = Float64Array.from(map, (value) => value - mean)
  const length = Math.hypot(...centred)
  return centred.map((value) => value / length)
}

/** The share of similarities that are at most the first, itself included. */
function pOfFirst(values: readonly number[]): number {
  return values.filter((value) => value <= values[0]! + ROUNDING).length / values.length
}
