import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { compare, disagreements } from '../../src/evaluation/compare.ts'
import { compareSettings } from '../../src/evaluation/compareSettings.ts'
import type { ExplainedFace, ExplainedFaces } from '../../src/evaluation/explainedFaces.ts'

const PARTS = ['background', 'eyes', 'mouth']

function face(id: number, rest: Partial<ExplainedFace> = {}): ExplainedFace {
  return {
    face: String(id),
    subject: String(id),
    truth: 0,
    answer: 0,
    probability: 0.9,
    explained: 0,
    groups: [],
    logit: 1,
    reached: 1,
    warned: false,
    parts: [1, 1, 1].map((positive) => ({ positive, negative: 0, area: 1 / 3 })),
    coherence: { region: 0.1, autocorrelation: 0.5 },
    ...rest,
  }
}

function setOf(faces: ExplainedFace[], map = (k: number) => [1, 2, 3, k]): ExplainedFaces {
  return {
    faces,
    maps: faces.map((_, k) => Float32Array.from(map(k))),
    pictures: [],
    grid: [2, 2],
    parts: PARTS,
    classes: ['m', 'f'],
    skipped: [],
  }
}

describe('two networks', () => {
  // Of 40 faces the second network answers every fourth differently; the first is always right.
  const one = setOf(Array.from({ length: 40 }, (_, k) => face(k)))
  const other = setOf(
    Array.from({ length: 40 }, (_, k) => face(k, k % 4 ? {} : { answer: 1, probability: 0.5 + k / 100 })),
  )

  it('say why their maps cannot be compared: other frames, other sizes, or nothing in them', () => {
    const against = (other: ExplainedFaces, sameFrame = true) =>
      compare({ name: 'one', explained: one }, { name: 'other', explained: other }, sameFrame)
    expect(against(other).incomparable).toBeNull()
    expect(against(other, false).incomparable).toBe('frames')
    const wide = { ...setOf([...one.faces], (k) => [1, 2, 3, k, 5, 6]), grid: [2, 3] as const }
    expect(against(wide)).toMatchObject({ incomparable: 'frames', empty: 0 })
    expect(against(setOf([...one.faces], () => [0, 0, 0, 0]))).toMatchObject({
      incomparable: 'empty',
      empty: 40,
    })
  })

  it('cannot be compared without a face that both could explain', () => {
    const skipped = [{ face: '7.jpg', reason: 'no face was found' }]
    expect(() =>
      compare(
        { name: 'one', explained: setOf([face(1)]) },
        { name: 'other', explained: { ...setOf([face(2)]), skipped } },
        true,
      ),
    ).toThrow('no face could be explained for both. The first that was skipped: 7.jpg: no face was found')
  })

  it('are compared by agreement and accuracy', () => {
    const { agreement, accuracy, faces, correlation, overlap } = compare(
      { name: 'one', explained: one },
      { name: 'other', explained: other },
      true,
    )
    expect(faces).toBe(40)
    expect(agreement.mean).toBeCloseTo(0.75)
    expect(accuracy!.a.mean).toBe(1)
    expect(accuracy!.b.mean).toBeCloseTo(0.75)
    // Ten faces that only one has right: two in 1024 by coin flips.
    expect(accuracy!.p).toBeCloseTo(2 / 1024, 6)
    expect(correlation.mean).toBeCloseTo(1)
    expect(overlap.mean).toBe(1)
  })

  it('show the faces they answer differently first, the surest at the top', () => {
    const { each } = compare({ name: 'one', explained: one }, { name: 'other', explained: other }, true)
    expect(each.slice(0, 3).map((both) => both.face)).toEqual(['36', '32', '28'])
    expect(each.slice(10).every(({ answers }) => answers[0] === answers[1])).toBe(true)
  })

  it('list each disagreement with the other network’s answer', () => {
    expect([...disagreements(one, other)].slice(0, 2)).toEqual([
      ['0', 1],
      ['4', 1],
    ])
    expect(disagreements(other, one).get('4')).toBe(0)
    expect(disagreements(one, one).size).toBe(0)
  })

  it('have incomparable maps if they cut out faces differently', () => {
    const { correlation } = compare(
      { name: 'one', explained: one },
      { name: 'other', explained: other },
      false,
    )
    expect(correlation.mean).toBeNaN()
  })

  it('show which parts speak for each answer rather than the other', () => {
    const random = new Random('contrast')
    const contrast = setOf(
      Array.from({ length: 30 }, (_, k) =>
        face(k, {
          parts: [random.normal(0, 0.2), 1, random.normal(0, 0.2)].map((net) => ({
            positive: Math.max(net, 0) + 0.1,
            negative: Math.min(net, 0) - 0.1,
            area: 1 / 3,
          })),
        }),
      ),
    )
    const { contrasts } = compare(
      { name: 'one', explained: one, contrast },
      { name: 'other', explained: other },
      true,
    )
    expect(contrasts).toHaveLength(1)
    const [background, eyes] = contrasts[0]!.parts
    expect(eyes!.net.mean).toBeGreaterThan(0.3)
    expect(eyes!.p).toBeLessThan(0.01)
    expect(background!.p).toBeGreaterThan(0.05)
  })
})

describe('two settings', () => {
  /** A training whose network looks at the eyes this much, give or take a random part of its seed; faces vary too. */
  function training(eyes: number, seed: string, whim = 0.05): ExplainedFaces {
    const own = new Random(seed).normal(0, whim)
    const people = new Random('people')
    const noise = new Random(`${seed} noise`)
    return setOf(
      Array.from({ length: 60 }, (_, k) => {
        const share = Math.min(
          Math.max(eyes + own + people.normal(0, 0.1) + noise.normal(0, 0.05), 0.01),
          0.8,
        )
        return face(k, {
          parts: [0.9 - share, share, 0.1].map((positive) => ({ positive, negative: 0, area: 1 / 3 })),
        })
      }),
    )
  }
  const settingOf = (name: string, eyes: number, first: number) => ({
    name,
    trainings: [0, 1, 2].map((k) => training(eyes, `${name} ${first + k}`)),
  })

  it('that differ only in their seeds are distinguished at most twice in twenty', () => {
    let apart = 0
    for (let pair = 0; pair < 20; pair++) {
      const { parts } = compareSettings(settingOf(`a${pair}`, 0.3, 0), settingOf(`b${pair}`, 0.3, 100))
      if (parts.some(({ p }) => p < 0.05)) apart++
    }
    expect(apart).toBeLessThanOrEqual(2)
  })

  it('that differ by more than their seeds are distinguished', () => {
    const { parts, ofSettings, trainings } = compareSettings(
      settingOf('a', 0.55, 0),
      settingOf('b', 0.25, 50),
    )
    expect(ofSettings).toBe(true)
    expect(trainings).toEqual([3, 3])
    expect(parts[1]!.difference).toBeGreaterThan(0.15)
    expect(parts[1]!.p).toBeLessThan(0.05)
    expect(parts[2]!.p).toBeGreaterThan(0.05)
  })

  it('with one training each are compared as these two networks only', () => {
    const single = (name: string, eyes: number) => ({ name, trainings: [training(eyes, name)] })
    const { ofSettings, parts } = compareSettings(single('a', 0.3), single('b', 0.35))
    expect(ofSettings).toBe(false)
    // Over people alone, a seed's randomness counts as a difference.
    expect(parts[1]!.p).toBeLessThan(0.05)
  })
})
