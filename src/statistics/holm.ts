/**
 * Adjust the p-values of a family of tests, so that the chance of even one false alarm among all of them stays below
 * the level that an adjusted p is compared with, however the tests depend on one another.
 *
 * Holm, *A simple sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6, 1979: the
 * smallest of m values is multiplied by m, the next by m − 1, and so on; none becomes smaller than the one before it,
 * nor greater than 1.
 *
 * @param values p-values, 0 to 1
 * @returns the adjusted ones, in the same order
 */
export function holm(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!)
  const adjusted = new Array<number>(values.length)
  let least = 0
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, (values.length - rank) * values[index]!))
    adjusted[index] = least
  })
  return adjusted
}
