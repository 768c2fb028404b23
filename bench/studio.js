/**
 * How long the studio takes in Debian's Chromium (apt-get install chromium), from its own server, without a GPU: until it
 * can be used, from a photo to a map, from a slider to a map, how long its main thread is blocked, and how much JavaScript
 * is loaded by then. Medians of rounds in fresh browsers.
 *
 *   npm run bench -- studio
 */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { listen } from '../dist/server/listen.js'
import { describeMachine, median } from './measure.js'

const PROGRAM = '/usr/bin/chromium'
const ROUNDS = 5
const photo = fileURLToPath(new URL('../../shared/data/photos/astronaut.png', import.meta.url))

describeMachine()
if (!existsSync(PROGRAM)) console.log('Chromium is not here (apt-get install chromium)')
else if (!existsSync(photo)) console.log('The photo ../shared/data/photos/astronaut.png is not here')
else await measure()

async function measure() {
  const { url, close } = await listen({ port: 0 })
  const rounds = []
  for (let k = 0; k < ROUNDS; k++) rounds.push(await round(url))
  await close()
  const row = (name, unit, asked) => {
    const values = rounds.map((each) => each[name])
    console.log(`${name}: ${median(values).toFixed(0)} ${unit} (${asked})`)
  }
  row('interactive', 'ms', '≤ 2000 asked')
  row('sample’s map', 'ms', 'from the start, runtime and network loaded meanwhile')
  row('first map after a drop', 'ms', '≤ 2000 asked')
  row('next map', 'ms', '≤ 300 asked; another face of the same photo')
  row('slider to map', 'ms', '≤ 400 asked')
  row('main thread blocked', 'ms', 'the longest task; ≤ 100 asked')
  row('JavaScript', 'kB gzip', '≤ 300 asked, workers included')
}

async function round(url) {
  const browser = await chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] })
  const page = await browser.newPage()
  await page.addInitScript(() => {
    globalThis.longest = 0
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        globalThis.longest = Math.max(globalThis.longest, duration)
    }).observe({ type: 'longtask', buffered: true })
  })
  const found = {}
  const timed = async (name, act, done) => {
    const start = performance.now()
    await act()
    await done()
    found[name] = performance.now() - start
  }
  const ready = () => page.getByText('Open a photo', { exact: true }).waitFor()
  /** Every map matches its question, and nothing is underway. */
  const settled = () =>
    page.waitForFunction(
      () =>
        document.querySelector('.map canvas') &&
        !document.querySelector('[data-waits]') &&
        !document.querySelector('.status p')?.textContent,
    )
  /**
   * From an action until the maps that depend on it are there; the page itself takes the time, since a click returns
   * late.
   */
  const watched = async (name, act) => {
    await page.evaluate(() => {
      const start = performance.now()
      globalThis.settled = new Promise((resolve) => {
        let waited = false
        new MutationObserver((_, observer) => {
          if (document.querySelector('[data-waits]')) waited = true
          else if (waited) {
            observer.disconnect()
            resolve(performance.now() - start)
          }
        }).observe(document.body, { subtree: true, childList: true, attributes: true })
      })
    })
    await act()
    found[name] = await page.evaluate(() => globalThis.settled)
  }
  const start = performance.now()
  await timed('interactive', () => page.goto(url), ready)
  await settled()
  found['sample’s map'] = performance.now() - start
  found.JavaScript = (await scriptsOf(page)) / 1024
  await watched('first map after a drop', () => page.locator('input[type=file]').first().setInputFiles(photo))
  await watched('next map', () => page.getByRole('button', { name: 'Whole photo' }).click())
  await watched('slider to map', () => page.getByRole('slider', { name: /Flat layers/ }).press('ArrowRight'))
  found['main thread blocked'] = await page.evaluate(() => globalThis.longest)
  await browser.close()
  return found
}

/** Bytes of gzip of all scripts that a page and its workers have loaded. */
async function scriptsOf(page) {
  const loaded = () => performance.getEntriesByType('resource').map(({ name }) => name)
  // The others are threads of the runtime: they run one of the files already counted, and do not answer.
  const workers = page.workers().filter((worker) => /worker-[^/]*\.js$/.test(worker.url()))
  const places = [page, ...workers]
  const names = (await Promise.all(places.map((place) => place.evaluate(loaded)))).flat()
  const own = workers.map((worker) => worker.url())
  const urls = new Set([...names, ...own].filter((name) => /\.js$/.test(name)))
  const sizes = [...urls].map(async (url) => gzipSync(await (await fetch(url)).arrayBuffer()).length)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
