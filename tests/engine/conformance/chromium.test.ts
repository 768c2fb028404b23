import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundled, Chromium, hasChromium } from '../../chromium.ts'
import { cases } from './cases.ts'
import { conformance } from './conformance.ts'
import { inPage } from './remote.ts'

const page = fileURLToPath(new URL('page', import.meta.url))

describe.skipIf(!hasChromium)('in Chromium', () => {
  let folder: string
  let chromium: Chromium
  beforeAll(async () => {
    folder = await bundled(page)
    chromium = await Chromium.start(folder)
  })
  afterAll(() => chromium?.stop())

  describe('WebAssembly with two threads', () => {
    conformance(() => inPage(chromium, { device: 'wasm', threads: 2 }), 0)
  })

  describe('WebGPU', () => {
    conformance(() => inPage(chromium, { device: 'webgpu', threads: 1 }), 1, {
      // Not reported upstream: the session is refused with "Provider type for Cast node is not set".
      'Cast to double and back': 'the WebGPU build for pages casts no doubles, on the GPU nor on the CPU',
    })
  })

  test('a page that is not cross-origin isolated has one thread', async () => {
    const other = await Chromium.start(folder, false)
    const { threads, run } = await inPage(other, { device: 'wasm', threads: 2 })
    expect(threads).toBe(1)
    expect(Object.keys(await run(cases.networks.adiencenet!()))).toContain('relevance')
    await other.stop()
  })

  test('a software GPU does not count as a GPU', async () => {
    const { device, threads, close } = await inPage(chromium, { device: 'auto', threads: 2 })
    expect({ device, threads }).toEqual({ device: 'wasm', threads: 2 })
    await close()
  })
})
