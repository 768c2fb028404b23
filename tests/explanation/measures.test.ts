import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import { MEASURES, type MeasureNeeds } from '../../src/explanation/measures.ts'
import type { MethodOption } from '../../src/explanation/options.ts'

describe.each(Object.entries(MEASURES))(
  'the measure %s',
  (_, { title, source, options, needs, better, load }) => {
    it('is known without its code, which is loaded when it is asked for', async () => {
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

test('no measure is loaded with the table: each comes when it is first used', () => {
  const table = fileURLToPath(new URL('../../src/explanation/measures.ts', import.meta.url))
  const imports = readFileSync(table, 'utf8').matchAll(/^import (type )?[^'"]*?from '(\.[^']+)'/gms)
  expect([...imports].filter(([, type]) => !type).map(([, , name]) => join(table, '..', name!))).toEqual([])
})
