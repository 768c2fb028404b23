import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

const site = fileURLToPath(new URL('../site', import.meta.url))
const isInstalled = existsSync(join(site, 'node_modules'))
if (!isInstalled)
  console.warn('SKIPPED: the site’s tests, for its packages are not installed: cd site && npm ci')

describe.skipIf(!isInstalled)('the site, under a path of its own', () => {
  const out = mkdtempSync(join(tmpdir(), 'regard-site-'))
  const base = '/some/where/'
  let files: string[] = []

  beforeAll(() => {
    // A dead link between pages fails the build.
    const build = ['vitepress', 'build', '--base', base, '--outDir', out]
    execFileSync('npx', build, { cwd: site, stdio: ['ignore', 'ignore', 'pipe'] })
    files = readdirSync(out, { recursive: true, encoding: 'utf8' })
  })

  it('has a page for each documentation page', () => {
    const pages = readdirSync(join(site, '../docs')).filter((name) => name.endsWith('.md'))
    expect(files).toEqual(
      expect.arrayContaining(['index.html', ...pages.map((name) => name.replace(/md$/, 'html'))]),
    )
  })

  it('has no broken link on any page, and fetches nothing from elsewhere', () => {
    const [dead, foreign]: [Set<string>, Set<string>] = [new Set(), new Set()]
    for (const page of files.filter((name) => name.endsWith('.html'))) {
      const text = readFileSync(join(out, page), 'utf8')
      for (const [, tag, address] of text.matchAll(/<(\w+)[^>]* (?:href|src)="([^"]*)"/g)) {
        const isOutside = /^(https?:)?\/\//.test(address!)
        if (isOutside && tag !== 'a') foreign.add(`${page}: ${address}`)
        const path = address!.replace(/[?#].*$/s, '')
        // TypeDoc writes the types; it does not run here.
        if (isOutside || path === '' || /^(data|mailto):/.test(path) || path.startsWith(`${base}api/`))
          continue
        const whole = new URL(path, `http://site${base}${page}`).pathname
        const below = whole.startsWith(base) ? decodeURI(whole.slice(base.length)) : undefined
        const there =
          below !== undefined && ['', '.html', 'index.html'].some((end) => existsSync(join(out, below + end)))
        if (!there) dead.add(`${page}: ${path}`)
      }
    }
    expect([...dead]).toEqual([])
    expect([...foreign]).toEqual([])
    const styles = files
      .filter((name) => name.endsWith('.css'))
      .map((name) => readFileSync(join(out, name), 'utf8'))
    expect(styles.join('')).not.toMatch(/url\(["']?(https?:)?\/\//)
  })
})
