import { nodeEngine } from '../../../dist/engine/node.js'
import { runnerFor } from './runner.js'

let run
let isReplaced = false

// What the CPU answers instead of a GPU that computes wrongly says nothing about the GPU.
process.on('warning', ({ code }) => {
  isReplaced ||= code === 'REGARD_WEBGPU'
})
process.on('disconnect', () => process.exit())
process.on('message', async ({ id, start, job }) => {
  const answer = async () => {
    if (job) {
      const outputs = await run(job)
      if (isReplaced) throw new Error('the GPU computes this wrongly, and the CPU ran it')
      return outputs
    }
    const engine = await nodeEngine(start)
    run = runnerFor(engine)
    return { device: engine.device, threads: engine.threads }
  }
  await answer().then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: error.message }),
  )
})
