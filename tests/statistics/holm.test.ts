import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holm } from '../../src/statistics/holm.ts'

/**
 * Holm's procedure from its proof: the closure of Bonferroni's. A hypothesis falls if every family that
 * has it falls, and a family falls where its smallest p times its size is small enough.
 */
function closed(values: readonly number[]): number[] {
  const families = Array.from({ length: 2 ** values.length }, (_, bits) =>
    [...values.keys()].filter((k) => bits & (2 ** k)),
  )
  return values.map((_, k) =>
    Math.max(
      ...families
        .filter((family) => family.includes(k))
        .map((family) => Math.min(1, family.length * Math.min(...family.map((one) => values[one]!)))),
    ),
  )
}

describe('Holm’s correction', () => {
  it('multiplies the smallest by all, the next by one fewer, and never goes down', () => {
    const adjusted = holm([0.03, 0.001, 0.04, 0.9])
    for (const [k, p] of [0.09, 0.004, 0.09, 0.9].entries()) expect(adjusted[k]).toBeCloseTo(p, 15)
    expect(holm([0.6, 0.7])).toEqual([1, 1])
    expect(holm([0.04])).toEqual([0.04])
    expect(holm([])).toEqual([])
  })

  it('is the closed test of Bonferroni’s', () => {
    const p = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.01, 0.02, 1))
    fc.assert(
      fc.property(fc.array(p, { minLength: 1, maxLength: 6 }), (values) => {
        const wanted = closed(values)
        holm(values).forEach((adjusted, k) => {
          expect(adjusted).toBeCloseTo(wanted[k]!, 12)
        })
      }),
      { numRuns: 100 },
    )
  })
})
