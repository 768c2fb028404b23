/** Test pages in Debian's Chromium, bundled by Vite like a user's. */

import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'

/** Debian's browser; its shell without windows has the same engine. */
const PROGRAM = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(existsSync)

/** The browser with all that its shell lacks, such as permissions that are denied; where only the shell is there, that. */
export const WHOLE = ['/usr/bin/chromium', '/usr/bin/chromium-headless-shell'].find(existsSync)

/** Whether it is installed; tests that need it are skipped loudly otherwise. */
export const hasChromium = PROGRAM !== undefined
if (!hasChromium) console.warn('SKIPPED: tests in a browser, for chromium-headless-shell is not installed')

/** WebGPU without a GPU: slow, but exact. */
export const IMITATED_GPU = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan,WebGPU',
  '--use-webgpu-adapter=swiftshader',
  '--ignore-gpu-blocklist',
]

const FLAGS = [
  '--no-sandbox',
  ...IMITATED_GPU,
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
]

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}

/**
 * Bundle a page with Vite's defaults.
 *
 * @param root the folder of the page's `index.html`
 * @returns the folder of the bundled page
 */
export async function bundled(root: string): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'regard-page-'))
  await build({ root, configFile: false, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  return outDir
}

/** A browser, and a server of one folder. */
export class Chromium {
  private readonly browser: Browser
  private readonly server: Server

  private constructor(browser: Browser, server: Server) {
    this.browser = browser
    this.server = server
  }

  /**
   * Serve a folder, and start a browser.
   *
   * @param folder of an `index.html`
   * @param isolated whether its pages may share memory among threads
   */
  static async start(folder: string, isolated = true): Promise<Chromium> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://page')
      const file = join(folder, decodeURIComponent(pathname === '/' ? 'index.html' : pathname))
      if (!existsSync(file)) return response.writeHead(404).end()
      if (isolated) {
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
      }
      response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream')
      response.end(readFileSync(file))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS, timeout: 0 })
    return new Chromium(browser, server)
  }

  /** A page whose scripts have run. Errors that it throws outside a call appear in the test's output. */
  async open(): Promise<Page> {
    const page = await this.browser.newPage()
    // A test has a limit of its own, and a busy machine takes its time.
    page.setDefaultTimeout(0)
    page.on('pageerror', (error) => console.error(error))
    await page.goto(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`)
    return page
  }

  async stop(): Promise<void> {
    await this.browser.close()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
