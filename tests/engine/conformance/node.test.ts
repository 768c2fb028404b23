import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { hasSwiftShader } from '../../swiftShader.ts'
import { conformance } from './conformance.ts'
import { inProcess, plainOf } from './remote.ts'

describe("Node's CPU with two threads", () => {
  conformance(async () => {
    const engine = await nodeEngine({ threads: 2 })
    return {
      ...engine,
      async run({ graph, feeds }) {
        const program = await engine.load(graph, { lean: true })
        const outputs = plainOf(await program.run(feeds))
        await program.release()
        return outputs
      },
      async close() {},
    }
  }, 0)
})

describe.skipIf(!hasSwiftShader)("Node's WebGPU", () => {
  conformance(() => inProcess({ device: 'webgpu', threads: 1 }), 0)

  test('a software GPU does not count as a GPU', async () => {
    const { device, close } = await inProcess({ device: 'auto', threads: 1 })
    expect(device).toBe('cpu')
    await close()
  })
})
