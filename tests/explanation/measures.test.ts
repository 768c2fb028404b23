import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import { MEASURES, type MeasureNeeds } from '../../src/explanation/measures.ts'
import type { MethodOption } from '../../src/explanation/options.ts'

describe.each(Object.entries(MEASURES))(
  'the measure %s',
  (_, { title, source, options, needs, better, load }) => {
    it('is listed without its code, which loads on demand', async () => {
      expect(title.length * source.length).toBeGreaterThan(0)
      const all: readonly MeasureNeeds[] = [
        'map',
        'mask',
        'maps',
        'scores',
        'conservation',
        'explainer',
        'network',
      ]
      expect(all).toContain(needs)
      expect(['higher', 'lower', 'one', 'neither']).toContain(better)
      expect(await load()).toBeTypeOf('function')
    })

    it('has defaults within their ranges', () => {
      for (const option of Object.values(options) as MethodOption<unknown>[]) {
        expect(option.what.length).toBeGreaterThan(0)
        if (option.choices) expect(option.choices).toContain(option.default)
        const [least, most] = option.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
        if (option.range) {
          expect(option.default).toBeGreaterThanOrEqual(least)
          expect(option.default).toBeLessThanOrEqual(most)
        }
      }
    })
  },
)

test('the table loads no measure: each loads on first use', () => {
  const table = fileURLToPath(new URL('../../src/explanation/measures.ts', import.meta.url))
  const imports = readFileSync(table, 'utf8').matchAll(/^import (type )?[^'"]*?from '(\.[^']+)'/gms)
  expect([...imports].filter(([, type]) => !type).map(([, , name]) => join(table, '..', name!))).toEqual([])
})

test('the documentation lists each measure, what it needs, which values are better, and its options', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/measures.md', import.meta.url)), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| `[a-z-]+` +\| [a-z]+ +\| [a-z]+ +\|/.test(line))
  const cells = new Map(
    rows.map((row) => {
      const [name, ...others] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return [name!.slice(1, -1), others] as const
    }),
  )
  expect([...cells.keys()]).toEqual(Object.keys(MEASURES))
  for (const [name, { needs, better, options }] of Object.entries(MEASURES)) {
    const [need, which, said] = cells.get(name)!
    expect([need, which], name).toEqual([needs, better])
    const all = Object.entries(options) as [string, MethodOption<unknown>][]
    if (all.length === 0) expect(said, name).toBe('none')
    for (const [option, { default: value }] of all) expect(said, name).toContain(`\`${option}\` ${value}`)
  }
})
