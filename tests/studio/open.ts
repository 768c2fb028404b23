/** A page of the studio in Chromium, from the server that `regard studio` starts. Nothing may leave it. */

import { type Browser, chromium, type Page } from 'playwright-core'
import { listen } from '../../src/server/listen.ts'
import { WHOLE } from '../chromium.ts'

export { hasChromium } from '../chromium.ts'

/** How the page is opened. */
export interface OpenOptions {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
  /** Whether it is touched, rather than pointed at. */
  readonly touch?: boolean
  /** Of the browser. */
  readonly args?: readonly string[]
  /** As `#/models`. */
  readonly hash?: string
  /** In place of a server of its own. */
  readonly url?: string
  /** Whether the page may have a service worker; by default it may. */
  readonly serviceWorkers?: 'block'
}

/** A page that is open, with what it was asked not to do and did. */
export interface Opened {
  readonly page: Page
  readonly url: string
  /** Errors that the page told, and requests that went elsewhere or carried something: none, if all is well. */
  readonly faults: readonly string[]
  close(): Promise<void>
}

/**
 * The browsers, by what they were started with, for all test files of the process: to start one costs as much as to open
 * a page. They end with the process.
 */
const browsers = new Map<string, Promise<Browser>>()

async function browserWith(args: readonly string[]): Promise<Browser> {
  const key = args.join(' ')
  const before = await browsers.get(key)
  if (before?.isConnected()) return before
  const browser = chromium.launch({
    executablePath: WHOLE,
    args: ['--no-sandbox', ...args],
    // Vitest ends the process so, and waits for ten seconds for one that does something else.
    handleSIGTERM: false,
  })
  browsers.set(key, browser)
  return browser
}

/** Start the server and open its page, which knows nothing of the pages before. */
export async function openStudio({
  width = 1440,
  height = 900,
  theme = 'light',
  touch = false,
  args = [],
  hash = '',
  url: given,
  serviceWorkers,
}: OpenOptions = {}): Promise<Opened> {
  const server = given === undefined ? await listen({ port: 0 }) : undefined
  const url = given ?? server!.url
  const browser = await browserWith(args)
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    hasTouch: touch,
    serviceWorkers,
  })
  const page = await context.newPage()
  // A test has a limit of its own, and a busy machine takes its time.
  page.setDefaultTimeout(0)
  const faults: string[] = []
  page.on('pageerror', ({ message }) => faults.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('request', (request) => {
    const to = request.url()
    const isOwn = to.startsWith(url) || to.startsWith('blob:') || to.startsWith('data:')
    if (!isOwn) faults.push(`a request to ${to}`)
    // What is sent: words about studies at most, never a picture.
    const body = request.postDataBuffer()
    if (body && body.length > 4096) faults.push(`${body.length} bytes to ${to}`)
  })
  // From the first, so that a file chooser which opens as soon as a key is pressed is told too.
  page.on('filechooser', () => {})
  await page.goto(url + hash)
  return {
    page,
    url,
    faults,
    async close() {
      await context.close()
      await server?.close()
    },
  }
}

/** Drop a file or folder on the page, by default where Look has its photo. */
export async function drop(page: Page, path: string, [x, y] = [120, 200]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: x!, y: y!, data })
  await session.detach()
}
