import type { Affine } from '../pictures/affine.ts'

/** How far an alignment is from only turning and scaling the face. */
export interface Stretch {
  /**
   * σ₁ / σ₂ of the map's linear part: how many times more it stretches along one direction than across it. 1 where it
   * only turns and scales, otherwise more. It does not say along which direction.
   */
  readonly ratio: number
  /**
   * How many times taller the face became relative to its width: 1 if unchanged, above 1 if elongated, as children's
   * faces are, below 1 if flattened. Negative where the picture mirrors the face.
   */
  readonly elongation: number
  /** How far the face came to lean: pixels to the right for each pixel down, in the aligned picture. */
  readonly shear: number
}

/**
 * How an alignment changed the proportions of a face. In the aligned picture the face stands upright, so its width
 * goes along x and its height along y.
 *
 * With the map's linear part (a b; d e) from the aligned picture to the photo, a step right in the picture is
 * p = √(a² + d²) in the photo, and a step down goes Δ / p across that and (ab + de) / p along it, Δ = ae − bd. Therefore
 * the elongation is p² / Δ and the shear −(ab + de) / p². The ratio of the singular values is
 * (T + √(T² − 4Δ²)) / 2|Δ| with T = a² + b² + d² + e². These are for the inverse, from the photo to the picture.
 *
 * @param map from points of the aligned picture to points of the photo, as `alignment` gives it; not flat
 */
export function stretchOf([a, b, , d, e]: Affine): Stretch {
  const width = a * a + d * d
  const total = width + b * b + e * e
  const area = a * e - b * d
  // Rounding can take a similarity's T below 2Δ.
  const apart = Math.sqrt(Math.max(total * total - 4 * area * area, 0))
  return {
    ratio: (total + apart) / (2 * Math.abs(area)),
    elongation: width / area,
    shear: -(a * b + d * e) / width,
  }
}

/**
 * Whether an alignment should be looked at: it stretches the face more than 1.25 times one way, or mirrors it. Of the
 * photos of All-Age-Faces 1.9 % do (87 of 4581): heads turned to the side, seen from below or above, small children,
 * photos that were stretched before, wrong landmarks.
 */
export function isSuspicious({ ratio, elongation }: Stretch): boolean {
  return !(ratio <= 1.25) || elongation < 0
}
