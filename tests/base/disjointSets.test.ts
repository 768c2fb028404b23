import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DisjointSets } from '../../src/base/disjointSets.ts'

describe('DisjointSets', () => {
  it('groups what any chain joins, and nothing else', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0, max: 19 }))
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 25 }), (pairs) => {
        const groups = new DisjointSets(20)
        // The slow way: labels that spread along the pairs.
        const label = Array.from({ length: 20 }, (_, k) => k)
        for (const [a, b] of pairs) {
          expect(groups.join(a, b)).toBe(label[a] !== label[b])
          const [low, high] = [Math.min(label[a]!, label[b]!), Math.max(label[a]!, label[b]!)]
          for (const k of label.keys()) if (label[k] === high) label[k] = low
        }
        expect(label.map((_, k) => groups.leaderOf(k))).toEqual(label)
        const all = groups.all()
        expect(all.flat().sort((a, b) => a - b)).toEqual([...label.keys()])
        for (const group of all) expect(new Set(group.map((k) => label[k])).size).toBe(1)
      }),
    )
  })
})
