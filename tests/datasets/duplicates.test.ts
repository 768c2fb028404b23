import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { readAaf } from '../../src/datasets/aaf.ts'
import { lookAt } from '../../src/datasets/check/look.ts'
import {
  type Details,
  identicalPhotos,
  type Repetition,
  repetitions,
  type Sketch,
} from '../../src/datasets/duplicates.ts'
import { WORDS } from '../../src/datasets/fingerprint.ts'
import { makeFolds } from '../../src/datasets/folds.ts'
import { shared } from '../shared.ts'

const random = new Random('duplicates')
const somePrint = () => Uint32Array.from({ length: WORDS }, () => random.uint32())
const someDetail = () => Int8Array.from({ length: 64 * 64 }, () => random.integer(200) - 100)
const near = (print: Uint32Array) => print.map((word, k) => (k < 5 ? word ^ 1 : word))

/** As if every picture had its own detail, except for those with the same letter. */
function detailsOf(letters: string) {
  const details = new Map([...new Set(letters)].map((letter) => [letter, someDetail()]))
  return async (faces: readonly number[]): Promise<Map<number, Details>> =>
    new Map(
      faces.map((face) => [
        face,
        { whole: details.get(letters[face]!)!, face: details.get(letters[face]!)! },
      ]),
    )
}

describe('repetitions', () => {
  it('joins exact copies and near ones with similar detail, but no pictures with other detail', async () => {
    const [a, b] = [somePrint(), somePrint()]
    const sketches: Sketch[] = [
      { content: 'a', prints: { whole: a } },
      { content: 'a', prints: { whole: a } },
      { content: 'a2', prints: { whole: near(a) } },
      { content: 'b', prints: { whole: b } },
      { content: 'b2', prints: { whole: near(b) } },
    ]
    expect(await repetitions(sketches, detailsOf('AAABC'))).toEqual([
      { faces: [0, 1], exact: true, mirrored: false, likeness: 1 },
      { faces: [0, 2], exact: false, mirrored: false, likeness: expect.closeTo(1) },
    ])
  })

  it('skips unusable faces', async () => {
    expect(await repetitions([undefined, undefined], detailsOf('AA'))).toEqual([])
  })

  it('does not mistake two faces in one photo for copies', async () => {
    const whole = somePrint()
    const sketches = [
      { content: 'x', prints: { whole, face: somePrint() } },
      { content: 'x', prints: { whole, face: somePrint() } },
    ]
    expect(await repetitions(sketches, detailsOf('AB'))).toEqual([])
  })

  it('finds a face that was cut out again by the face alone', async () => {
    const face = somePrint()
    const sketches = [
      { content: 'x', prints: { whole: somePrint(), face } },
      { content: 'y', prints: { whole: somePrint(), face: near(face) } },
    ]
    expect(await repetitions(sketches, detailsOf('AA'))).toMatchObject([{ faces: [0, 1], exact: false }])
  })

  it('rechecks only a few of many similar pictures', async () => {
    const print = somePrint()
    const sketches = Array.from({ length: 50 }, (_, k) => ({
      content: String(k),
      prints: { whole: print.map((word, place) => (place === 0 ? word ^ k : word)) },
    }))
    const found = await repetitions(sketches, detailsOf('A'.repeat(50)))
    expect(found).toHaveLength(49)
  })
})

describe.skipIf(!shared)('duplicates of All-Age-Faces', () => {
  const faces = shared ? readAaf(join(shared, 'data/aaf')).faces : []

  it('are 25 pairs, byte for byte, and each stays in one fold unless they may fall anywhere', () => {
    const pairs = identicalPhotos(faces)
    expect(pairs).toHaveLength(25)
    expect(pairs.every((pair) => pair.length === 2)).toBe(true)
    const split = (folds: readonly number[]) => pairs.filter(([a, b]) => folds[a!] !== folds[b!]).length
    for (const seed of ['1', 'two', 3]) {
      expect(split(makeFolds(faces, 5, seed))).toBe(0)
      expect(split(makeFolds(faces, 5, seed, 'anywhere'))).toBeGreaterThan(5)
    }
  })

  it('are found among others, and so are re-encoded pictures', async () => {
    const names = [
      // The same pixels; the same picture compressed again, in grey, mirrored, cropped again.
      ...['00039A02', '00042A02', '06380A52', '06821A60', '11999A49', '12018A49'],
      ...['11264A41', '12249A53', '06319A51', '06388A52'],
      // Similar portraits of different people.
      ...['08853A25', '11076A40', '08286A17', '08211A16', '11493A44'],
    ]
    const some = faces.filter(({ id }) => names.includes(id))
    const sketches: (Sketch | undefined)[] = []
    const details = new Map<number, Details>()
    for await (const look of lookAt(some, false)) {
      if (typeof look === 'string') throw new Error(look)
      details.set(sketches.length, look.details)
      sketches.push(look.sketch)
    }
    const found = await repetitions(sketches, async () => details)
    const named = (one: Repetition) => one.faces.map((face) => some[face]!.id).join(' ')
    expect(found.map(named).sort()).toEqual([
      '00039A02 00042A02',
      '06319A51 06388A52',
      '06380A52 06821A60',
      '11264A41 12249A53',
      '11999A49 12018A49',
    ])
    expect(found.filter(({ exact }) => exact).map(named)).toEqual(['00039A02 00042A02'])
    expect(found.filter(({ mirrored }) => mirrored).map(named)).toEqual(['11264A41 12249A53'])
  })
})
