import { expect, test } from 'vitest'
import { TakenNames } from '../../src/graph/names.ts'

test('a name that is taken gets the first number that is free', () => {
  const names = new TakenNames(['relu', 'relu_3'], (name) => name === 'relu_5')
  const made = Array.from({ length: 5 }, () => names.unique('relu'))
  expect(made).toEqual(['relu_2', 'relu_4', 'relu_6', 'relu_7', 'relu_8'])
  expect(names.unique('conv')).toBe('conv')
  expect(names.has('conv')).toBe(true)
})

test('a name that was made of another can be wanted itself', () => {
  const names = new TakenNames()
  expect([names.unique('a'), names.unique('a'), names.unique('a_2'), names.unique('a')]).toEqual([
    'a',
    'a_2',
    'a_2_2',
    'a_3',
  ])
})

test('so many equal names that counting anew for each would take hours', () => {
  const names = new TakenNames()
  const made = Array.from({ length: 300_000 }, () => names.unique(''))
  expect(new Set(made).size).toBe(made.length)
})
