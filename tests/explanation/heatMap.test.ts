import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heatColour } from '../../src/explanation/colours.ts'
import { heatMap, pixelRelevance, scaleOf } from '../../src/explanation/heatMap.ts'
import { enlarged } from '../../src/pictures/enlarged.ts'
import { sideBySide } from '../../src/pictures/sideBySide.ts'

describe('the colours of relevance', () => {
  it.each([
    [0, [0, 0, 0], 'black'],
    [1 / 3, [255, 0, 0], 'red'],
    [2 / 3, [255, 255, 0], 'yellow'],
    [1, [255, 255, 255], 'white'],
    [-1 / 3, [0, 0, 255], 'blue'],
    [-2 / 3, [0, 255, 255], 'cyan'],
    [-1, [255, 255, 255], 'white'],
    [7, [255, 255, 255], 'white, as all that lies outside the scale'],
  ])('are at %f %j: %s', (value, colour) => {
    expect(heatColour(value)).toEqual(colour)
  })

  it('are equally bright for the same amount for and against', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (amount) => {
        expect(heatColour(-amount)).toEqual([...heatColour(amount)].reverse())
      }),
    )
  })
})

describe('a heat map', () => {
  // Three channels of two pixels.
  const relevance = { shape: [1, 3, 1, 2], data: Float32Array.of(1, -1, 2, -2, 3, 0) }

  it('shows the sum over the channels', () => {
    expect(pixelRelevance(relevance)).toEqual({ width: 2, height: 1, data: Float32Array.of(6, -3) })
  })

  it('is scaled by its own largest relevance', () => {
    expect([...heatMap(pixelRelevance(relevance)).data]).toEqual([...heatColour(1), ...heatColour(-0.5)])
  })

  it('or by that of a set, to make maps comparable', () => {
    const weak = pixelRelevance(relevance)
    const strong = pixelRelevance({ shape: [3, 1, 2], data: Float32Array.of(-12, 0, 0, 0, 0, 0) })
    expect(scaleOf([weak, strong])).toBe(12)
    expect([...heatMap(weak, 12).data]).toEqual([...heatColour(0.5), ...heatColour(-0.25)])
  })

  it('of no relevance at all is black', () => {
    expect([...heatMap({ width: 1, height: 1, data: Float32Array.of(0) }).data]).toEqual([0, 0, 0])
  })
})

describe('pictures side by side', () => {
  it('stand in one row with white between them', () => {
    const red = { width: 1, height: 2, data: Uint8Array.of(255, 0, 0, 255, 0, 0) }
    const blue = { width: 1, height: 2, data: Uint8Array.of(0, 0, 255, 0, 0, 9) }
    expect(sideBySide([red, blue], 1)).toEqual({
      width: 3,
      height: 2,
      data: Uint8Array.of(255, 0, 0, 255, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 255, 0, 0, 9),
    })
  })
})

it('an enlarged picture has a square for each pixel', () => {
  const picture = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
  const row = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
  expect(enlarged(picture, 2)).toEqual({ width: 4, height: 2, data: Uint8Array.of(...row, ...row) })
})
