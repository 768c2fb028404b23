import { expect, test } from 'vitest'
import { randomNumbers } from '../../../src/explanation/methods/randomNumbers.ts'
import { randomInput } from './network.ts'

test('the same seed gives the same numbers for every picture of a size, another seed others', () => {
  const [one, other] = [randomInput([1, 3, 40, 50], 'one'), randomInput([1, 3, 40, 50], 'other')]
  const map = randomNumbers(one, { seed: 'a' })
  expect(map.shape).toEqual([1, 40, 50])
  expect(randomNumbers(other, { seed: 'a' })).toEqual(map)
  expect(randomNumbers(one, { seed: 'b' })).not.toEqual(map)
})

test('they are uniform from −1 to 1', () => {
  const data = [...randomNumbers(randomInput([1, 1, 200, 200], 'picture')).data].sort((a, b) => a - b)
  data.forEach((value, k) => {
    expect(Math.abs(value - (2 * (k + 0.5)) / data.length + 1)).toBeLessThan(0.02)
  })
})
