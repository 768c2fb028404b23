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

  it('is not looked for where a file has a name of a megabyte', () => {
    const long = 'conv'.repeat(250_000)
    expect(nearest(long, [`${long}1`, 'conv'])).toBeUndefined()
    expect(nearest('cov', [long, 'conv'])).toBe('conv')
  })
})
