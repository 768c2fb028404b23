/**
 * Hours of mixed work at once, to see whether memory and handles stay flat: a network trains; photos are predicted, and
 * then explained, by one process each; and a page of the studio gets a photo every ten seconds, moves sliders and goes
 * through its views.
 *
 *   node bench/soak.js [--hours 2] [--photos 20000] [--out out/soak]
 *
 * Photos are those of ../shared/data, each as often as it takes. The run ends after the hours, or later, once all photos
 * are done. Ctrl-C ends it early. Each sample goes to samples.csv; the table at the end has medians over a tenth of each
 * process's time: after its first tenth, in the middle and at its end. Training is nice: it takes what the others leave,
 * so that two cores get through all the photos in about the two hours.
 */

import { spawn } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { describeMachine, head, median, row } from './measure.js'

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '2' },
    photos: { type: 'string', default: '20000' },
    out: { type: 'string', default: 'out/soak' },
  },
})
const DATA = '../shared/data'
const SAMPLE_EVERY = 15_000
const PHOTO_EVERY = 10_000
const VIEWS = ['#/models', '#/study', '#/teach', '#/help', '#/look']

const out = values.out
const until = Date.now() + Number(values.hours) * 3600_000
const stopping = new AbortController()
process.once('SIGINT', () => stopping.abort())

rmSync(out, { recursive: true, force: true })
const photos = gather(join(out, 'photos'), Number(values.photos))
describeMachine()
console.log(`${photos.length} photos, ${values.hours} h; samples in ${join(out, 'samples.csv')}`)

writeFileSync(join(out, 'samples.csv'), 'seconds,what,megabytes,handles,threads\n')
const samples = []
const running = new Map()
const began = Date.now()
const sampling = setInterval(sample, SAMPLE_EVERY)

const training = start('training', [
  'train',
  ...['--data', `aaf:${join(DATA, 'aaf')}`, '--task', 'age', '--network', 'adiencenet'],
  ...['--iterations', '1000000', '--out', join(out, 'run')],
])
const server = start('studio’s server', ['studio', out, '--port', '4081'])
const page = visits()
const done = []
for (const [what, args] of [
  ['prediction', ['predict', join(out, 'photos'), '--csv', join(out, 'faces.csv')]],
  ['explanation', ['explain', join(out, 'photos'), '--out', join(out, 'explained')]],
]) {
  if (stopping.signal.aborted) break
  const process = start(what, args)
  stopping.signal.addEventListener('abort', () => process.child.kill('SIGINT'))
  done.push(`${what} ended with ${await process.ended}`)
}
await sleep(Math.max(0, until - Date.now()), undefined, { signal: stopping.signal }).catch(() => {})
clearInterval(sampling)
stopping.abort()
const { visited, faults } = await page
// As Ctrl-C: training writes a checkpoint.
for (const { child } of [training, server]) child.kill('SIGINT')
done.push(`training ended with ${await training.ended}`, `the studio’s server with ${await server.ended}`)
report()

/** The first `count` photos, as files of their own: each file of the data sets comes as often as it takes. */
function gather(folder, count) {
  mkdirSync(folder, { recursive: true })
  const found = ['aaf', 'fairface', 'utkface', 'photos'].flatMap((name) =>
    readdirSync(join(DATA, name), { recursive: true })
      .filter((file) => ['.jpg', '.png'].includes(extname(file)))
      .sort()
      .map((file) => join(DATA, name, file)),
  )
  return Array.from({ length: count }, (_, k) => {
    const source = found[k % found.length]
    const photo = join(folder, `${String(k).padStart(5, '0')}${extname(source)}`)
    copyFileSync(source, photo)
    return photo
  })
}

/** Start a command of regard, whose words go to a file, and sample it until it ends. */
function start(what, args) {
  const log = openSync(join(out, `${what}.log`), 'w')
  const command = ['-n', what === 'training' ? '10' : '0', process.execPath, 'bin/regard.js', ...args]
  const child = spawn('nice', command, { stdio: ['ignore', log, log] })
  running.set(what, child.pid)
  const ended = new Promise((resolve) =>
    child.once('exit', (code, signal) => {
      running.delete(what)
      resolve(signal ?? `exit code ${code}`)
    }),
  )
  return { child, ended }
}

