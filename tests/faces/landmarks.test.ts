import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { eyeCentres, LANDMARKS, parseLandmarks } from '../../src/faces/landmarks.ts'

const lines = Array.from({ length: 49 }, (_, i) => `${i}.5 ${2 * i}`)

describe('LANDMARKS', () => {
  it('gives each of the 49 points to one part', () => {
    const parts = Object.values(LANDMARKS)
    expect(parts.map(([start]) => start)).toEqual([0, ...parts.slice(0, -1).map(([, end]) => end)])
    expect(parts.at(-1)?.[1]).toBe(49)
  })
})

describe('parseLandmarks', () => {
  it('reads one point per line, whatever separates its numbers and ends the line', () => {
    const expected = lines.map((_, i) => ({ x: i + 0.5, y: 2 * i }))
    expect(parseLandmarks(lines.join('\n'), 'a.txt')).toEqual(expected)
    expect(parseLandmarks(`${lines.join('\r\n').replaceAll(' ', '\t')}\r\n\r\n`, 'a.txt')).toEqual(expected)
    expect(parseLandmarks(lines.join('\n').replaceAll(' ', ', '), 'a.txt')).toEqual(expected)
  })

  it('reports how many it found and how many it needs', () => {
    expect(() => parseLandmarks(lines.slice(0, 48).join('\n'), 'a.txt')).toThrow(
      /^a\.txt: has 48 landmarks, not 49/,
    )
    expect(() => parseLandmarks('', 'a.txt')).toThrow(/has 0 landmarks/)
  })

  it.each(['1', '1 2 3', 'x y', '1 ,', '1 NaN', '1 Infinity'])(
    'names the line "%s", which is not a pair',
    (bad) => {
      const text = [...lines.slice(0, 3), bad, ...lines.slice(4)].join('\n')
      expect(() => parseLandmarks(text, 'a.txt')).toThrow(`a.txt: line 4 is "${bad}", not a pair of numbers`)
      expect(() => parseLandmarks(text, 'a.txt')).toThrow(UserError)
    },
  )
})

describe('eyeCentres', () => {
  it("takes the mean of each eye's six points; the right eye comes first", () => {
    const { right, left } = eyeCentres(parseLandmarks(lines.join('\n'), 'a.txt'))
    expect(right.x).toBeCloseTo(22)
    expect(right.y).toBeCloseTo(43)
    expect(left.x).toBeCloseTo(28)
    expect(left.y).toBeCloseTo(55)
  })
})
