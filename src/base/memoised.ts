/** How deep a function asks itself before it is computed from below: far less than any stack holds. */
const DEEPEST = 50

/**
 * A function whose results are computed once for each key, and which may ask itself about other keys, as a value of a
 * network about those that it is computed from. However deep that goes, the stack holds.
 *
 * @param compute may be called again for a key, after it has asked for something that was too deep: until it has all
 *   that it asks for, it must change nothing, and it must let errors pass
 */
export function memoised<Key, Result>(compute: (key: Key) => Result): (key: Key) => Result {
  const known = new Map<Key, Result>()
  let depth = 0
  class TooDeep {
    readonly key: Key
    constructor(key: Key) {
      this.key = key
    }
  }
  const computed = (key: Key): Result => {
    depth++
    try {
      const result = compute(key)
      known.set(key, result)
      return result
    } finally {
      depth--
    }
  }
  const fromBelow = (key: Key): Result => {
    const waiting = [key]
    for (;;) {
      try {
        const result = computed(waiting.at(-1)!)
        waiting.pop()
        if (waiting.length === 0) return result
      } catch (reason) {
        if (!(reason instanceof TooDeep)) throw reason
        waiting.push(reason.key)
      }
    }
  }
  return (key) => {
    if (known.has(key)) return known.get(key)!
    if (depth === 0) return fromBelow(key)
    if (depth < DEEPEST) return computed(key)
    throw new TooDeep(key)
  }
}
