import { nodeEngine } from '../../../dist/engine/node.js'
import { runnerFor } from './runner.js'

let run

process.on('disconnect', () => process.exit())
process.on('message', async ({ id, start, job }) => {
  const answer = async () => {
    if (job) return run(job)
    const engine = await nodeEngine(start)
    run = runnerFor(engine)
    return { device: engine.device, threads: engine.threads }
  }
  await answer().then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: error.message }),
  )
})
