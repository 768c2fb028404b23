import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { cropInto } from '../../src/pictures/crop.ts'
import { warpAffine } from '../../src/pictures/warp.ts'
import { cropDistorted, type Distortion, drawDistortion } from '../../src/training/augmentation.ts'

const [SIZE, CROP] = [24, 17]
const NOTHING: Distortion = { step: 1, angle: 0, gain: 1, shift: 0 }

const random = new Random('augmentation')
const pixels = Uint8Array.from({ length: 3 * SIZE ** 2 }, () => random.integer(256))
const mean = Float32Array.from({ length: 3 * SIZE ** 2 }, () => random.uniform(0, 255))
const noMean = new Float32Array(mean.length)

/** The window as network input, planes of blue, green and red. */
function cut(distortion: Distortion, { subtracted = noMean, mirrored = false, left = 3, top = 5 } = {}) {
  const into = new Float32Array(3 * CROP ** 2)
  cropDistorted(into, 0, pixels, subtracted, SIZE, CROP, { left, top, mirrored }, distortion)
  return into
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, k) => Math.max(most, Math.abs(value - b[k]!)), 0)
}

describe('a changed window', () => {
  it('is the window itself without changes, mirrored or not', () => {
    for (const mirrored of [false, true]) {
      const into = new Float32Array(3 * CROP ** 2)
      cropInto(into, 0, pixels, mean, SIZE, CROP, { left: 3, top: 5, mirrored })
      expect(largestDifference(cut(NOTHING, { subtracted: mean, mirrored }), into)).toBeLessThan(1e-4)
    }
  })

  it('is rotated and resized about its centre like a warp of the picture', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 1.9, noNaN: true }),
        fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
        fc.integer({ min: 0, max: SIZE - CROP }),
        fc.integer({ min: 0, max: SIZE - CROP }),
        (step, angle, left, top) => {
          const [cosine, sine] = [step * Math.cos(angle), step * Math.sin(angle)]
          const [x, y, half] = [left + CROP / 2, top + CROP / 2, CROP / 2]
          const image = { width: SIZE, height: SIZE, data: pixels }
          const map = [cosine, -sine, x - (cosine - sine) * half, sine, cosine, y - (sine + cosine) * half]
          const { data } = warpAffine(image, map as never, CROP, CROP)
          const planes = Array.from({ length: 3 * CROP ** 2 }, (_, at) => {
            const [plane, place] = [Math.floor(at / CROP ** 2), at % CROP ** 2]
            return data[3 * place + 2 - plane]!
          })
          // The warp rounds to whole numbers.
          expect(largestDifference(cut({ ...NOTHING, step, angle }, { left, top }), planes)).toBeLessThan(
            0.501,
          )
        },
      ),
    )
  })

  it('is mirrored last', () => {
    const distortion = { step: 1.3, angle: 0.4, gain: 0.8, shift: 11 }
    const [plain, mirrored] = [false, true].map((one) => cut(distortion, { subtracted: mean, mirrored: one }))
    const turnedRound = Array.from(plain!, (_, at) => {
      const column = at % CROP
      return plain![at - column + CROP - 1 - column]!
    })
    expect(Array.from(mirrored!)).toEqual(turnedRound)
  })

  it('changes contrast and brightness before it subtracts the mean', () => {
    const wanted = cut(NOTHING).map(
      (value, k) => 0.5 * value + 20 - (value - cut(NOTHING, { subtracted: mean })[k]!),
    )
    expect(
      largestDifference(cut({ ...NOTHING, gain: 0.5, shift: 20 }, { subtracted: mean }), wanted),
    ).toBeLessThan(1e-3)
  })
})

describe('the random changes of a window', () => {
  it('stay within what the augmentation allows', () => {
    const drawn = Array.from({ length: 500 }, () =>
      drawDistortion({ zoom: 0.25, turn: 10, light: 0.2 }, random),
    )
    const ends = (of: (one: Distortion) => number) => [Math.min(...drawn.map(of)), Math.max(...drawn.map(of))]
    const within = ([least, most]: number[], low: number, high: number) => {
      const slack = 0.05 * (high - low)
      expect(least).toBeGreaterThanOrEqual(low)
      expect(least).toBeLessThan(low + slack)
      expect(most).toBeLessThanOrEqual(high)
      expect(most).toBeGreaterThan(high - slack)
    }
    within(
      ends(({ step }) => step),
      0.8,
      1.25,
    )
    within(
      ends(({ angle }) => (angle * 180) / Math.PI),
      -10,
      10,
    )
    within(
      ends(({ gain }) => gain),
      0.8,
      1.2,
    )
    // The result for middle grey.
    within(
      ends(({ gain, shift }) => 128 * gain + shift - 128),
      -25.6,
      25.6,
    )
  })

  it('are nothing if nothing is allowed', () => {
    expect(drawDistortion({}, random)).toEqual({ step: 1, angle: 0, gain: 1, shift: 0 })
  })
})
