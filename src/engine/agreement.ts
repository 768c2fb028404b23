/**
 * Whether two devices give the same results for a graph. Drivers, kernels and optimisations can be wrong in
 * silence, and wrong for some networks only: no check of a device covers them all.
 */

import type { Engine, Program, Tensors } from './engine.ts'

/**
 * As a fraction of the largest number: float32 sums in another order differ by 1e-6 of it, and by 1e-5 after
 * a deep network.
 */
const LOGITS = 1e-3

/**
 * Nobody reads smaller differences of a logit or a probability, and a logit near 0 is what is left of larger
 * numbers.
 */
const NOTHING = 1e-4

/**
 * As a fraction of the sum of all magnitudes. Part of a map can hang on a tie, such as two equal inputs of a
 * maximum, and move from one pixel to the next: that is a small part. A wrong kernel changes all of it.
 */
const MAP = 1e-2

/**
 * Whether two runs of a graph agree as closely as float32 allows: logits, probabilities and other tensors of
 * up to two axes to within 1e-3 of their largest number or 1e-4; maps and other tensors of more axes to
 * within 1e-2 of the sum of their magnitudes.
 *
 * @param actual what is checked
 * @param expected what is right, with the same outputs and shapes
 */
export function agree(actual: Tensors, expected: Tensors): boolean {
  return Object.entries(expected).every(([name, tensor]) => {
    const [a, b] = [actual[name]!.data, tensor.data] as [ArrayLike<number>, ArrayLike<number>]
    let [off, most, sum, largest] = [0, 0, 0, 0]
    for (let k = 0; k < b.length; k++) {
      const size = Math.abs(Number(b[k]))
      if (Number.isFinite(size)) {
        sum += size
        largest = Math.max(largest, size)
      }
      // Infinity and NaN must stand in the same places on both; a map with either is refused whichever device
      // gave it.
      if (Object.is(a[k], b[k])) continue
      const difference = Math.abs(Number(a[k]) - Number(b[k]))
      if (!Number.isFinite(difference)) return false
      off += difference
      most = Math.max(most, difference)
    }
    return tensor.shape.length <= 2 ? most <= Math.max(LOGITS * largest, NOTHING) : off <= MAP * sum
  })
}

/**
 * An engine that is checked with each graph that it runs: the first run, and the first with inputs of other shapes, for
 * which a device may take other kernels, is made by a sure one as well. Where the two differ, the sure one runs that graph
 * from then on, and what it gave is the answer.
 *
 * @param differs called once for each graph on which the two differ
 */
export function checkedBy(sure: Engine, engine: Engine, differs: () => void): Engine {
  return {
    ...engine,
    async load(graph, options) {
      const program = await engine.load(graph, options)
      const checked = new Set<string>()
      let last: Promise<unknown> = Promise.resolve()
      /** The sure engine's program, once the two have differed. */
      let instead: Program | undefined

      /** @returns the answer, or nothing where another run has settled it in the meantime */
      async function compare(feeds: Tensors, shapes: string): Promise<Tensors | undefined> {
        if (instead || checked.has(shapes)) return undefined
        const surely = await sure.load(graph, options)
        try {
          const expected = await surely.run(feeds)
          const actual = await program.run(feeds)
          if (agree(actual, expected)) {
            checked.add(shapes)
            return actual
          }
          instead = surely
          differs()
          return expected
        } finally {
          if (instead !== surely) await surely.release()
        }
      }

      return {
        ...program,
        async run(feeds, into) {
          const shapes = program.inputs.map(({ name }) => feeds[name]?.shape.join('×')).join(' ')
          if (!instead && !checked.has(shapes)) {
            // One run at a time. Nothing is written into what the caller passes, as that may be an input too.
            const check = last.then(() => compare(feeds, shapes))
            last = check.catch(() => {})
            const answer = await check
            if (answer) return answer
          }
          return (instead ?? program).run(feeds, into)
        },
        async release() {
          await instead?.release()
          await program.release()
        },
      }
    },
  }
}
