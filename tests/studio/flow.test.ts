import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainFile } from '../../src/models/node.ts'
import { networksHere } from '../../src/server/files.ts'
import { flowOf, ribbonsOf } from '../../studio/look/flow.ts'
import { shared } from '../shared.ts'
import { seriousFaultsInBoth } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

const row = (amounts: object, operator = 'Conv') => ({
  layer: 'l',
  value: 'l',
  operator,
  rule: 'z-plus',
  in: 0,
  out: 0,
  bias: 0,
  epsilon: 0,
  padding: 0,
  ...amounts,
})

describe('flowOf', () => {
  test('there is no way where a method gives no report', () => {
    expect(flowOf({ conservation: [], reached: 1 })).toBeUndefined()
  })

  test('what is left is what came less what stayed, and a constant is no bias', () => {
    const conservation = [row({ bias: 3 }), row({ bias: -1 }, 'Add'), row({ epsilon: 0.5, padding: 0.5 })]
    const { start, steps } = flowOf({ conservation, reached: 1 })!
    expect(start).toBe(4)
    expect(steps.map(({ before, after }) => [before, after])).toEqual([
      [4, 1],
      [1, 2],
      [2, 1],
    ])
    expect(steps.map(({ stayed }) => stayed.map(({ leak }) => leak))).toEqual([
      ['bias'],
      ['constants'],
      ['epsilon', 'padding'],
    ])
  })

  test('the band is as wide as what is left: leaks and the rest are as wide as what came', () => {
    const flow = flowOf({ conservation: [row({ bias: 3 })], reached: 1 })!
    const ribbons = ribbonsOf(flow, { width: 40, row: 10 })
    expect(ribbons.map(({ kind }) => kind)).toEqual(['for', 'bias'])
    // From left to right at the top: a quarter goes on, three quarters leave.
    expect(
      ribbons.map(({ path }) =>
        path
          .match(/^M(\S+) 0.00L(\S+) /)!
          .slice(1)
          .map(Number),
      ),
    ).toEqual([
      [0, 10],
      [10, 40],
    ])
  })

  test.skipIf(!shared)('adds up from the logit to the map, in every network that is here', async () => {
    for (const name of networksHere()) {
      const found = await explainFile(name, join(shared!, 'data/photos/astronaut.png'), {
        conservation: true,
      })
      const reached = found.relevance.data.reduce((sum, value) => sum + value, 0)
      const conservation = found.conservation.map((each) => ({ ...each, value: undefined }))
      const { start, steps } = flowOf({ conservation, reached })!
      const most = Math.max(...steps.map(({ before }) => Math.abs(before)))
      expect(Math.abs(start - found.logit), name).toBeLessThanOrEqual(1e-3 * most)
      expect(Math.abs(steps.at(-1)!.after - reached), name).toBeLessThanOrEqual(1e-9 * most)
      for (const { layer, out, stayed, ...step } of steps) {
        const kept = stayed.reduce((sum, { amount }) => sum + amount, 0)
        expect(Math.abs(step.in - out - kept), `${name} ${layer}`).toBeLessThanOrEqual(1e-3 * most)
      }
    }
  })
})

describe.skipIf(!hasChromium)('Flow', () => {
  let studio: Opened
  beforeAll(async () => {
    studio = await openStudio()
    await studio.page.getByRole('img', { name: /^faceres, / }).waitFor()
    await studio.page.getByRole('tab', { name: 'Flow' }).click()
    await studio.page.locator('.flow-steps').waitFor()
  })
  afterAll(() => studio?.close())

  const side = () => studio.page.locator('.cell canvas').first()

  test('says how much of the logit reached the pixels, layer by layer, and as a table', async () => {
    const flow = studio.page.getByRole('region', { name: 'Where the relevance went' })
    expect(await flow.textContent()).toMatch(/[\d.]+ % of the logit reached the pixels\./)
    const steps = await flow.locator('.flow-step').count()
    expect(steps).toBeGreaterThan(20)
    await flow.getByText('As a table').click()
    expect(await flow.getByRole('table').getByRole('row').count()).toBe(steps + 1)
    expect(await seriousFaultsInBoth(studio.page)).toEqual([])
  })

  test("a layer's map is shown by Enter, and a chip leads back to the pixels", async () => {
    const { page, faults } = studio
    const wide = async () => Number(await side().getAttribute('width'))
    const pixels = await wide()
    await page.getByRole('button', { name: /^conv_dw_9 Conv, z-plus/ }).press('Enter')
    const chip = page.getByRole('button', { name: 'At conv_dw_9: back to the pixels' })
    await chip.waitFor()
    expect(await wide()).toBeLessThan(pixels)
    await chip.click()
    await chip.waitFor({ state: 'detached' })
    await expect.poll(wide, { timeout: 500_000 }).toBe(pixels)
    expect(faults).toEqual([])
  })

  test.skipIf(!networksHere().includes('gear'))(
    'a network without that layer stays at the pixels',
    async () => {
      const { page, faults } = studio
      await page.getByLabel('+ Network').selectOption('gear')
      await page.getByRole('img', { name: /^gear, / }).waitFor()
      await page.getByRole('button', { name: /^conv_dw_9 Conv, z-plus/ }).click()
      await page.getByRole('button', { name: 'At conv_dw_9: back to the pixels' }).waitFor()
      expect(await page.getByRole('region', { name: 'gear' }).textContent()).toContain('at the pixels')
      expect(await page.getByRole('alert').count()).toBe(0)
      expect(faults).toEqual([])
    },
  )

  test('where a method gives no report, that is said', async () => {
    const { page } = studio
    await page.getByRole('tab', { name: 'Rules' }).click()
    await page.getByLabel('Method').selectOption('gradient-times-input')
    await page.getByRole('tab', { name: 'Flow' }).click()
    await page.getByText('gives no report').waitFor()
  })
})
