import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readNpy } from '../../src/formats/npy.ts'
import { typeOf } from '../../src/server/files.ts'
import { writeStudio } from '../../src/server/static.ts'
import { IMITATED_GPU } from '../chromium.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15'

const example = fileURLToPath(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url))

describe.skipIf(!hasChromium)('where networks run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-devices-'))
  const card = join(folder, 'adiencenet-synthetic.card.yaml')
  let studio: Opened
  beforeAll(async () => {
    studio = await openStudio({ args: IMITATED_GPU })
    writeFileSync(card, 'input: { channels: BGR, scale: 1, mean: 128 }\n')
  })
  afterAll(async () => {
    await studio?.close()
    rmSync(folder, { recursive: true })
  })

  test('a GPU that is imitated is left alone, and its runtime is not fetched', async () => {
    const { page, faults } = studio
    const fetched: string[] = []
    page.on('request', (request) => fetched.push(request.url()))
    expect(await page.evaluate(async () => (await navigator.gpu.requestAdapter()) !== null)).toBe(true)
    await settled(page)
    // By the second answer it is known where networks run.
    await page.getByRole('button', { name: 'Whole photo' }).click()
    await settled(page)
    await page.getByText(/^WebAssembly, \d+ threads?$/).waitFor()
    expect(fetched.filter((url) => url.includes('asyncify'))).toEqual([])
    await page.getByRole('button', { name: 'Face 1' }).click()
    expect(faults).toEqual([])
  })

  test('on WebGPU the map is what it is by WebAssembly, and a lost device is gone on without', async () => {
    const { page, faults } = studio
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByLabel('Open a model').setInputFiles([example, card])
    const dropped = page.getByRole('region', { name: 'adiencenet-synthetic' })
    await dropped.getByRole('button', { name: 'Use in Look' }).click()
    await page.getByRole('button', { name: 'Take faceres away' }).click()
    const device = page.getByLabel('Networks run on')
    await device.selectOption('wasm')
    await page.getByRole('button', { name: 'Whole photo' }).click()
    const wasm = await mapOf(page)

    await device.selectOption('webgpu')
    await page.getByRole('button', { name: 'Face 1' }).click()
    await page.getByText(/^WebGPU$/).waitFor()
    await page.getByRole('button', { name: 'Whole photo' }).click()
    expect(off(await mapOf(page), wasm)).toBeLessThan(1e-4)
    expect(await page.getByText(/^WebGPU$/).count()).toBe(1)

    await endGpuProcess(page)
    await page.getByText('Graphics device lost. Continuing with WebAssembly.').waitFor()
    await page.getByRole('button', { name: 'Face 1' }).click()
    await settled(page)
    await page.getByRole('button', { name: 'Whole photo' }).click()
    expect(off(await mapOf(page), wasm)).toBe(0)
    expect(faults).toEqual([])
  })

  test('Safari’s is left alone, and the page says so', async () => {
    const { page, close } = await openStudio({ args: [...IMITATED_GPU, `--user-agent=${SAFARI}`] })
    await page.getByText('WebGPU is still new in Safari, so WebAssembly is used.').waitFor()
    await close()
  })

  test('a page that is not cross-origin isolated has one thread', async () => {
    const site = join(folder, 'site')
    writeStudio(site)
    const server = createServer((request, response) => {
      const path = join(site, new URL(request.url!, 'http://plain').pathname.slice(1) || 'index.html')
      if (!existsSync(path)) return response.writeHead(404).end()
      response.setHeader('Content-Type', typeOf(path))
      response.end(readFileSync(path))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const { page, close } = await openStudio({ url, serviceWorkers: 'block' })
    await settled(page)
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
    await page.getByText('WebAssembly, 1 thread', { exact: true }).waitFor()
    await close()
    await new Promise((resolve) => server.close(resolve))
  })
})

/** Wait until all that is asked is answered. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('img', { name: /^(faceres|adiencenet-synthetic), / }).waitFor()
  await page.waitForFunction(() => !document.querySelector('.cell[data-waits], .map.empty'))
}

/** The numbers of the map that is shown. */
async function mapOf(page: Page): Promise<Float32Array> {
  await settled(page)
  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /npy/i }).click(),
  ])
  return readNpy(readFileSync(await download.path()), 'the map').data as Float32Array
}

/** End the browser's process that has the GPU, as a driver does that crashes. */
async function endGpuProcess(page: Page): Promise<void> {
  const session = await page.context().browser()!.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  process.kill(processInfo.find(({ type }) => type === 'GPU')!.id, 'SIGKILL')
}

/** The largest difference, of the largest number. */
function off(actual: Float32Array, expected: Float32Array): number {
  const most = (values: Iterable<number>) =>
    [...values].reduce((so, value) => Math.max(so, Math.abs(value)), 0)
  return most(actual.map((value, k) => value - expected[k]!)) / most(expected)
}
