import { UserError } from '../base/errors.ts'
import type { Engine } from './engine.ts'

/** An engine whose programs fail when their GPU is lost: otherwise a run may wait for it forever. */
export function untilLost(engine: Engine, { lost }: GPUDevice): Engine {
  // Not a race against `lost` itself, which would hold on to the results of all runs.
  const waiting = new Set<(error: Error) => void>()
  let gone: UserError | undefined
  void lost.then(({ message }) => {
    const what = `the graphics device was lost${message && `: ${message}`}`
    gone = new UserError(what, undefined, "Use the device 'wasm'")
    for (const fail of waiting) fail(gone)
  })
  const unlessLost = <T>(work: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      if (gone) return reject(gone)
      waiting.add(reject)
      void work()
        .then(resolve, reject)
        .finally(() => waiting.delete(reject))
    })
  return {
    ...engine,
    lost,
    load: (graph, options) =>
      unlessLost(async () => {
        const program = await engine.load(graph, options)
        return { ...program, run: (feeds, into) => unlessLost(() => program.run(feeds, into)) }
      }),
  }
}
