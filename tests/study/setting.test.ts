import { describe, expect, it } from 'vitest'
import {
  bracketed,
  formatSetting,
  inFileNames,
  inPaperOrder,
  ownTest,
  parseSetting,
  placeOf,
  swappedTest,
  trainedOn,
} from '../../src/study/setting.ts'

/** The rows of the paper's tables, then those that it lacks. */
const IN_ORDER = ['i', 'r', 'm', 'i,n', 'r,n', 'm,n', 'i,w', 'r,w', 'm,w', 'i,s', 'r,s', 'm,s'] as const

describe('a setting', () => {
  it('is a record of the training photos and the start', () => {
    expect(parseSetting('m,n')).toEqual({ photos: 'm', start: 'imagenet' })
    expect(parseSetting('i')).toEqual({ photos: 'i', start: 'random' })
    expect(parseSetting('r,w')).toEqual({ photos: 'r', start: 'imdb-wiki' })
    expect(parseSetting('r,s')).toEqual({ photos: 'r', start: 'other' })
  })

  it('is written as in the paper, but differently in file names', () => {
    expect(IN_ORDER.map((text) => formatSetting(parseSetting(text)))).toEqual(IN_ORDER)
    expect(bracketed({ photos: 'm', start: 'imagenet' })).toBe('[m,n]')
    expect(inFileNames({ photos: 'm', start: 'imagenet' })).toBe('m-n')
    expect(inFileNames({ photos: 'm', start: 'random' })).toBe('m')
  })

  it.each(['', 'x', 'n', 'm,', 'm,x', 'm,n,n', 'm-n', '[m]', 'M'])(
    'is not read from %j: the error says what a setting is',
    (text) => {
      expect(() => parseSetting(text, 'study.json')).toThrow(`study.json: there is no setting '${text}'`)
      expect(() => parseSetting(text)).toThrow('one of i, r, m, followed by a comma and one of n, w, s')
    },
  )

  it('has its place in the paper’s tables: random starts first, of each start [i], [r] and [m]', () => {
    const settings = IN_ORDER.map((text) => parseSetting(text))
    expect(settings.map(placeOf)).toEqual(IN_ORDER.map((_, k) => k))
    const shuffled = [...settings, ...settings].reverse().map((setting) => ({ ...setting }))
    expect(inPaperOrder(shuffled).map(formatSetting)).toEqual(IN_ORDER)
  })

  it.each([
    ['i', ['i'], 'i', 'r'],
    ['r,n', ['r'], 'r', 'i'],
    ['m,w', ['r', 'i'], 'r', 'i'],
  ] as const)('[%s] is trained on %j, and tested on %s or, swapped, on %s', (text, photos, own, swapped) => {
    const setting = parseSetting(text)
    expect(trainedOn(setting)).toEqual(photos)
    expect(ownTest(setting)).toBe(own)
    expect(swappedTest(setting)).toBe(swapped)
  })
})
