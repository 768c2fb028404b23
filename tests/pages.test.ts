import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseCard } from '../src/models/card.ts'
import { completed } from '../src/rules/composites/composite.ts'
import { composites } from '../src/rules/composites/presets.ts'
import { parseComposite } from '../src/rules/composites/read.ts'

const page = (name: string) => readFileSync(new URL(`../docs/${name}.md`, import.meta.url), 'utf8')
const blocks = (text: string) => [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block!)

describe('the page about composites', () => {
  const text = page('composites')

  it('names every composite that comes with regard', () => {
    for (const name of Object.keys(composites)) expect(text).toContain(`\`${name}\``)
  })

  it('shows composites that can be read', () => {
    const read = blocks(text).map((block) => parseComposite(block, 'composites.md'))
    expect(read.map(({ name }) => name)).toEqual(['mine', 'everything', 'guided-times-input'])
  })

  it('shows as the defaults what the defaults are', () => {
    const everything = completed(parseComposite(blocks(text)[1]!, 'composites.md'))
    const least = completed({ name: 'everything', layers: [{ rule: 'flat' }] })
    expect({ ...everything, layers: [] }).toEqual({ ...least, layers: [] })
  })
})

describe('the page about cards', () => {
  it('shows cards that can be read', () => {
    expect(blocks(page('cards')).map((block) => parseCard(block, 'cards.md').fit)).toEqual([
      'stretch',
      'crop',
      undefined,
    ])
  })
})
