import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, type Opened, openStudio } from './open.ts'

describe.skipIf(!hasChromium)('sliders of the rules', () => {
  let studio: Opened
  beforeAll(async () => {
    studio = await openStudio()
  }, 0)
  afterAll(() => studio?.close())

  /** The picture of the map that follows upon an act. */
  async function mapAfter(act: () => Promise<unknown>): Promise<string> {
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
    await act()
    await page.evaluate(() => (globalThis as { settled?: Promise<void> }).settled)
    return page
      .locator('.map canvas')
      .first()
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
  }

  const stepped = (slider: RegExp) =>
    mapAfter(() => studio.page.getByRole('slider', { name: slider }).press('ArrowRight'))

  /** The worker that holds the networks; the others are threads of the runtime. */
  const worker = () => studio.page.workers().find((each) => /worker-[^/]*\.js$/.test(each.url()))!

  /** Count from now on how often a megabyte or more of weights goes into the runtime, as whenever a session is made. */
  const watchWeights = () =>
    worker().evaluate(() => {
      const place = globalThis as { handedOver?: number }
      place.handedOver = 0
      const { set } = Uint8Array.prototype
      Uint8Array.prototype.set = function (...given) {
        if (given[0].length >= 1 << 20) place.handedOver!++
        return set.apply(this, given)
      }
    })
  const handedOver = () => worker().evaluate(() => (globalThis as { handedOver?: number }).handedOver!)

  test('change the map, and only flat layers load the network anew', async () => {
    const { page, faults } = studio
    await page.getByRole('img', { name: /^faceres, / }).waitFor()
    await page.waitForFunction(() => !document.querySelector('[data-waits]'))
    const maps = [await mapAfter(() => page.getByLabel('Method').selectOption('paper'))]
    await watchWeights()
    maps.push(await stepped(/^α/))
    const loaded = await handedOver()
    expect(loaded).toBeGreaterThan(0)
    for (let k = 0; k < 3; k++) maps.push(await stepped(/^α/))
    expect(await handedOver()).toBe(loaded)
    maps.push(await stepped(/^Flat layers/))
    expect(await handedOver()).toBeGreaterThan(loaded)
    expect(new Set(maps).size).toBe(maps.length)
    await page.getByText('γ: Not used by paper.').waitFor()
    expect(await page.getByRole('slider', { name: /^γ/ }).isDisabled()).toBe(true)
    // Until a new map is there, the old one is dimmed.
    const opacity = await page.locator('.cell').evaluate(async (cell) => {
      const picture = () => getComputedStyle(cell.querySelector('.map-picture')!).opacity
      cell.setAttribute('data-waits', 'true')
      while (Number(picture()) > 0.55) await new Promise(requestAnimationFrame)
      cell.removeAttribute('data-waits')
      return picture()
    })
    expect(Number(opacity)).toBeGreaterThanOrEqual(0.55)
    expect(faults).toEqual([])
  }, 0)
})
