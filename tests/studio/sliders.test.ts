import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, type Opened, openStudio } from './open.ts'

describe.skipIf(!hasChromium)('sliders of the rules', () => {
  let studio: Opened
  beforeAll(async () => {
    studio = await openStudio()
  }, 0)
  afterAll(() => studio?.close())

  /** A step of a slider, and what the map says when it is there. */
  async function stepped(slider: RegExp, key: 'ArrowRight' | 'ArrowLeft'): Promise<string> {
    const { page } = studio
    // The page takes note itself: what has to wait for a map and then need not may be over before a question arrives.
    await page.evaluate(() => {
      const place = globalThis as { settled?: Promise<void> }
      place.settled = new Promise((resolve) => {
        let waited = false
        new MutationObserver((_, observer) => {
          if (document.querySelector('[data-waits]')) waited = true
          else if (waited) {
            observer.disconnect()
            resolve()
          }
        }).observe(document.body, { subtree: true, childList: true, attributes: true })
      })
    })
    await page.getByRole('slider', { name: slider }).press(key)
    await page.evaluate(() => (globalThis as { settled?: Promise<void> }).settled)
    return page
      .locator('.map canvas')
      .first()
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
  }

  /** How often a session has been made, in any worker of the page. */
  const sessions = async () => {
    const counts = studio.page.workers().map((worker) =>
      worker.evaluate(() => performance.getEntriesByName('regard session').length).catch(() => 0),
    )
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }

  test('change the map, and only flat layers load the network anew', async () => {
    const { page, faults } = studio
    await page.getByRole('img', { name: /^faceres, / }).waitFor()
    await page.waitForFunction(() => !document.querySelector('[data-waits]'))
    const maps = [await stepped(/^α/, 'ArrowRight')]
    const loaded = await sessions()
    expect(loaded).toBeGreaterThan(0)
    for (let k = 0; k < 3; k++) maps.push(await stepped(/^α/, 'ArrowRight'))
    maps.push(await stepped(/^ε/, 'ArrowRight'))
    expect(await sessions()).toBe(loaded)
    maps.push(await stepped(/^Flat layers/, 'ArrowRight'))
    expect(await sessions()).toBe(loaded + 1)
    expect(new Set(maps).size).toBe(maps.length)
    expect(faults).toEqual([])
  }, 0)
})
