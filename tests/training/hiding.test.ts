import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { HIDE_WAYS, type HideWay, hidePart, type Labelled } from '../../src/training/hiding.ts'

const SIZE = 32
const [REST, PART] = [0, 7]

/** A picture of noise, with the part in a rectangle of one colour. */
function picture(seed: number, from: [number, number], to: [number, number]): Labelled {
  const random = new Random(seed)
  const pixels = Uint8Array.from({ length: 3 * SIZE ** 2 }, () => 100 + random.integer(20))
  const parts = new Uint8Array(SIZE ** 2).fill(REST)
  for (let y = from[1]; y < to[1]; y++) {
    for (let x = from[0]; x < to[0]; x++) {
      parts[y * SIZE + x] = PART
      pixels.set([250, 10, 200], 3 * (y * SIZE + x))
    }
  }
  return { pixels, parts }
}

const other = picture(2, [20, 20], [26, 26])

/** The picture with its part hidden. */
function hidden(how: HideWay, { pixels, parts }: Labelled, part = PART, seed = 1): Uint8Array {
  const copy = pixels.slice()
  const random = new Random(seed)
  const way =
    how === 'noise' ? { how, byte: () => random.integer(256) } : how === 'swap' ? { how, other } : { how }
  hidePart({ pixels: copy, parts }, SIZE, part, way)
  return copy
}

const pixelAt = (pixels: Uint8Array, x: number, y: number) =>
  pixels.subarray(3 * (y * SIZE + x), 3 * (y * SIZE + x + 1))

describe.each(HIDE_WAYS)('a part that is hidden by %s', (how) => {
  const shown = picture(1, [4, 6], [12, 14])

  it('is gone with its edges, and nothing else is changed', () => {
    const pixels = hidden(how, shown)
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const [own, before] = [pixelAt(pixels, x, y), pixelAt(shown.pixels, x, y)]
        const inside = x >= 3 && x < 13 && y >= 5 && y < 15
        const theirs = how === 'swap' && x >= 19 && x < 27 && y >= 19 && y < 27
        if (inside) expect([...own]).not.toEqual([250, 10, 200])
        else if (!theirs) expect([...own]).toEqual([...before])
      }
    }
  })

  it('leaves a picture as it is that does not show it', () => {
    // A swap brings what the other picture shows, were it of that part.
    expect(hidden(how, shown, 3)).toEqual(shown.pixels)
  })

  it('may be all of the picture', () => {
    const pixels = hidden(how, picture(1, [0, 0], [SIZE, SIZE]))
    expect([...pixelAt(pixels, 16, 16)]).not.toEqual([250, 10, 200])
  })
})

describe('what stands in its place', () => {
  const shown = picture(1, [4, 6], [12, 14])

  it.each(['mean', 'blur'] as const)('by %s is of the colours around it', (how) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (x, y) => {
        const pixels = hidden(how, picture(3, [x, y], [x + 9, y + 7]))
        expect(Math.min(...pixels)).toBeGreaterThanOrEqual(100)
        expect(Math.max(...pixels)).toBeLessThan(120)
      }),
    )
  })

  it('by mean is one colour, by blur what is near', () => {
    const steps = picture(1, [4, 6], [28, 14])
    for (let at = 0; at < SIZE ** 2; at++) {
      if (steps.parts[at] === REST) steps.pixels.fill(at % SIZE < 16 ? 40 : 200, 3 * at, 3 * at + 3)
    }
    const [mean, blur] = [hidden('mean', steps), hidden('blur', steps)]
    expect(pixelAt(mean, 6, 9)).toEqual(pixelAt(mean, 25, 9))
    expect(pixelAt(blur, 6, 9)[0]).toBe(40)
    expect(pixelAt(blur, 25, 9)[0]).toBe(200)
  })

  it('by noise is another one for another seed', () => {
    const [one, same, another] = [1, 1, 2].map((seed) => hidden('noise', shown, PART, seed))
    expect(one).toEqual(same)
    expect(one).not.toEqual(another)
  })

  it('by swap is what the other picture has there, with its own part', () => {
    const pixels = hidden('swap', shown)
    expect(pixelAt(pixels, 8, 10)).toEqual(pixelAt(other.pixels, 8, 10))
    expect([...pixelAt(pixels, 22, 22)]).toEqual([250, 10, 200])
  })
})
