import { mkdtempSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeStudio } from '../../src/server/static.ts'
import { hasChromium, openStudio } from './open.ts'
import { plainServer } from './plainServer.ts'

describe.skipIf(!hasChromium)('the studio as files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-site-'))
  let server: Server
  beforeAll(async () => {
    writeStudio(folder)
    server = await plainServer(folder, '/some/where/')
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  test('explains from a sub-path of a plain server, with threads, and again without a network', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`
    const { page, faults, close } = await openStudio({ url })
    try {
      const map = page.getByRole('img', { name: /^faceres, / })
      await page.waitForFunction(() => crossOriginIsolated)
      await map.waitFor()
      await page.waitForFunction(
        async (names) => {
          const found = await Promise.all(names.map((name) => caches.match(name, { ignoreSearch: true })))
          return found.every((response) => response)
        },
        await loadedBy(page, url),
      )
      await page.context().setOffline(true)
      await page.reload()
      await map.waitFor()
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
      expect(faults).toEqual([])
    } finally {
      await close()
    }
  })

  test('explains where the browser has no room to keep files', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`
    const { page, faults, close } = await openStudio({ url })
    try {
      const map = page.getByRole('img', { name: /^faceres, / })
      await page.waitForFunction(() => crossOriginIsolated)
      await map.waitFor()
      const session = await page.context().newCDPSession(page)
      await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: 1 })
      await page.evaluate(async () => {
        for (const name of await caches.keys()) await caches.delete(name)
      })
      await page.reload()
      await map.waitFor()
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
      expect(await page.evaluate((url) => caches.match(url), url)).toBe(undefined)
      expect(faults).toEqual([])
    } finally {
      await close()
    }
  })
})

/** The addresses of all that the page and its worker have loaded. */
async function loadedBy(page: Page, url: string): Promise<string[]> {
  const names = () =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ responseStatus }) => responseStatus === 200)
      .map(({ name }) => name)
  // Its threads are workers too, and wait for it.
  const worker = page.workers().find((one) => one.url().includes('/assets/worker-'))!
  const all = [...(await page.evaluate(names)), ...(await worker.evaluate(names))]
  return [url, ...all.filter((name) => name.startsWith(url))]
}
