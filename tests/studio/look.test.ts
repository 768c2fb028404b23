import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, type Opened, openStudio } from './open.ts'

describe.skipIf(!hasChromium)('Look', () => {
  let studio: Opened
  beforeAll(async () => {
    studio = await openStudio()
  })
  afterAll(() => studio?.close())

  test('begins with a sample: a face, an answer and a map', async () => {
    const { page, faults } = studio
    await page.getByRole('img', { name: /^faceres, / }).waitFor()
    expect(await page.getByRole('button', { name: 'Face 1' }).getAttribute('aria-pressed')).toBe('true')
    expect(await page.locator('.answers').textContent()).toMatch(/\d+ years\s*[fm] \d+/)
    expect(faults).toEqual([])
  })
})
