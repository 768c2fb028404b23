import fc from 'fast-check'
import type { PixelRelevance } from '../../../src/explanation/heatMap.ts'
import type { Mask } from '../../../src/explanation/measures/mask.ts'

/** A map from its rows. */
export function mapOf(...rows: readonly (readonly number[])[]): PixelRelevance {
  return { width: rows[0]!.length, height: rows.length, data: Float32Array.from(rows.flat()) }
}

/** A mask from its rows. */
export function maskOf(...rows: readonly (readonly (0 | 1)[])[]): Mask {
  return { width: rows[0]!.length, height: rows.length, data: rows.flat() }
}

/** Maps of 6 × 5 pixels, of whole numbers, so that some are equal. */
export const anyMap = fc
  .array(fc.integer({ min: -9, max: 9 }), { minLength: 30, maxLength: 30 })
  .map((values): PixelRelevance => ({ width: 6, height: 5, data: Float32Array.from(values) }))

/** Masks of 6 × 5 pixels, some of them inside and some outside. */
export const anyMask = fc
  .array(fc.constantFrom(0 as const, 1 as const), { minLength: 30, maxLength: 30 })
  .filter((values) => new Set(values).size === 2)
  .map((data): Mask => ({ width: 6, height: 5, data }))

/** A map with its pixels in another order: that of `keys`. */
export function permuted<M extends PixelRelevance | Mask>(map: M, keys: readonly number[]): M {
  const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b)
  return { ...map, data: Float32Array.from(order, (k) => map.data[k]!) }
}

/** Keys for {@link permuted} of 6 × 5 pixels. */
export const anyOrder = fc.array(fc.nat(), { minLength: 30, maxLength: 30 })
