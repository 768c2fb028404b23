/**
 * Whether a heat map shows regions or specks: two figures of a map that do not depend on its scale, so that
 * maps of two networks can be compared. They are regard's own: they put numbers to what Lapuschkin et al.
 * 2017 say in words about figures 4 and 5, that pretrained networks look at larger and more coherent regions.
 */

import { smoothed } from './gaussian.ts'
import type { PixelRelevance } from './heatMap.ts'
import { pooled } from './pooled.ts'

/** How much a heat map hangs together. */
export interface Coherence {
  /**
   * The share of the picture that is in the largest connected region (neighbours by an edge) of at least half the greatest
   * relevance, after a blur by a Gaussian of 1/32 of the side: 0 where nothing speaks for the class; about 0.004 for a
   * single speck; at most 1.
   */
  readonly region: number
  /**
   * Moran's I of the relevance in 16 × 16 parts of the picture (Moran, *Notes on continuous stochastic phenomena*, Biometrika
   * 37, 1950), neighbours by an edge weighing the same: near 1 where neighbours are alike, about 0 where they
   * are unrelated, negative where they are opposed; 0 for a uniform map.
   */
  readonly autocorrelation: number
}

/*
 * Both figures look at a map from some distance. Close up, every map is as coherent as its network's first
 * layers make it: the flat rule gives all pixels in a field the same relevance.
 */
const BLUR = 1 / 32
const PARTS = 16

/** Measure a map of at least 2 × 2 pixels. */
export function coherenceOf(map: PixelRelevance): Coherence {
  return { region: largestRegion(blurred(map)), autocorrelation: moran(pooled(map, PARTS)) }
}

/** A map blurred by a Gaussian, cut off at four deviations, with zeros around the map. */
function blurred(map: PixelRelevance): PixelRelevance {
  const along = (length: number) => ({ sigma: BLUR * length, reach: Math.round(4 * BLUR * length) })
  return smoothed(map, along(map.width), along(map.height))
}

function largestRegion(map: PixelRelevance): number {
  const greatest = map.data.reduce((most, value) => Math.max(most, value), 0)
  if (greatest === 0) return 0
  const open = map.data.map((value) => (value >= greatest / 2 ? 1 : 0))
  let largest = 0
  for (let start = 0; start < open.length; start++) {
    if (!open[start]) continue
    open[start] = 0
    const region = [start]
    for (const place of region) {
      for (const next of neighbours(map, place)) {
        if (!open[next]) continue
        open[next] = 0
        region.push(next)
      }
    }
    largest = Math.max(largest, region.length)
  }
  return largest / open.length
}

/** I = (N / W) · Σ_ij w_ij (x_i − x̄)(x_j − x̄) / Σ_i (x_i − x̄)². */
function moran(map: PixelRelevance): number {
  const { data } = map
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length
  let [products, squares, weights] = [0, 0, 0]
  for (let place = 0; place < data.length; place++) {
    const own = data[place]! - mean
    squares += own ** 2
    for (const next of neighbours(map, place)) {
      products += own * (data[next]! - mean)
      weights++
    }
  }
  return squares === 0 ? 0 : ((data.length / weights) * products) / squares
}

/** The places left and right of one, above and below it. */
function neighbours({ width, height }: PixelRelevance, place: number): number[] {
  const [x, y] = [place % width, Math.floor(place / width)]
  return [
    ...(x > 0 ? [place - 1] : []),
    ...(x < width - 1 ? [place + 1] : []),
    ...(y > 0 ? [place - width] : []),
    ...(y < height - 1 ? [place + width] : []),
  ]
}
