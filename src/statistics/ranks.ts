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
