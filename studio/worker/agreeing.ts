/**
 * Graphs run on the GPU once its results have agreed with WebAssembly's: drivers and kernels can be wrong in silence.
 */

import { agree, type Engine, type Program, type Tensors } from 'regard'

type Tensor = Tensors[string]
type Graph = Parameters<Engine['load']>[0]

/** The verdict on a graph on the GPU. */
export type Verdict = 'agrees' | 'differs' | 'slower' | 'fails'

/** The two engines, and how to use them. */
interface Agreeing {
  /** The engine that runs a graph in any case. */
  readonly sure: Engine
  /** Gives the faster engine, called after the first answer; undefined where there is none. */
  better(): Promise<Engine | undefined>
  /** Whether to use it only where it is faster. */
  readonly ifFaster: boolean
  tell(verdict: Verdict, error?: unknown): void
}

/** From this size of weights on, in bytes, only one copy of a graph is kept. */
const LARGE = 100 * 2 ** 20

/**
 * An engine that answers surely at first, and better once that has been seen to agree.
 *
 * The sure engine answers the first run of each graph. Meanwhile the graph is loaded on the better one and given the
 * same input; if it agrees, it takes over. If it fails later, the sure engine answers that run and all that follow.
 */
export function agreeing({ sure, better, ifFaster, tell }: Agreeing): Engine {
  return {
    ...sure,
    async load(graph, options) {
      let surely: Program | undefined = await sure.load(graph, options)
      let best: Program | undefined
      let check: Promise<void> | undefined
      let isReleased = false
      const { inputs, outputs } = surely
      const isLarge = bytesOf(graph) > LARGE

      async function leaveSure() {
        const left = surely
        surely = undefined
        await left?.release()
      }

      /** @param took milliseconds that the run that gave `expected` took */
      async function compare(feeds: Tensors, expected: Tensors, took: number) {
        const engine = await better()
        if (!engine || isReleased) return
        if (isLarge) await leaveSure()
        const program = await engine.load(graph, options)
        const isSame = agree(await program.run(feeds), expected)
        // Much of the first run is compiling kernels.
        const start = performance.now()
        if (isSame && ifFaster) await program.run(feeds)
        const isFast = !ifFaster || performance.now() - start < took
        if (isSame && isFast && !isReleased) {
          best = program
          await leaveSure()
        } else await program.release()
        tell(isSame ? (isFast ? 'agrees' : 'slower') : 'differs')
      }

      async function runSurely(feeds: Tensors) {
        surely ??= await sure.load(graph, options)
        const start = performance.now()
        const results = await surely.run(feeds)
        if (!check) {
          const took = performance.now() - start
          // The caller may write into either.
          check = compare(copied(feeds), copied(results), took).catch((error) => tell('fails', error))
        }
        return results
      }

      return {
        inputs,
        outputs,
        async run(feeds) {
          if (isLarge) await check
          if (best) {
            try {
              return await best.run(feeds)
            } catch (error) {
              // It may wait for a device that is lost.
              void best?.release().catch(() => {})
              best = undefined
              tell('fails', error)
            }
          }
          return runSurely(feeds)
        },
        async release() {
          isReleased = true
          void best?.release().catch(() => {})
          await leaveSure()
        },
      }
    },
  }
}

function bytesOf({ initializers }: Graph): number {
  return [...initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
}

function copied(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { ...tensor, data: tensor.data.slice() } as Tensor,
    ]),
  )
}
