/** Numbers in order. */

/** The indices of numbers from the greatest to the least; equal ones in the order of their indices. */
export function descending(values: ArrayLike<number>): Uint32Array {
  const places = Uint32Array.from({ length: values.length }, (_, place) => place)
  return places.sort((a, b) => values[b]! - values[a]! || a - b)
}

/** The rank of each number, 1 for the least; equal ones share the mean of their ranks. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = descending(values).reverse()
  const ranks = new Float64Array(values.length)
  for (let first = 0; first < order.length; ) {
    let end = first + 1
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++
    // Ranks first + 1 to end.
    for (let k = first; k < end; k++) ranks[order[k]!] = (first + 1 + end) / 2
    first = end
  }
  return ranks
}

/**
 * The share of the k greatest numbers that are marked. Equal ones that do not all find room share it, so that no index goes
 * before another.
 *
 * @param k at least 1, and at most the number of values
 * @param marks as many as values: 0, or anything else for marked ones
 * @returns 0 to 1
 */
export function shareOfGreatest(values: ArrayLike<number>, k: number, marks: ArrayLike<number>): number {
  const least = values[descending(values)[k - 1]!]!
  const [greater, equal] = [
    { all: 0, marked: 0 },
    { all: 0, marked: 0 },
  ]
  for (let place = 0; place < values.length; place++) {
    const value = values[place]!
    const side = value > least ? greater : value === least ? equal : undefined
    if (!side) continue
    side.all++
    if (marks[place]) side.marked++
  }
  return (greater.marked + ((k - greater.all) * equal.marked) / equal.all) / k
}
