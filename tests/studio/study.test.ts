import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { Folders } from '../../src/server/folders.ts'
import { type Listening, listen } from '../../src/server/listen.ts'
import { TINY_PLAN, writePlan } from '../study/tinyStudy.ts'
import { seriousFaults } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))

/** Two runs, long enough to be watched. */
const PLAN = TINY_PLAN.replace('[r, i, m]', '[r, i]')
  .replace('[age, gender]', '[gender]')
  .replace('iterations: 6', 'iterations: 600')
  .replace('explain: { photos: 2 }', 'explain: { photos: 2, profile: 20 }')

/** Messages about a server that is gone are not faults here. */
const own = (faults: readonly string[]) => faults.filter((fault) => !/ERR_/.test(fault))

const tab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Study' }).getByRole('link', { name }).click()

describe.skipIf(!hasChromium)('Study', () => {
  let folder: string
  let out: string
  let plan: string
  let server: Listening
  let studio: Opened
  /** Of a server that knows no study. */
  let fromDisk: Opened
  let study: ChildProcess | undefined
  beforeAll(async () => {
    ;({ folder, plan, out } = writePlan(PLAN))
    server = await listen({ port: 0, folders: new Folders(folder) })
    studio = await openStudio({ url: server.url, hash: '#/study' })
  })
  afterAll(async () => {
    study?.kill()
    await studio?.close()
    await fromDisk?.close()
    await server?.close()
  })

  test('says what to do where there is none', async () => {
    await studio.page.getByText('No study yet. Run npx regard study PLAN.yaml or open its folder.').waitFor()
  })

  test('is watched to its end, through a reload and a server that is started again', async () => {
    const { page } = studio
    study = spawn(process.execPath, [PROGRAM, 'study', plan, '--out', out, '--threads', '1'], {
      stdio: 'ignore',
    })
    const ended = once(study, 'exit')
    await page.getByRole('link', { name: 'tiny' }).click()
    const loss = page.getByRole('img', { name: /^Loss of the batches\..* after \d+ iterations/ })
    await page.getByRole('row', { name: /gender A \[r\].*Training/ }).waitFor()
    await loss.waitFor()
    await page.reload()
    await loss.waitFor()
    expect(await page.getByRole('row').count()).toBe(3)

    const port = Number(new URL(server.url).port)
    await server.close()
    await page.getByText(/^Connection lost\. The study continues; reconnecting in \d s\.$/).waitFor()
    server = await listen({ port, folders: new Folders(folder) })
    await page
      .getByText(/^Connection lost/)
      .first()
      .waitFor({ state: 'hidden' })

    await page.getByText('2 of 2 runs finished.').waitFor()
    expect((await ended)[0]).toBe(0)
    const right = await page.getByRole('row', { name: /gender A \[r\]/ }).textContent()
    const { tests } = JSON.parse(
      readFileSync(join(out, 'runs', 'gender-adiencenet-r-fold1', 'result.json'), 'utf8'),
    )
    const [[a, b], [c, d]] = tests.r.confusion
    expect(right).toContain(`${((100 * (a + d)) / (a + b + c + d)).toFixed(1)} %`)
    expect(await seriousFaults(page)).toEqual([])
    expect(own(studio.faults)).toEqual([])
  })

  test('opens the photos behind a cell of a confusion matrix', async () => {
    const { page } = studio
    await tab(page, 'Confusion')
    const cell = page.getByRole('button', { name: /answered right|taken for/ }).and(page.locator(':enabled'))
    const name = (await cell.first().getAttribute('aria-label'))!
    await cell.first().click()
    const photo = page.getByRole('img', { name: /^Face s/ }).first()
    await photo.waitFor()
    await photo.scrollIntoViewIfNeeded()
    await expect
      .poll(() => photo.evaluate((img: HTMLImageElement) => img.naturalWidth), { timeout: 500_000 })
      .toBeGreaterThan(32)
    expect(await photo.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeLessThanOrEqual(256)
    const count = Number(/: (\d+) face/.exec(name)![1])
    expect(await page.locator('.study-faces li').count()).toBe(Math.min(36, count))
    expect(await seriousFaults(page)).toEqual([])
  })

  test('shows the report without its running anything, and the profile of a run', async () => {
    const { page } = studio
    await tab(page, 'Report')
    const report = page.frameLocator('iframe')
    await report.getByRole('heading', { name: 'tiny' }).waitFor()
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('')
    await tab(page, 'Parts')
    await page.getByRole('row', { name: /^cheeks/ }).waitFor()
    expect(await page.getByRole('img', { name: /The average map of/ }).count()).toBe(2)
    expect(await seriousFaults(page)).toEqual([])
    expect(own(studio.faults)).toEqual([])
  })

  test('shows an atlas of one of its networks, and the faces that are brushed', async () => {
    const { page } = studio
    const model = join(out, 'runs', 'gender-adiencenet-r-fold1', 'model.onnx')
    const data = `synthetic:${join(folder, 'faces')}`
    // Beside its faces lie those of another network, which it is not of.
    const other = model.replace('-r-', '-i-')
    await main(['atlas', other, '--data', data, '--class', 'truth', '--out', join(folder, 'atlas')])
    await main(['atlas', model, '--data', data, '--class', 'truth', '--out', join(folder, 'atlas')])
    await tab(page, 'Atlas')
    await page.getByText('by the network gender-adiencenet-r-fold1').waitFor()
    await page.getByRole('button', { name: /^Cluster 1: \d+ faces/ }).click()
    const face = page.getByRole('img', { name: /^Face s/ }).first()
    await expect
      .poll(() => face.evaluate((img: HTMLImageElement) => img.naturalWidth), { timeout: 500_000 })
      .toBe(128)
    const cloud = page.locator('.study-cloud canvas')
    await cloud.scrollIntoViewIfNeeded()
    const { x, y, width, height } = (await cloud.boundingBox())!
    await page.mouse.move(x + 2, y + 2)
    await page.mouse.down()
    await page.mouse.move(x + width - 2, y + height - 2, { steps: 4 })
    await page.mouse.up()
    await page.getByRole('heading', { name: /^Brushed: \d+ faces/ }).waitFor()
    // The same by keys: what the cloud is moved to.
    const all = await page.locator('.study-faces li').count()
    await page.getByRole('button', { name: 'Zoom in' }).focus()
    for (const key of ['Enter', 'Enter', 'Enter', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key)
    await page.getByRole('button', { name: 'Brush what is in view' }).press('Enter')
    await expect.poll(() => page.locator('.study-faces li').count(), { timeout: 500_000 }).toBeLessThan(all)
    await page.getByRole('button', { name: 'Show all' }).press('Enter')
    await page.getByRole('button', { name: 'Brush what is in view' }).press('Enter')
    await expect.poll(() => page.locator('.study-faces li').count(), { timeout: 500_000 }).toBe(all)
    expect(await seriousFaults(page)).toEqual([])
    expect(own(studio.faults)).toEqual([])
  })

  test('shows what was found about its networks, and says how to find it where nothing was', async () => {
    const { page } = studio
    await tab(page, 'Findings')
    await page.getByText('npx regard compare MODEL MODEL').waitFor()
    expect(await seriousFaults(page)).toEqual([])
    const model = (setting: string) => join(out, 'runs', `gender-adiencenet-${setting}-fold1`, 'model.onnx')
    const data = ['--data', `synthetic:${join(folder, 'faces')}`, '--limit', '30']
    await main(['profile', model('r'), ...data, '--out', join(folder, 'profile')])
    await main([
      'compare',
      model('r'),
      model('i'),
      '--alignment',
      'r',
      ...data,
      '--out',
      join(folder, 'compare'),
    ])
    const shown = page.frameLocator('iframe')
    await shown.getByRole('heading', { level: 1 }).waitFor()
    const choice = page.locator('.study-run select')
    await choice.selectOption('Comparison: compare')
    await shown.getByRole('heading', { name: 'Networks side by side' }).waitFor()
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('')
    expect(await choice.locator('option').allTextContents()).toEqual([
      'Profile: profile',
      'Comparison: compare',
    ])
    expect(await seriousFaults(page)).toEqual([])
    expect(own(studio.faults)).toEqual([])
  })

  test('shows what a check of its data has found, and keeps what is said of pairs', async () => {
    const { page } = studio
    const data = `synthetic:${join(folder, 'faces')}`
    await main(['dataset', 'check', data, '--no-finder', '--out', join(folder, 'check')])
    await tab(page, 'Check')
    await page.getByText(/^Note the same picture of one person/).click()
    const same = page.getByRole('button', { name: 'Same' }).first()
    await same.click()
    await expect.poll(() => same.getAttribute('aria-pressed')).toBe('true')
    expect(readFileSync(join(folder, 'check', 'marks.csv'), 'utf8')).toMatch(/,same\r\n$/)
    await page.reload()
    await page.getByText(/^Note the same picture of one person/).click()
    expect(await seriousFaults(page)).toEqual([])
    await expect
      .poll(() => page.getByRole('button', { name: 'Same', pressed: true }).count(), { timeout: 500_000 })
      .toBe(1)
    expect(own(studio.faults)).toEqual([])
  })

  test('gives a run’s network to Look', async () => {
    const { page } = studio
    await tab(page, 'Runs')
    await page.getByRole('button', { name: 'Use in Look: gender A [r]' }).click()
    await page.getByRole('img', { name: /^tiny\/gender-adiencenet-r-fold1, / }).waitFor()
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByRole('link', { name: /^tiny\/gender-adiencenet-r-fold1/ }).click()
    const network = page.getByRole('region', { name: 'tiny/gender-adiencenet-r-fold1' })
    await network.getByRole('img', { name: /^What tiny.* is shown$/ }).waitFor()
    await network
      .getByRole('button', { name: 'Save as self-explaining ONNX' })
      .and(page.locator(':enabled'))
      .waitFor()
    expect(await seriousFaults(page)).toEqual([])
    expect(own(studio.faults)).toEqual([])
  })

  test('is opened from disk where no server knows of it', async () => {
    fromDisk = await openStudio({ hash: '#/study', width: 390, height: 844, theme: 'dark' })
    const { page } = fromDisk
    await page.getByText('No study yet.').waitFor()
    await page.locator('input[type=file][webkitdirectory]').setInputFiles(folder)
    await page.getByText('2 of 2 runs finished.').waitFor()
    await page.getByRole('img', { name: /^Loss of the batches\..* after 600 iterations/ }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    expect(await seriousFaults(page)).toEqual([])
    await tab(page, 'Confusion')
    await page
      .getByRole('button', { name: /answered right/ })
      .first()
      .waitFor()
    await page.locator('.study-matrix button:enabled').first().click()
    await page.getByText('Its photos are not shown').waitFor()
    await tab(page, 'Report')
    await page
      .getByRole('region', { name: 'Report of tiny' })
      .getByRole('heading', { name: 'tiny' })
      .waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    expect(await seriousFaults(page)).toEqual([])
    await tab(page, 'Findings')
    await page.locator('.study-run select').selectOption({ label: `Comparison: ${basename(folder)}/compare` })
    await page.getByRole('heading', { name: 'Networks side by side' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    expect(await seriousFaults(page)).toEqual([])
    await tab(page, 'Atlas')
    await page.getByRole('button', { name: /^Cluster 1: \d+ faces/ }).click()
    await tab(page, 'Check')
    await page.getByText('Opened from disk').waitFor()
    expect(await seriousFaults(page)).toEqual([])
    expect(own(fromDisk.faults)).toEqual([])
  })

  test('lets a page from disk run and load nothing', async () => {
    const hostile = mkdtempSync(join(tmpdir(), 'regard-hostile-'))
    const elsewhere = 'http://127.0.0.1:9'
    writeFileSync(join(hostile, 'profile.json'), '{}')
    writeFileSync(
      join(hostile, 'index.html'),
      `<base href="${elsewhere}/"><meta http-equiv="refresh" content="0;url=${elsewhere}/r">
<link rel="stylesheet" href="${elsewhere}/l.css"><style>@import "${elsewhere}/i.css"; p { background: url(${elsewhere}/s.png) }</style>
<script>document.title = 'ran'</script><svg onload="document.title = 'ran'"><image href="${elsewhere}/svg.png"/></svg>
<img src="${elsewhere}/p.png" onerror="document.title = 'ran'"><iframe src="${elsewhere}/f"></iframe>
<form action="${elsewhere}/form"><input name="a"></form><p style="background: url('${elsewhere}/st.png'); color: red">Hostile</p>
<a href="javascript:document.title = 'ran'">Run</a> <a href="#below">Below</a><div style="height: 200vh"></div><h2 id="below">Here</h2>`,
    )
    const { page, url } = fromDisk
    await page.goto(`${url}#/study`)
    await page.locator('input[type=file][webkitdirectory]').setInputFiles(hostile)
    const line = page.getByText('Hostile', { exact: true })
    await line.waitFor()
    expect(await line.evaluate((p) => getComputedStyle(p).color)).toBe('rgb(255, 0, 0)')
    await page.getByText('Run', { exact: true }).click()
    await page.getByText('Below', { exact: true }).click()
    await expect
      .poll(
        () =>
          page
            .getByText('Here', { exact: true })
            .evaluate((h) => h.getBoundingClientRect().top < innerHeight),
        {
          timeout: 500_000,
        },
      )
      .toBe(true)
    expect(page.url()).toContain('#/study/')
    expect(await page.title()).not.toBe('ran')
    expect(page.frames()).toHaveLength(1)
    // What the policy refuses it says in the console; no request was made.
    expect(
      fromDisk.faults.filter((fault) => !/violates the following Content Security Policy/.test(fault)),
    ).toEqual([])
  })
})
