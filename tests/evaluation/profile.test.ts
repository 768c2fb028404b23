import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { ExplainedFace, ExplainedFaces } from '../../src/evaluation/explainedFaces.ts'
import { networkDifference, profileOf } from '../../src/evaluation/profile.ts'

const PARTS = ['background', 'eyes', 'mouth']
const AREAS = [0.8, 0.1, 0.1]

/** A face with this much positive relevance in each part. */
function face(id: number, subject: string, positive: readonly number[], rest: Partial<ExplainedFace> = {}) {
  return {
    face: String(id),
    subject,
    truth: 0,
    answer: 0,
    probability: 0.9,
    explained: 0,
    groups: ['gender m'],
    logit: 1,
    reached: 1,
    warned: false,
    parts: positive.map((value, k) => ({ positive: value, negative: -1, area: AREAS[k]! })),
    coherence: { region: 0.1, autocorrelation: 0.5 },
    ...rest,
  } satisfies ExplainedFace
}

const setOf = (faces: ExplainedFace[]): ExplainedFaces => ({
  faces,
  maps: [],
  pictures: [],
  grid: [1, 1],
  parts: PARTS,
  classes: ['m', 'f'],
  skipped: [],
})

describe('a profile', () => {
  it('is the mean share of positive relevance, in total and relative to the size of a part', () => {
    // 2 of 4 and 0 of 1 lie on the eyes: 50 % and 0 %.
    const { groups } = profileOf(setOf([face(1, 'a', [1, 2, 1]), face(2, 'b', [1, 0, 0])]))
    const all = groups[0]!
    const eyes = all.parts[1]!
    expect(all).toMatchObject({ group: 'all', faces: 2, people: 2 })
    expect(eyes.positive.mean).toBeCloseTo(0.25)
    expect(eyes.perArea.mean).toBeCloseTo(2.5)
    expect(eyes.negative.mean).toBeCloseTo(1 / 3)
    expect(eyes.area).toBeCloseTo(0.1)
  })

  it('has no interval for few people', () => {
    const { groups } = profileOf(setOf([1, 2, 3].map((k) => face(k, String(k), [1, k, 1]))))
    expect(groups[0]!.parts[1]!.positive.interval).toBeNull()
  })

  it('draws people, not faces: one person’s many photos do not narrow an interval', () => {
    const random = new Random('people')
    const shares = Array.from({ length: 12 }, () => random.uniform())
    const once = shares.map((share, k) => face(k, String(k), [1 - share, share, 0]))
    const often = shares.flatMap((share, k) =>
      Array.from({ length: 9 }, (_, n) => face(100 * k + n, String(k), [1 - share, share, 0])),
    )
    const [one, nine] = [once, often].map(
      (faces) => profileOf(setOf(faces)).groups[0]!.parts[1]!.positive.interval!,
    )
    expect(nine!.low).toBeCloseTo(one!.low, 12)
    expect(nine!.high).toBeCloseTo(one!.high, 12)
  })

  it('finds the part in which two answers differ, and no other', () => {
    const random = new Random('difference')
    const faces = Array.from({ length: 80 }, (_, k) => {
      const answer = k % 2
      const [eyes, mouth] = [0.3 + 0.2 * answer + random.normal(0, 0.1), 0.2 + random.normal(0, 0.02)]
      return face(k, String(k), [Math.max(0, 1 - eyes - mouth), Math.max(0, eyes), mouth], { answer })
    })
    const { differences, groups } = profileOf(setOf(faces))
    expect(groups.map(({ group }) => group)).toEqual([
      'all',
      'answer m',
      'answer f',
      'right',
      'wrong',
      'gender m',
    ])
    const [answers] = differences
    expect(answers).toMatchObject({ a: 'answer m', b: 'answer f', people: [40, 40] })
    const [background, eyes, mouth] = answers!.parts
    expect(eyes!.difference).toBeLessThan(-0.1)
    expect(eyes!.p).toBeLessThan(0.01)
    expect(background!.p).toBeLessThan(0.01)
    expect(mouth!.p).toBeGreaterThan(0.05)
  })

  it('separates faces by the data set’s class if that is what it explains', () => {
    const faces = [0, 1].flatMap((truth) =>
      [1, 2, 3].map((k) => face(10 * truth + k, `${truth}${k}`, [1, truth, 1 - truth], { truth, answer: 0 })),
    )
    const { groups, differences } = profileOf(setOf(faces), 'label')
    expect(groups.map(({ group, faces }) => [group, faces])).toEqual([
      ['all', 6],
      ['label m', 3],
      ['label f', 3],
      ['right', 3],
      ['wrong', 3],
    ])
    expect(differences[0]).toMatchObject({ a: 'label m', b: 'label f' })
    expect(differences[0]!.parts[1]!.difference).toBeCloseTo(-0.5)
  })

  it('says so if no face has known parts', () => {
    expect(() => profileOf(setOf([{ ...face(1, 'a', [1, 0, 0]), parts: null }]))).toThrow(
      /eyes, nose and mouth are unknown for all 1 faces/,
    )
  })

  it('leaves out faces whose parts are unknown', () => {
    const { groups } = profileOf(
      setOf([face(1, 'a', [1, 2, 1]), { ...face(2, 'b', [9, 0, 0]), parts: null }]),
    )
    expect(groups[0]!.faces).toBe(1)
  })
})

describe('two networks', () => {
  const random = new Random('networks')
  const shares = Array.from({ length: 40 }, () => 0.2 + 0.3 * random.uniform())
  const network = (more: number) =>
    setOf(shares.map((eyes, k) => face(k, String(k % 30), [0.5 - eyes, eyes + more * (k % 3), 0.5])))

  it('are compared face by face, over faces that both explained', () => {
    const found = networkDifference('one', network(0.05), 'other', network(0))
    expect(found.people).toEqual([30, 30])
    expect(found.parts[1]!.difference).toBeGreaterThan(0)
    expect(found.parts[1]!.p).toBeLessThan(0.01)
  })

  it('do not differ from themselves', () => {
    const { parts } = networkDifference('one', network(0), 'one again', network(0))
    expect(parts.map(({ difference, p }) => [difference, p])).toEqual(PARTS.map(() => [0, 1]))
  })
})
