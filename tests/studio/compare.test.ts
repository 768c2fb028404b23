import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { networksHere } from '../../src/server/files.ts'
import { comparedInWords, partDifferences, shareDifference } from '../../studio/look/compare.ts'
import type { Look } from '../../studio/worker/protocol.ts'
import { seriousFaultsInBoth } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

/** A look of two pixels, an eye and a mouth. */
function look(eye: number, mouth: number, { name = 'f', says = 'f', left = 0 } = {}): Look {
  const share = (value: number) => ({ positive: Math.max(0, value), negative: Math.min(0, value), area: 0.5 })
  return {
    answers: [{ output: 'o', task: 'gender', classes: [{ name: says, probability: 0.9 }], value: undefined }],
    name,
    map: { width: 2, height: 1, data: Float32Array.of(eye, mouth) },
    parts: ['eyes', 'mouth'],
    shares: [share(eye), share(mouth)],
    toPhoto: [1, 0, left, 0, 1, 0],
  } as Partial<Look> as Look
}

const OUTPUTS = ['o', 'o'] as const

describe('compared maps', () => {
  test('parts come by how much they differ, in shares of what speaks for the answer', () => {
    const nose = (of: Look, positive: number) => ({
      ...of,
      parts: [...of.parts, 'nose'],
      shares: [...of.shares, { positive, negative: 0, area: 0.5 }],
    })
    expect(partDifferences(nose(look(1, 3), 4), nose(look(4, 4), 0))).toEqual([
      { part: 'nose', a: 0.5, b: 0 },
      { part: 'eyes', a: 0.125, b: 0.5 },
      { part: 'mouth', a: 0.375, b: 0.5 },
    ])
  })

  test('the difference is one of shares, whatever the sizes of the logits', () => {
    expect([...shareDifference(look(1, 3), look(10, 30))!.data]).toEqual([0, 0])
    expect([...shareDifference(look(1, -1), look(4, 0))!.data]).toEqual([-0.5, -0.5])
  })

  test('where pictures are cut differently there is none', () => {
    expect(shareDifference(look(1, 3), look(1, 3, { left: 2 }))).toBeUndefined()
  })

  test('a sentence says who says what, and which part differs most', () => {
    expect(comparedInWords(look(1, 3), look(4, 4), OUTPUTS)).toBe(
      'Both say f. A gives the mouth 75 %, B 50 %.',
    )
    expect(comparedInWords(look(1, 3), look(1, 1, { name: 'm', says: 'm' }), OUTPUTS)).toBe(
      'A says f, B says m. Of what speaks for f, A gives the mouth 75 %; of what speaks for m, B gives it 50 %.',
    )
    expect(comparedInWords(look(1, 3), look(-1, -3, { name: 'm' }), OUTPUTS)).toBe(
      'Both say f. In B almost nothing speaks for m.',
    )
  })
})

describe.skipIf(!hasChromium)('Compare', () => {
  let studio: Opened
  beforeAll(async () => {
    studio = await openStudio({ width: 390, height: 844 })
    await studio.page.getByRole('img', { name: /^faceres, / }).waitFor()
    await studio.page.getByRole('button', { name: 'Compare' }).click()
    await studio.page.getByRole('heading', { name: 'Compare' }).waitFor()
  })
  afterAll(() => studio?.close())

  const b = () => studio.page.getByRole('combobox', { name: 'B', exact: true })

  test('the same cut by other rules: two maps under a divider, a difference map and a table', async () => {
    const { page, faults } = studio
    await b().selectOption('rules:epsilon')
    const words = page.getByText(/^Both say [fm]\. A gives /)
    await words.waitFor()
    await page.getByRole('img', { name: /^A minus B/ }).waitFor()
    const [, part] = (await words.textContent())!.match(/A gives the (\w+)/)!
    expect(await page.getByRole('table').first().locator('tbody th').first().textContent()).toBe(part)
    const divider = page.getByRole('slider', { name: 'Divider between A and B' })
    await divider.press('ArrowLeft')
    expect(await divider.getAttribute('aria-valuetext')).toBe('49 % A, 51 % B')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    expect(await seriousFaultsInBoth(page)).toEqual([])
    expect(faults).toEqual([])
  })

  test.skipIf(!networksHere().includes('gear'))(
    'pictures that are cut differently have no difference map',
    async () => {
      const { page, faults } = studio
      await page.getByRole('button', { name: 'Close' }).click()
      await page.getByLabel('+ Network').selectOption('gear')
      await page.getByRole('img', { name: /^gear, / }).waitFor()
      await page.getByRole('button', { name: 'Compare' }).click()
      await b().selectOption('network:gear')
      await page.getByText('Cut differently: no difference map.').waitFor()
      expect(await page.getByRole('img', { name: /^A minus B/ }).count()).toBe(0)
      expect(faults).toEqual([])
    },
  )

  test("the browser's Back leads to the columns, and Forward to the comparison", async () => {
    const { page } = studio
    await page.goBack()
    await page.getByRole('heading', { name: 'faceres' }).waitFor()
    expect(
      await page.getByRole('button', { name: 'Compare' }).evaluate((it) => it === document.activeElement),
    ).toBe(true)
    await page.goForward()
    await page.getByRole('heading', { name: 'Compare' }).waitFor()
  })
})