/** Use the studio's page until the end; how many photos it got, and the errors that it told. */
async function visits() {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
    // Else Ctrl-C ends this program before its report.
    handleSIGINT: false,
  })
  const faults = []
  let visited = 0
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    page.setDefaultTimeout(300_000)
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    running.set('studio’s page', newestBrowser())
    const url = 'http://127.0.0.1:4081/'
    while (!(await fetch(url, { signal: stopping.signal }).catch(() => undefined))) {
      if (stopping.signal.aborted) return { visited, faults }
      if (!running.has('studio’s server')) throw new Error('the studio’s server has ended')
      await sleep(500)
    }
    await page.goto(url)
    await page.getByText('Open a photo', { exact: true }).waitFor()
    while (!stopping.signal.aborted) {
      const due = Date.now() + PHOTO_EVERY
      const photo = photos[(visited * 7919) % photos.length]
      await page.locator('input[type=file]').first().setInputFiles(photo)
      await settled(page)
      await page.getByRole('slider', { name: /Flat layers/ }).press('ArrowRight')
      await settled(page)
      for (const hash of VIEWS) {
        await page.evaluate((to) => {
          location.hash = to
        }, hash)
        await sleep(200)
      }
      visited++
      const left = Math.max(0, due - Date.now())
      await sleep(left, undefined, { signal: stopping.signal }).catch(() => {})
    }
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
  } finally {
    running.delete('studio’s page')
    await browser.close()
  }
  return { visited, faults }
}

/** Until every map matches its question, and nothing is underway. */
async function settled(page) {
  await sleep(200)
  await page.waitForFunction(
    () => !document.querySelector('[data-waits]') && !document.querySelector('.status p')?.textContent,
  )
}

/** The browser's process: our newest child that is none of the commands. */
function newestBrowser() {
  const own = new Set(running.values())
  return Math.max(...childrenOf(process.pid).filter((pid) => !own.has(pid)))
}

function childrenOf(pid) {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`)
    return tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** What each process takes, with all that it started: memory in proportion where it is shared. */
function sample() {
  const seconds = (Date.now() - began) / 1000
  for (const [what, pid] of running) {
    const taken = { megabytes: 0, handles: 0, threads: 0 }
    const add = (each) => {
      try {
        const [, kilobytes] = /^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))
        taken.megabytes += Number(kilobytes) / 1000
        taken.handles += readdirSync(`/proc/${each}/fd`).length
        taken.threads += readdirSync(`/proc/${each}/task`).length
      } catch {
        // It has just ended.
      }
      for (const child of childrenOf(each)) add(child)
    }
    add(pid)
    samples.push({ seconds, what, ...taken })
    appendFileSync(
      join(out, 'samples.csv'),
      `${seconds.toFixed(0)},${what},${taken.megabytes.toFixed(0)},${taken.handles},${taken.threads}\n`,
    )
  }
}

function report() {
  console.log(`${((Date.now() - began) / 60_000).toFixed(0)} minutes; ${done.join('; ')}`)
  console.log(
    `the page explained ${2 * visited} times, of ${visited} photos, and told ${faults.length} errors`,
  )
  for (const fault of new Set(faults)) console.log(`  ${fault}`)
  const rows = existsSync(join(out, 'faces.csv'))
    ? readFileSync(join(out, 'faces.csv'), 'utf8').split('\n').length - 2
    : 0
  console.log(`predicted faces: ${rows}\n`)
  head(
    'process',
    'minutes',
    'MB: early',
    'middle',
    'end',
    'most',
    'handles: early',
    'end',
    'threads: early',
    'end',
  )
  for (const what of new Set(samples.map((each) => each.what))) {
    const own = samples.filter((each) => each.what === what)
    const over = (from, name) => {
      const part = own.slice(Math.floor(from * own.length), Math.ceil((from + 0.1) * own.length))
      return median(part.map((each) => each[name])).toFixed(0)
    }
    row(
      what,
      (((own.at(-1)?.seconds ?? 0) - own[0].seconds) / 60).toFixed(0),
      over(0.1, 'megabytes'),
      over(0.45, 'megabytes'),
      over(0.9, 'megabytes'),
      Math.max(...own.map(({ megabytes }) => megabytes)).toFixed(0),
      over(0.1, 'handles'),
      over(0.9, 'handles'),
      over(0.1, 'threads'),
      over(0.9, 'threads'),
    )
  }
}
