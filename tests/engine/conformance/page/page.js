import { webEngine } from '../../../../dist/engine/web.js'
import { runnerFor } from '../runner.js'

let run

window.conformance = {
  /** Start an engine, and say what it is. */
  async start(options) {
    const engine = await webEngine(options)
    run = runnerFor(engine)
    return { device: engine.device, threads: engine.threads }
  },
  run: (job) => run(job),
}
