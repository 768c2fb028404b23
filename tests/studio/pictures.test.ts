/** Every view at the width of a desk and of a phone, in light and dark; with UPDATE_PICTURES=1 the pictures of docs/. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hardToUse, seriousFaults } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

const folder = fileURLToPath(
  new URL(process.env.UPDATE_PICTURES ? '../../docs/pictures/studio' : '../../out/studio', import.meta.url),
)

/** Each view, and what is there when it is ready. */
const VIEWS: readonly (readonly [view: string, ready: (page: Page) => Promise<unknown>])[] = [
  ['look', (page) => page.getByRole('img', { name: /^faceres, / }).waitFor()],
  [
    'models',
    (page) =>
      page
        .getByText(/Age in years: \d+ years/)
        .first()
        .waitFor(),
  ],
  ['study', (page) => page.getByText('No study yet.').waitFor()],
  ['teach', (page) => page.getByLabel('Use drawn faces').waitFor()],
  ['help', (page) => page.getByRole('heading', { name: 'What a map shows' }).waitFor()],
]

/** How far a page is wider than its window. */
const tooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)

/** Each width, and what is left of it where all is twice as large; of a phone's, what the narrowest has. */
describe.skipIf(!hasChromium).each([
  { name: 'desktop', width: 1440, height: 900, narrow: 512, theme: 'light', touch: false },
  { name: 'phone', width: 390, height: 844, narrow: 320, theme: 'dark', touch: true },
] as const)('at the width of a $name', ({ name, narrow, ...options }) => {
  let studio: Opened
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    studio = await openStudio(options)
    await VIEWS[0]![1](studio.page)
  })
  afterAll(() => studio?.close())

  test.each(VIEWS)('%s fits, has no serious fault that axe finds, and is pictured', async (view, ready) => {
    const { page, url, faults } = studio
    await page.goto(`${url}#/${view}`)
    await ready(page)
    expect(await tooWide(page)).toBeLessThanOrEqual(0)
    expect(await seriousFaults(page)).toEqual([])
    expect(faults).toEqual([])
    await page.screenshot({
      path: join(folder, `${view}-${name}.jpg`),
      type: 'jpeg',
      quality: 80,
      fullPage: true,
    })
    expect(await hardToUse(page, options.touch ? 44 : 24)).toEqual([])
    await page.setViewportSize({ width: narrow, height: 450 })
    expect(await tooWide(page)).toBeLessThanOrEqual(0)
    expect(await hardToUse(page, options.touch ? 44 : 24)).toEqual([])
    await page.setViewportSize(options)
  })
})
