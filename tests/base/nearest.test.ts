import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/base/nearest.ts'

describe('the nearest known name', () => {
  it.each([
    ['preprocesing', 'preprocessing'],
    ['Rate', 'rate'],
    ['tsaks', 'tasks'],
    ['colour', undefined],
    ['x', undefined],
  ])('of %s is %s', (name, expected) => {
    expect(nearest(name, ['m', 'rate', 'tasks', 'preprocessing'])).toBe(expected)
  })
})
