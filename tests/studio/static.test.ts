import { mkdtempSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
      await page.context().setOffline(true)
      await page.reload()
      await map.waitFor()
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
      expect(faults).toEqual([])
    } finally {
      await close()
    }
  })
})
