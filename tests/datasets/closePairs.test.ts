import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { closePairs } from '../../src/datasets/closePairs.ts'
import { bitsApart, MIRRORED, WORDS } from '../../src/datasets/fingerprint.ts'

function randomPrint(random: Random): Uint32Array {
  return Uint32Array.from({ length: WORDS }, () => random.uint32())
}

/** The same except for a number of bits in random places. */
function changed(print: Uint32Array, bits: number, random: Random): Uint32Array {
  const other = print.slice()
  const places = random.shuffle(Array.from({ length: 32 * WORDS }, (_, k) => k)).slice(0, bits)
  for (const place of places) other[place >> 5]! ^= 1 << (place & 31)
  return other
}

function joined(prints: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(prints.length * WORDS)
  for (const [k, print] of prints.entries()) all.set(print, k * WORDS)
  return all
}

describe('closePairs', () => {
  it('finds every pair within 31 bits, and no false one within the radius', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 31 }), fc.boolean(), (seed, bits, mirrored) => {
        const random = new Random(seed)
        const prints = Array.from({ length: 30 }, () => randomPrint(random))
        const other = changed(prints[7]!, bits, random)
        prints.push(mirrored ? other.map((word, k) => word ^ MIRRORED[k]!) : other)
        expect([...closePairs(joined(prints), 48)]).toEqual([{ first: 7, second: 30, apart: bits, mirrored }])
      }),
      { numRuns: 50 },
    )
  })

  it('finds nearly all that are 40 bits apart', () => {
    const random = new Random('forty')
    const prints = Array.from({ length: 500 }, () => randomPrint(random))
    const others = prints.map((print) => changed(print, 40, random))
    const pairs = [...closePairs(joined([...prints, ...others]), 40)]
    expect(pairs.every(({ first, second }) => second === first + 500)).toBe(true)
    expect(pairs.length).toBeGreaterThan(485)
  })

  it('gives each pair once, in the order of their indices', () => {
    const random = new Random('order')
    const one = randomPrint(random)
    const prints = Array.from({ length: 12 }, (_, k) => changed(one, k + 1, random))
    const pairs = [...closePairs(joined(prints), 20)]
    const names = pairs.map(({ first, second }) => `${first} ${second}`)
    expect(new Set(names).size).toBe(pairs.length)
    expect(pairs.every(({ first, second }) => first < second)).toBe(true)
    for (const { first, second, apart } of pairs) {
      expect(apart).toBe(bitsApart(prints[first]!, prints[second]!))
    }
  })
})
