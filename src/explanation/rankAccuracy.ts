/**
 * Relevance rank accuracy: of as many of the most relevant pixels as a region has, the share that lies in it. 1 where the
 * map points at the region first of all; by chance, the region's share of the picture.
 *
 * Arras, Osman and Samek, *CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network explanations*,
 * Information Fusion 81, 2022, section 3.3.
 *
 * @param map one number a pixel
 * @param isInside whether a pixel of the map is of the region
 * @returns undefined where the region has no pixel
 */
export function rankAccuracy(
  map: ArrayLike<number>,
  isInside: (pixel: number) => boolean,
): number | undefined {
  const order = Array.from({ length: map.length }, (_, pixel) => pixel)
  const size = order.filter(isInside).length
  if (size === 0) return undefined
  order.sort((a, b) => map[b]! - map[a]!)
  return order.slice(0, size).filter(isInside).length / size
}
