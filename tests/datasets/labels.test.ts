import { describe, expect, it } from 'vitest'
import { ageRangeOf } from '../../src/base/ages.ts'
import { ageLabels, genderOf } from '../../src/datasets/labels.ts'

describe('labels as people write them', () => {
  it.each([
    ['0-2', [0, 2]],
    ['8–13', [8, 13]],
    ['(25, 32)', [25, 32]],
    ['15_20', [15, 20]],
    ['4 to 6', [4, 6]],
    ['60+', [60, Number.POSITIVE_INFINITY]],
    ['more than 70', [70, Number.POSITIVE_INFINITY]],
    ['34', [34, 34]],
    ['34.9', [34, 34]],
    ['34,5', [34, 34]],
    ['8, 13', [8, 13]],
    ['(8,13)', [8, 13]],
    ['8,13', undefined],
    ['(25, 23)', undefined],
    ['more than', undefined],
    ['None', undefined],
    ['-4', undefined],
    ['', undefined],
  ])('%j is the range %j', (text, range) => {
    expect(ageRangeOf(text)).toEqual(range)
  })

  it.each([
    ['34', { years: 34 }],
    ['30', { years: 30, age: 4 }],
    ['8-12', { age: 2 }],
    ['61-69', { age: 7 }],
    ['20-29', {}],
    ['60-131', { age: 7 }],
    ['131', undefined],
    ['old', undefined],
  ])('%j gives the labels %j', (text, labels) => {
    expect(ageLabels(text)).toEqual(labels)
  })

  it.each([
    ['M', 'm'],
    ['Male', 'm'],
    ['woman', 'f'],
    [' F ', 'f'],
    ['u', undefined],
  ])('%j is the gender %j', (text, gender) => {
    expect(genderOf(text)).toBe(gender)
  })
})
