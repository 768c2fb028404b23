import type { Engine } from './engine.ts'

/**
 * An engine that lets messages in between two runs: WebAssembly never pauses, and a `stop` would wait for the
 * last run.
 */
export function pausing(engine: Engine): Engine {
  return {
    ...engine,
    async load(graph, options) {
      const program = await engine.load(graph, options)
      return {
        ...program,
        async run(feeds, into) {
          await new Promise((resolve) => setTimeout(resolve))
          return program.run(feeds, into)
        },
      }
    },
  }
}
