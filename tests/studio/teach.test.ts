import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { drawnFaces } from '../../src/datasets/synthetic/drawnFaces.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { fixInput } from '../../src/graph/batch.ts'
import { float32 } from '../../src/graph/types.ts'
import { explainFile } from '../../src/models/node.ts'
import { rateAt } from '../../src/training/schedule.ts'
import { stepperFor } from '../../src/training/stepper.ts'
import { trainableWeights } from '../../src/training/trainableWeights.ts'
import { adienceNet, BATCH, Batches, type Example, scheduleOf, splitOf } from '../../studio/worker/lesson.ts'
import { seriousFaultsInBoth } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

/** The side of a picture that AdienceNet is taught with. */
const SIDE = 88
/** Pictures of each kind that are given as files. */
const COUNT = 12

const folder = mkdtempSync(join(tmpdir(), 'regard-teach-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Files of babies and of old people, and their pixels. */
async function files(age: number) {
  const faces = drawnFaces({ count: COUNT, seed: 'files', age })
  return Promise.all(
    faces.map(async ({ svg }, k) => {
      const path = join(folder, `${age}-${k}.png`)
      const picture = sharp(Buffer.from(svg)).removeAlpha().resize(SIDE, SIDE)
      writeFileSync(path, await picture.png().toBuffer())
      return { path, data: new Uint8Array(await picture.raw().toBuffer()) }
    }),
  )
}

/** The losses of the first steps as Node has them, by the same batches. */
async function lossesInNode(pictures: readonly (readonly Uint8Array[])[], steps: number): Promise<number[]> {
  const examples = pictures.flatMap((own, kind) =>
    own.map((data): Example => ({ kind, picture: { width: SIDE, height: SIDE, data } })),
  )
  const options = { kinds: ['A', 'B'], seed: 1, steps: 120, mirrored: true }
  const { learned } = splitOf(examples, 2)
  const pupil = adienceNet(learned, 'whole', options)
  const schedule = scheduleOf('adiencenet', 120)
  const network = fixInput(pupil.network, { batch: BATCH })
  const stepper = await stepperFor(await nodeEngine(), network, schedule)
  const batches = new Batches(learned, 1)
  const weights = trainableWeights(network)
  const velocities = new Map([...weights].map(([name, { shape }]) => [name, float32(shape)]))
  let state = { weights, velocities }
  const losses: number[] = []
  while (losses.length < steps) {
    const rates = Array.from({ length: stepper.atOnce }, (_, k) => rateAt(schedule, losses.length + k))
    const feeds = batches.draw(stepper.atOnce, pupil, stepper.masks)
    const { measured, ...next } = await stepper.run(state, { ...feeds, rate: float32([rates.length], rates) })
    state = next.state
    losses.push(...measured.losses)
  }
  await stepper.release()
  return losses.slice(0, steps)
}

/** The losses of the page's table. */
async function lossesIn(page: Page): Promise<number[]> {
  const texts = await page.locator('.numbers tbody td:nth-child(2)').allTextContents()
  return texts.map(Number)
}

async function accuracyIn(page: Page): Promise<number> {
  const [, right, held] = /\((\d+) of (\d+)\)/.exec((await page.locator('.measures').textContent())!)!
  return Number(right) / Number(held)
}

async function saved(page: Page): Promise<string> {
  const names = ['model.onnx', 'model.card.yaml']
  const downloads = Promise.all(
    names.map((name) => page.waitForEvent('download', (download) => download.suggestedFilename() === name)),
  )
  await page.getByRole('button', { name: 'Save' }).click()
  for (const download of await downloads) await download.saveAs(join(folder, download.suggestedFilename()))
  return join(folder, 'model.onnx')
}

describe.skipIf(!hasChromium)('Teach', () => {
  let studio: Opened
  let page: Page
  let babies: Awaited<ReturnType<typeof files>>
  let old: Awaited<ReturnType<typeof files>>
  // All share one page, and go through it as a user would.
  beforeAll(async () => {
    ;[babies, old] = [await files(0), await files(7)]
    studio = await openStudio({
      hash: '#/teach',
      args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    })
    page = studio.page
  })
  afterEach(() => expect(studio.faults).toEqual([]))
  afterAll(() => studio?.close())

  const train = () => page.getByRole('button', { name: /^Train( again)?$/ })
  const stop = () => page.getByRole('button', { name: 'Stop' })
  const steps = () => page.getByRole('combobox', { name: 'Steps' })
  const pupil = () => page.getByRole('combobox', { name: 'What learns' })

  async function giveFiles(): Promise<void> {
    for (const [name, some] of [
      ['A', babies],
      ['B', old],
    ] as const) {
      await page.getByLabel(`Add files to ${name}`).setInputFiles(some.map(({ path }) => path))
      await page
        .getByRole('group', { name: `Kind ${name}` })
        .getByText('12 examples')
        .waitFor()
    }
  }

  async function begin(): Promise<void> {
    await train().click()
    await stop().waitFor()
  }

  async function removeAll(): Promise<void> {
    const buttons = page.getByRole('button', { name: 'Remove all' })
    while ((await buttons.count()) > 0) await buttons.first().click()
  }

  test('says what is missing, and what can be had', async () => {
    await page.getByText('A has no examples; 10 are needed.').waitFor()
    expect(await train().isDisabled()).toBe(true)
    await page.getByText('after 240 steps: at least 90 %').waitFor()
  })

  test('the first 20 losses are those of Node for the same seed and batches, and the same again', async () => {
    await giveFiles()
    await steps().selectOption('120')
    await begin()
    const first = page.locator('.numbers tbody tr:nth-child(20)')
    await first.waitFor({ state: 'attached' })
    await stop().click()
    await train().waitFor()
    const expected = await lossesInNode(
      [babies, old].map((kind) => kind.map(({ data }) => data)),
      20,
    )
    const losses = (await lossesIn(page)).slice(0, 20)
    const apart = Math.max(...losses.map((loss, k) => Math.abs(loss - expected[k]!)))
    console.log(`the first 20 losses are ${apart.toExponential(1)} from Node's at most`)
    expect(losses).toHaveLength(20)
    expect(apart).toBeLessThan(1e-4)
    await begin()
    await first.waitFor({ state: 'attached' })
    expect((await lossesIn(page)).slice(0, 20)).toEqual(losses)
    await stop().click()
    await train().waitFor()
  })

  test('a new head on a network that comes with the page learns from few examples', async () => {
    await removeAll()
    await pupil().selectOption('faceres')
    await giveFiles()
    await steps().selectOption('120')
    await begin()
    await train().waitFor()
    const losses = await lossesIn(page)
    const mean = (some: readonly number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length
    expect(mean(losses.slice(-20))).toBeLessThan(mean(losses.slice(0, 20)) / 2)
    const model = await saved(page)
    const { name } = await explainFile(model, old[0]!.path)
    expect(name).toBe('B')
  })

  test('two drawn kinds are told apart after 240 steps, and what was taught is saved, tried and used', async () => {
    await removeAll()
    await pupil().selectOption('adiencenet')
    await steps().selectOption('240')
    await page.getByLabel('Use drawn faces').selectOption('ages')
    await page.getByText('100 examples').nth(1).waitFor()
    await begin()
    await train().waitFor()
    expect(await page.locator('.measures').textContent()).toContain('Step 240 of 240')
    expect(await accuracyIn(page)).toBeGreaterThanOrEqual(0.9)

    const slider = page.getByRole('slider')
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^Step 240: baby /)
    const last = await mapIn(page)
    await slider.press('Home')
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^Step 0: baby /)
    expect(await mapIn(page)).not.toBe(last)
    expect(await seriousFaultsInBoth(page)).toEqual([])

    const model = await saved(page)
    const card = readFileSync(join(folder, 'model.card.yaml'), 'utf8')
    expect(card).toMatch(/classes:\s+- baby\s+- old/)
    expect(card).toContain('alignment: r')
    const face = join(folder, 'old.png')
    const { svg } = drawnFaces({ count: 1, seed: 'tried', age: 7 })[0]!
    writeFileSync(face, await sharp(Buffer.from(svg)).png().toBuffer())
    await page.getByLabel('Try a file').setInputFiles(face)
    const told = await page.locator('.told').textContent()
    const inNode = await explainFile(model, face, { class: 'old' })
    const sure = Number(/old ([\d.]+) %/.exec(told!)![1]) / 100
    expect(Math.abs(sure - inNode.probability!)).toBeLessThan(0.02)

    await page.getByRole('button', { name: 'Use in Look' }).click()
    await page
      .getByRole('region', { name: 'taught' })
      .getByRole('img', { name: /^taught, (baby|old), / })
      .waitFor()
    await page.getByRole('link', { name: 'Teach' }).click()
    // The view is loaded when it is shown.
    await page.getByText('100 examples').nth(1).waitFor()
    expect(await page.getByText('100 examples').count()).toBe(2)
  })

  test('records while it is held, and asks before what is not saved is lost', async () => {
    await removeAll()
    await page.getByRole('combobox', { name: 'What it sees' }).selectOption('whole')
    await page.getByRole('button', { name: 'Camera' }).click()
    await page.getByLabel('Camera', { exact: true }).waitFor()
    const kind = page.getByRole('group', { name: 'Kind baby' })
    await kind.getByRole('button', { name: 'Hold to record' }).hover()
    await page.mouse.down()
    await expect.poll(() => kind.locator('.thumbnails li').count(), { timeout: 500_000 }).toBeGreaterThan(3)
    await page.mouse.up()
    await kind.getByRole('button', { name: 'Hold to record' }).waitFor()
    const count = await kind.locator('.thumbnails li').count()
    await page.waitForTimeout(500)
    expect(await kind.locator('.thumbnails li').count()).toBe(count)
    const asked = page.waitForEvent('dialog')
    await page.close({ runBeforeUnload: true })
    const dialog = await asked
    expect(dialog.type()).toBe('beforeunload')
    await dialog.accept()
  })
})

test.skipIf(!hasChromium)(
  'teaching works once its code can be fetched, though it could not at first',
  async () => {
    const { page, close } = await openStudio({ hash: '#/teach' })
    try {
      const code = '**/assets/teach-*.js'
      await page.route(code, (route) => route.abort())
      const { path } = (await files(0))[0]!
      const input = page.getByLabel('Add files to A')
      await input.setInputFiles(path)
      await page.getByText(/^Left out: /).waitFor()
      await page.unroute(code)
      await input.setInputFiles(path)
      await page.getByRole('group', { name: 'Kind A' }).getByText('1 example').waitFor()
    } finally {
      await close()
    }
  },
)

/** A sum over the map of the timeline. */
function mapIn(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.timeline canvas:nth-of-type(2)')!
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    return data.reduce((sum, value, k) => (sum + value * (k % 1009)) % 1e9, 0)
  })
}
