import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { taken, takenName } from '../../src/evaluation/measure.ts'
import type { MeasuredValue } from '../../src/evaluation/measuredRows.ts'
import {
  controlsInWords,
  doubtful,
  inOrder,
  measureTable,
  refusals,
} from '../../src/evaluation/measureTable.ts'
import { sampled } from '../../src/evaluation/shownFaces.ts'

const FLIPPING = taken('pixel-flipping', { steps: 10 }, 'logits')
const SPARSENESS = taken('sparseness')

/** Values around a level for each method, on faces of this many people. */
function rows(levels: Record<string, number>, people = 20): MeasuredValue[] {
  return Object.entries(levels).flatMap(([method, level]) => {
    const random = new Random(method)
    return Array.from({ length: people }, (_, k) => ({
      method,
      face: `face${k}`,
      subject: String(k),
      values: { [takenName(FLIPPING)]: level + random.normal(0, 0.1), sparseness: random.uniform() },
      curves: {},
    }))
  })
}

describe('a table of measures', () => {
  it('names each measure with all its settings', () => {
    expect(takenName(FLIPPING)).toBe('pixel-flipping (steps 10, fill constant, baseline 0, seed 0, logits)')
    expect(takenName(SPARSENESS)).toBe('sparseness')
  })

  it('has the mean of each method with its interval, and puts the best first', () => {
    const methods = ['gradient', 'paper', 'random', 'edges']
    const table = measureTable(rows({ gradient: 0.4, paper: 0.9, random: 0, edges: 0.1 }), methods, [
      FLIPPING,
    ])
    const [column] = table as [(typeof table)[number]]
    const { mean, interval, faces } = column.means.get('paper')!
    expect(mean).toBeCloseTo(0.9, 1)
    expect(interval!.low).toBeLessThan(mean)
    expect(interval!.high).toBeGreaterThan(mean)
    expect(faces).toBe(20)
    expect(inOrder(column, methods)).toEqual(['paper', 'gradient', 'edges', 'random'])
  })

  it('says which methods are no better than both controls', () => {
    const methods = ['gradient', 'paper', 'random', 'edges']
    // Better than random numbers, but not than edges.
    const table = measureTable(rows({ gradient: 0.3, paper: 0.9, random: 0, edges: 0.3 }), methods, [
      FLIPPING,
    ])
    const [column] = table as [(typeof table)[number]]
    expect(column.overControls.get('paper')).toBeLessThan(0.01)
    expect(column.overControls.get('gradient')).toBeGreaterThan(0.05)
    expect(doubtful(column)).toEqual(['gradient'])
  })

  it('names the controls that it has values for', () => {
    const of = (levels: Record<string, number>) =>
      controlsInWords(measureTable(rows(levels), Object.keys(levels), [FLIPPING]))
    expect(of({ paper: 1, random: 0, edges: 0 })).toBe('the controls random and edges')
    expect(of({ paper: 1, random: 0 })).toBe('the control random')
    expect(of({ paper: 1, gradient: 0 })).toBeUndefined()
  })

  it('leaves out maps that a measure leaves undefined', () => {
    const some = rows({ paper: 1, random: 0, edges: 0 }).map((row, k) =>
      k % 2 ? row : { ...row, values: { [takenName(FLIPPING)]: null } },
    )
    const table = measureTable(some, ['paper', 'random', 'edges'], [FLIPPING, SPARSENESS])
    expect(table[0]!.means.get('paper')!.faces).toBe(10)
    const none = measureTable([], ['paper'], [SPARSENESS])
    expect(none[0]!.means.get('paper')).toEqual({ mean: Number.NaN, interval: null, faces: 0 })
  })
})

describe('the curves of a measure that removes pixels', () => {
  /** One row per face, with the scores in both orders, or without if the measure is undefined. */
  const curved = (...faces: readonly (readonly [morf: number[], lerf: number[]] | null)[]) =>
    faces.map((scores, k): MeasuredValue => {
      const [row] = rows({ paper: 0 }, 1)
      const shares = [0, 0.25 + 0.1 * k, 1]
      if (!scores) return { ...row!, values: { [takenName(FLIPPING)]: null } }
      const [morf, lerf] = scores
      const value = morf.reduce((sum, score, at) => sum + (lerf[at]! - score) / 3, 0)
      const curves = { gone: { morf: shares, lerf: [0, 0.5, 1] }, scores: { morf, lerf } }
      const name = takenName(FLIPPING)
      return { ...row!, values: { [name]: value }, curves: { [name]: curves } }
    })

  it('are means over the faces for which it is defined, point by point and order by order', () => {
    const one = [
      [4, 1, 0],
      [4, 3, 0],
    ] as [number[], number[]]
    const two = [
      [6, 0, -2],
      [6, 6, -2],
    ] as [number[], number[]]
    const all = curved(one, two, null)
    const [column, other] = measureTable(all, ['paper', 'gradient'], [FLIPPING, SPARSENESS])
    const { gone, scores } = column!.curves.get('paper')!
    expect(scores).toEqual({ morf: [5, 0.5, -1], lerf: [5, 4.5, -1] })
    expect(gone).toEqual({ morf: [0, 0.3, 1], lerf: [0, 0.5, 1] })
    const between = scores.morf.reduce((sum, score, k) => sum + (scores.lerf[k]! - score) / 3, 0)
    expect(column!.means.get('paper')!.mean).toBeCloseTo(between, 12)
    expect([...column!.curves.keys()]).toEqual(['paper'])
    expect(other!.curves.size).toBe(0)
  })
})

it('says what measures refuse, and why', () => {
  const refused = { 'random-logit': 'there is one logit only' }
  const [one, two] = rows({ paper: 1 }, 2)
  expect(
    refusals([
      { ...one!, refused },
      { ...two!, refused },
    ]),
  ).toEqual(['random-logit cannot judge 2 maps by paper: there is one logit only'])
  expect(refusals([one!])).toEqual([])
})

describe('the faces to measure on', () => {
  const faces = Array.from({ length: 30 }, (_, k) => ({
    id: String(k),
    photo: '',
    subject: String(k),
    ...(k < 25 ? { gender: 'm' as const } : k < 28 ? { gender: 'f' as const } : {}),
  }))
  const labelOf = ({ gender }: { gender?: 'm' | 'f' }) =>
    gender === undefined ? undefined : Number(gender === 'f')

  it('are balanced over the classes as far as possible, the same for the same seed, and all labelled', () => {
    const chosen = sampled(faces, 10, labelOf, 1)
    expect(chosen).toHaveLength(10)
    expect(chosen.filter(({ gender }) => gender === 'f')).toHaveLength(3)
    expect(sampled(faces, 10, labelOf, 1)).toEqual(chosen)
    expect(sampled(faces, 10, labelOf, 2)).not.toEqual(chosen)
    expect(sampled(faces, 99, labelOf, 1)).toHaveLength(28)
    expect(sampled(faces, 10, () => undefined, 1)).toHaveLength(10)
  })
})
