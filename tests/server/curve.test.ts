import { describe, expect, test } from 'vitest'
import { Curve, type Had } from '../../src/server/curve.ts'
import type { CurvePart, Point } from '../../src/server/messages.ts'

const step = (iteration: number) => ({ iteration, loss: iteration, accuracy: 0.5 })

/** A page's points after it received a part. */
function taken(before: readonly Point[], part: CurvePart | undefined): Point[] {
  return part ? [...before.slice(0, part.from), ...part.points] : [...before]
}

describe('a curve', () => {
  test('has at most 400 points, each the mean of equally many iterations', () => {
    const curve = new Curve()
    for (let k = 1; k <= 10_000; k++) curve.add(step(k))
    const { points } = curve.since('run')!
    expect(points.length).toBeLessThanOrEqual(400)
    expect(points[0]).toEqual([32, 16.5, 0.5])
    expect(points.at(-1)![0]).toBe(10_000)
  })

  test('sent in parts is the same as sent at once', () => {
    const curve = new Curve()
    let had: Had | undefined
    let points: Point[] = []
    for (let k = 1; k <= 3000; k++) {
      curve.add(step(k))
      if (k % 7 > 0) continue
      points = taken(points, curve.since('run', had))
      had = curve.had
    }
    points = taken(points, curve.since('run', had))
    expect(points).toEqual(curve.since('run')!.points)
    expect(curve.since('run', curve.had)).toBeUndefined()
  })

  test('shows the progress of a training', () => {
    const curve = new Curve()
    expect(curve.reached).toBeUndefined()
    curve.add(step(1))
    curve.add({ iteration: 1, validation: { accuracy: 0.25 } })
    expect(curve.reached).toEqual({ iteration: 1, loss: 1, validated: 0.25 })
  })
})
