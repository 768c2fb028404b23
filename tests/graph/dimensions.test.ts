import { describe, expect, test } from 'vitest'
import { equal, product, quotient, reshaped, reshapeTarget, sum } from '../../src/graph/dimensions.ts'

describe('arithmetic on sizes, some of them known only by name', () => {
  test('a product lists the names, and a quotient removes them again', () => {
    expect(product(['batch', 3, 4])).toBe('batch*12')
    expect(product(['batch*12', 'length'])).toBe('batch*length*12')
    expect(quotient('batch*12', 4)).toBe('batch*3')
    expect(quotient('batch*12', 'batch')).toBe(12)
    expect(quotient(-7, 2)).toBe(-3)
    expect(quotient('batch', 2)).toBeUndefined()
    expect(quotient(12, 'batch')).toBeUndefined()
  })

  test('a sum keeps a name only if nothing is added to it', () => {
    expect(sum(2, 3)).toBe(5)
    expect(sum('batch', 0)).toBe('batch')
    expect(sum('batch', 1)).toBeUndefined()
  })

  test('a name is greater than 0, and otherwise equal to itself only', () => {
    expect(equal('batch', -1)).toBe(0)
    expect(equal('batch', 'batch')).toBe(1)
    expect(equal('batch', 4)).toBeUndefined()
  })
})

test('a reshape written as a target gives the shape that it was written for', () => {
  for (const [from, to] of [
    [
      ['batch', 3, 4],
      ['batch', 12],
    ],
    [
      ['batch*3', 4],
      ['batch', 12],
    ],
    [
      ['batch', 'length', 4],
      ['batch', 2, 2, 'length'],
    ],
    [
      [2, 6],
      [3, 4],
    ],
  ] as const) {
    expect(reshaped(from, reshapeTarget(from, to)!)).toEqual(to)
  }
  expect(reshapeTarget(['a*b'], ['a', 'b'])).toBeUndefined()
})
