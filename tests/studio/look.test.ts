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
    expect(await page.locator('.legend').textContent()).toMatch(/^−(\S+) against f0for f \+\1$/)
    await page.getByText(/^Face 1 of 1\. faceres: \d+ years, [fm] \d+ %\. Map ready\.$/).waitFor()
    await page.getByText(/^What a map shows, what “gender” means here/).click()
    await page.getByText(/^A map shows which parts of this photo spoke for and against/).waitFor()
    await page.getByText(/^“Gender” here is a label that people put into a data set/).waitFor()
    expect(await page.getByText(/^Photos stay on this device: not uploaded, not stored/).count()).toBe(1)
    expect(faults).toEqual([])
  })

  test('says what cannot be fetched at first, and tries again', async () => {
    const { page, faults } = studio
    const [networks, sample] = ['**/models/index.json', '**/astronaut*.jpg']
    await page.route(networks, (route) => route.fulfill({ status: 503 }))
    await page.route(sample, (route) => route.abort())
    await page.reload()
    await page.getByRole('alert').getByText('/models/index.json: was not found (503)').waitFor()
    await page.getByText('No photo is open.').waitFor()

    await page.unroute(networks)
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByRole('link', { name: 'Look', exact: true }).click()
    await page
      .getByRole('alert')
      .getByText(/astronaut.*: cannot be downloaded/)
      .waitFor()

    await page.unroute(sample)
    await page.getByRole('button', { name: 'Sample' }).click()
    await page.getByRole('img', { name: /^faceres, / }).waitFor()
    // The browser itself tells of both.
    expect(faults.filter((fault) => !fault.startsWith('Failed to load resource'))).toEqual([])
  })
})
