import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { float32, type Shape } from '../../src/graph/types.ts'
import type { Card } from '../../src/models/card.ts'
import { inputOf, pictureOf } from '../../src/models/input.ts'
import { type Preprocessing, preprocessingOf, rangeOf } from '../../src/models/preprocessing.ts'
import type { Image } from '../../src/pictures/image.ts'

const CAFFE: Card = { input: { channels: 'BGR', scale: 1, mean: [104, 117, 123] } }
const SHAPE: Shape = ['batch', 3, 4, 6]

/** The preprocessing, which must be complete. */
function complete(
  card: Card,
  shape: Shape = SHAPE,
  mean?: Parameters<typeof preprocessingOf>[2],
): Preprocessing {
  const result = preprocessingOf(card, shape, mean)
  if ('missing' in result) throw new Error(`${result.missing} missing`)
  return result
}

function photo(height: number, width: number, seed = 'photo'): Image {
  const random = new Random(seed)
  return { height, width, data: Uint8Array.from({ length: 3 * height * width }, () => random.integer(256)) }
}

describe('what a card leaves to the model', () => {
  it('is the size and the layout of the input, if its shape states them', () => {
    expect(complete(CAFFE)).toMatchObject({ size: { height: 4, width: 6 }, layout: 'NCHW' })
    expect(complete(CAFFE, [1, 4, 6, 3])).toMatchObject({ size: { height: 4, width: 6 }, layout: 'NHWC' })
  })

  it('is that a single channel means grey', () => {
    const card = { input: { scale: 1, mean: 0 } }
    expect(complete(card, [1, 1, 28, 28])).toMatchObject({ channels: 'gray', mean: [0], scale: [1] })
  })

  it('is not guessed if its shape says nothing', () => {
    expect(preprocessingOf({}, SHAPE, undefined)).toEqual({ missing: ['channels', 'scale', 'mean'] })
    expect(preprocessingOf(CAFFE, ['batch', 3, 'h', 'w'], undefined)).toEqual({ missing: ['size'] })
    expect(preprocessingOf(CAFFE, ['n', 3, 3, 3], undefined)).toEqual({ missing: ['layout'] })
    expect(preprocessingOf(CAFFE, ['n', 784], undefined)).toEqual({ missing: [] })
  })

  it.each([
    [
      'another size',
      { input: { ...CAFFE.input, size: 5 } },
      /the input is given a height of 5, but the model has 4/,
    ],
    [
      'another number of channels',
      { input: { channels: 'gray' as const, scale: 1, mean: 0 } },
      /1 channel \(gray\), but the model has 3 by the layout NCHW\. Correct the card/,
    ],
    [
      'two numbers for three channels',
      { input: { ...CAFFE.input, mean: [1, 2] } },
      /mean has 2 numbers for 3 channels/,
    ],
    [
      'a picture smaller than the input',
      { ...CAFFE, picture: 5 },
      /5 × 5 is smaller than the input of 4 × 6/,
    ],
  ])('is an error if the card says %s', (_, card, message) => {
    expect(() => preprocessingOf(card, SHAPE, undefined)).toThrow(message)
  })
})

describe('the input that a photo becomes', () => {
  it('is (pixel − mean) · scale in the order of the channels', () => {
    const image = photo(4, 6)
    const input = inputOf(image, complete({ input: { ...CAFFE.input, scale: [1, 2, 3] } }))
    const [red, green, blue] = image.data.subarray(3 * 8, 3 * 8 + 3) as unknown as [number, number, number]
    expect([0, 1, 2].map((channel) => input.data[channel * 24 + 8])).toEqual([
      blue - 104,
      2 * (green - 117),
      3 * (red - 123),
    ])
  })

  it('has the axes that the network expects', () => {
    const image = photo(4, 6)
    const first = inputOf(image, complete(CAFFE))
    const last = inputOf(image, complete(CAFFE, [1, 4, 6, 3]))
    expect(last.shape).toEqual([1, 4, 6, 3])
    for (let k = 0; k < 72; k++) expect(last.data[k]).toBe(first.data[(k % 3) * 24 + Math.floor(k / 3)])
  })

  it('is the brightness of the pixels for a grey network', () => {
    const image = { height: 1, width: 3, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255) }
    const input = inputOf(image, complete({ input: { layout: 'NCHW', scale: 1, mean: 0 } }, [1, 1, 1, 3]))
    expect([...input.data]).toEqual([76, 150, 29])
  })

  it('is cut from the centre of the picture, along with a mean picture of that size', () => {
    const mean = float32(
      [3, 8, 8],
      Array.from({ length: 192 }, (_, k) => k / 2),
    )
    const preprocessing = complete({ ...CAFFE, picture: 8 }, SHAPE, mean)
    const image = photo(8, 8)
    const input = inputOf(image, preprocessing)
    // Row 2, column 1 of the picture is the first pixel of the input.
    expect(input.data[0]).toBe(image.data[3 * 17 + 2]! - 17 / 2)
    expect(input.data[48]).toBe(image.data[3 * 17]! - (128 + 17) / 2)
    const small = complete({ ...CAFFE, picture: 8 }, SHAPE, float32([3, 4, 6], new Float32Array(72).fill(9)))
    expect(inputOf(image, small).data[0]).toBe(image.data[3 * 17 + 2]! - 9)
    expect(() => complete(CAFFE, SHAPE, float32([3, 5, 5]))).toThrow(
      /the mean must have the shape \[3\] or \[3, 4, 6\], not \[3, 5, 5\]/,
    )
  })

  it('shows the picture that it was made from, and lies in the predicted range', () => {
    const kinds = fc.record({
      channels: fc.constantFrom('BGR' as const, 'RGB' as const),
      shape: fc.constantFrom<Shape>(SHAPE, [1, 4, 6, 3]),
      scale: fc.array(fc.constantFrom(-2, 0.01, 1, 1 / 255), { minLength: 3, maxLength: 3 }),
      mean: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 3, maxLength: 3 }),
      seed: fc.string(),
    })
    fc.assert(
      fc.property(kinds, ({ channels, shape, scale, mean, seed }) => {
        const preprocessing = complete({ input: { channels, scale, mean } }, shape)
        const image = photo(4, 6, seed)
        const input = inputOf(image, preprocessing)
        expect(pictureOf(input, preprocessing)).toEqual(image)
        const { low, high } = rangeOf(preprocessing)
        const channelOf = (k: number) => (shape[1] === 3 ? Math.floor(k / 24) : k % 3)
        for (const [k, value] of input.data.entries()) {
          expect(value).toBeGreaterThanOrEqual(Math.fround(low[channelOf(k)]!))
          expect(value).toBeLessThanOrEqual(Math.fround(high[channelOf(k)]!))
        }
      }),
      { numRuns: 30 },
    )
  })
})
