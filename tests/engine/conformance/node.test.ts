import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { conformance } from './conformance.ts'
import { hasSwiftShader, inProcess, plainOf } from './remote.ts'

if (!hasSwiftShader) console.warn('SKIPPED: tests of WebGPU in Node, for there is no SwiftShader')

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
  })
})

describe.skipIf(!hasSwiftShader)("Node's WebGPU", () => {
  conformance(() => inProcess({ device: 'webgpu', threads: 1 }))

  test('a GPU that is imitated by software is not taken for one', async () => {
    const { device, close } = await inProcess({ device: 'auto', threads: 1 })
    expect(device).toBe('cpu')
    await close()
  })
})
