import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundled, Chromium, hasChromium } from '../../chromium.ts'
import { conformance } from './conformance.ts'
import { inPage } from './remote.ts'

const page = fileURLToPath(new URL('page', import.meta.url))

describe.skipIf(!hasChromium)('in Chromium', () => {
  let chromium: Chromium
  beforeAll(async () => {
    chromium = await Chromium.start(await bundled(page))
  })
  afterAll(() => chromium?.stop())

  describe('WebAssembly with two threads', () => {
    conformance(() => inPage(chromium, { device: 'wasm', threads: 2 }), 0)
  })

  describe('WebGPU', () => {
    conformance(() => inPage(chromium, { device: 'webgpu', threads: 1 }), 1, {
      // Nobody has told upstream of it: the session is refused with "Provider type for Cast node is not set".
      'Cast to double and back': 'the WebGPU build for pages casts no doubles, on the GPU nor on the CPU',
    })
  })

  test('a GPU that is imitated by software is not taken for one', async () => {
    const { device, threads, close } = await inPage(chromium, { device: 'auto', threads: 2 })
    expect({ device, threads }).toEqual({ device: 'wasm', threads: 2 })
    await close()
  })
})
