import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { GROUPS, slug } from '../site/pages.ts'
import { parseCard } from '../src/models/card.ts'
import { completed } from '../src/rules/composites/composite.ts'
import { composites } from '../src/rules/composites/presets.ts'
import { parseComposite } from '../src/rules/composites/read.ts'

const page = (name: string) => readFileSync(new URL(`../docs/${name}.md`, import.meta.url), 'utf8')
const blocks = (text: string) => [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block!)

describe('the page about composites', () => {
  const text = page('composites')

  it('names every built-in composite', () => {
    for (const name of Object.keys(composites)) expect(text).toContain(`\`${name}\``)
  })

  it('shows valid composites', () => {
    const read = blocks(text).map((block) => parseComposite(block, 'composites.md'))
    expect(read.map(({ name }) => name)).toEqual(['mine', 'everything', 'guided-times-input'])
  })

  it('shows the real defaults', () => {
    const everything = completed(parseComposite(blocks(text)[1]!, 'composites.md'))
    const least = completed({ name: 'everything', layers: [{ rule: 'flat' }] })
    expect({ ...everything, layers: [] }).toEqual({ ...least, layers: [] })
  })
})

describe('the page about cards', () => {
  it('shows valid cards', () => {
    expect(blocks(page('cards')).map((block) => parseCard(block, 'cards.md').fit)).toEqual([
      'stretch',
      'crop',
      undefined,
    ])
  })
})

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'docs')
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const textOf = (path: string) => readFileSync(join(root, path), 'utf8')

/** A page without its code blocks, which are not Markdown. */
const prose = (path: string) => textOf(path).replace(/^```.*?^```/gms, '')

/** The anchors of a page's headings; the second heading of one name ends in -1. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading] of prose(path).matchAll(/^#+ (.*)$/gm)) {
    const anchor = slug(heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''))
    let [name, before] = [anchor, 0]
    while (anchors.has(name)) name = `${anchor}-${++before}`
    anchors.add(name)
  }
  return anchors
}

describe('the pages', () => {
  it('have no broken link, to a page or to a heading', () => {
    const dead = pages.flatMap((page) =>
      [...prose(page).matchAll(/\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(
        ([, path, anchor]) => {
          const target = path === '' ? page : relative(root, join(root, dirname(page), decodeURI(path!)))
          const leads =
            existsSync(join(root, target)) && (anchor === undefined || anchorsOf(target).has(anchor))
          return leads ? [] : [`${page} links to ${path}${anchor === undefined ? '' : `#${anchor}`}`]
        },
      ),
    )
    expect(dead).toEqual([])
  })

  it('appear in the sidebar of the site, each once', () => {
    const listed = Object.values(GROUPS).flatMap((group) => Object.keys(group))
    const own = readdirSync(folder).filter((name) => name.endsWith('.md'))
    expect(listed.map((name) => `${name}.md`).sort()).toEqual(own.sort())
  })
})

describe('CITATION.cff', () => {
  it('names the version, the licence and the paper', () => {
    const { version, license } = JSON.parse(textOf('package.json')) as { version: string; license: string }
    const text = textOf('CITATION.cff')
    expect(parseDocument(text).errors).toEqual([])
    expect(text).toContain(`\nversion: ${version}\n`)
    expect(text).toContain(`\nlicense: ${license}\n`)
    expect(text).toContain('arXiv:1708.07689')
  })
})
