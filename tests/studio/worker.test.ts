import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page, Worker } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, type Opened, openStudio } from './open.ts'

const example = fileURLToPath(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url))

describe.skipIf(!hasChromium)('the worker of the studio', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-worker-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  let studio: Opened
  let page: Page
  beforeAll(async () => {
    studio = await openStudio({ hash: '#/look?m=occlusion' })
    page = studio.page
  })
  afterAll(() => studio?.close())

  test('is started anew where Stop is pressed and it goes on; what it was asked is given up', async () => {
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    // The answer is there before a map of so many runs.
    await page
      .locator('.answers')
      .getByText(/^[fm] \d+ %$/)
      .waitFor()
    expect(await page.getByRole('img', { name: /^faceres, / }).count()).toBe(0)
    await (await theWorker(page)).evaluate(() => {
      // It waits for another that never comes, as threads do for each other.
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })
    await page.getByRole('button', { name: 'Stop' }).click()
    await page
      .getByRole('alert')
      .getByText(/^It stopped responding and was restarted/)
      .waitFor()
    expect(await page.getByRole('button', { name: 'Ask again' }).count()).toBe(1)
    expect(studio.faults).toEqual([])
    await closeNotice(page)
    // The plain settings.
    await page.goto(`${studio.url}#/look?n=faceres`)
    await settled(page)
  })

  test('is started anew where it is stuck, with photo and networks, those that were dropped too', async () => {
    const card = join(folder, 'adiencenet-synthetic.card.yaml')
    writeFileSync(card, 'input: { channels: BGR, scale: 1, mean: 128 }\n')
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByLabel('Open a model').setInputFiles([example, card])
    const dropped = page.getByRole('region', { name: 'adiencenet-synthetic' })
    await dropped.getByRole('button', { name: 'Use in Look' }).click()
    await page.getByRole('img', { name: /^adiencenet-synthetic, / }).waitFor()
    await settled(page)
    // Maps lie on one line, however many answers stand above them.
    const tops = await page
      .locator('.map')
      .evaluateAll((all) => all.map((it) => it.getBoundingClientRect().top))
    expect(tops).toEqual([tops[0], tops[0]])

    await (await theWorker(page)).evaluate(() => {
      // It runs without an end, as a network can.
      setTimeout(() => {
        for (;;);
      })
    })
    await page.getByRole('button', { name: 'Whole photo' }).click()
    await page.getByText(/^A network is not responding/).waitFor()
    await page.getByRole('button', { name: 'Restart' }).click()
    await page.getByText(/^It stopped responding and was restarted/).waitFor()
    await settled(page)
    await page.getByRole('button', { name: 'Face 1' }).click()
    await settled(page)
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await page.getByRole('img', { name: /^(faceres|adiencenet-synthetic), / }).count()).toBe(2)
    expect(studio.faults).toEqual([])
    await closeNotice(page)
  })

  test('is started anew where it breaks down', async () => {
    await (await theWorker(page)).evaluate(() => {
      setTimeout(() => {
        WebAssembly.Memory.prototype.grow.call(new WebAssembly.Memory({ initial: 1, maximum: 1 }), 2)
      })
    })
    await page.getByText(/^The explaining worker crashed and was restarted/).waitFor()
    await page.getByRole('button', { name: 'Whole photo' }).click()
    await settled(page)
    expect(await page.getByRole('alert').count()).toBe(0)
  })
})

/** The page's worker, without its threads. One that was given up takes a moment to end. */
async function theWorker(page: Page): Promise<Worker> {
  const running = () => page.workers().filter((one) => one.url().includes('/assets/worker-'))
  while (running().length !== 1) await page.waitForTimeout(50)
  return running()[0]!
}

/** Close the page's notice about the last restart. */
async function closeNotice(page: Page): Promise<void> {
  await page.locator('.worker-status').getByRole('button', { name: 'Close' }).click()
}

/** Wait until all that is asked is answered. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('img', { name: /^faceres, / }).waitFor()
  await page.waitForFunction(() => !document.querySelector('.cell[data-waits], .map.empty'))
}
