import { describe, expect, it } from 'vitest'
import { landmarksOf } from '../../../src/datasets/synthetic/landmarks.ts'
import { PARTS, type Part } from '../../../src/datasets/synthetic/parts.ts'
import type { Person } from '../../../src/datasets/synthetic/person.ts'
import { render } from '../../../src/datasets/synthetic/render.ts'
import { faceShapeOf } from '../../../src/datasets/synthetic/shape.ts'
import type { Shot } from '../../../src/datasets/synthetic/shot.ts'
import { sitting } from './drawing.ts'

const SIZE = 256
const seeds = Array.from({ length: 24 }, (_, i) => i)

describe('landmarks', () => {
  const features: [Part, from: number, to: number][] = [
    ['brows', 0, 10],
    ['nose', 10, 19],
    ['eyes', 19, 31],
    ['mouth', 31, 49],
  ]

  it.each(seeds)('lie on the parts that they mark, whatever the face and tilt (seed %i)', async (seed) => {
    const { person, shot } = sitting(seed, seed % 8, seed % 2 ? 'f' : 'm')
    const tilted = { ...shot, tilt: -30 + (60 * seed) / (seeds.length - 1), glasses: undefined }
    const points = landmarksOf(faceShapeOf(person, tilted), tilted)
    const { mask } = await render(person, tilted)
    expect(points).toHaveLength(49)
    for (const [part, from, to] of features) {
      const seen = points
        .slice(from, to)
        .map(({ x, y }) => PARTS[mask[Math.floor(y) * SIZE + Math.floor(x)]!])
      expect(seen, part).toEqual(seen.map(() => part))
    }
  })

  it('start with the left side of the picture, each row left to right', () => {
    const { person, shot } = sitting(1, 4, 'f')
    const points = landmarksOf(faceShapeOf(person, shot), { ...shot, tilt: 0 })
    const xs = (from: number, to: number) => points.slice(from, to).map(({ x }) => x)
    for (const row of [xs(0, 10), xs(14, 19), xs(19, 23), xs(25, 29), xs(31, 38), xs(43, 46)]) {
      expect(row).toEqual([...row].sort((a, b) => a - b))
    }
    expect(xs(38, 43)).toEqual(xs(38, 43).sort((a, b) => b - a))
  })
})

describe('masks', () => {
  it('hold only indices of parts, and show every part of the face', async () => {
    const { person, shot } = sitting(3, 5, 'f')
    const { mask } = await render(person, shot)
    const seen = new Set(Array.from(mask, (index) => PARTS[index]))
    expect(seen).not.toContain(undefined)
    expect([...seen].sort()).toEqual(
      PARTS.filter((part) => part !== 'mark' && (part !== 'glasses' || shot.glasses)).sort(),
    )
  })
})

describe('carriers', () => {
  it.each(seeds)('of age are the parts in which a baby and an old person differ (seed %i)', async (seed) => {
    const gender = seed % 2 ? 'f' : 'm'
    const [young, old] = [sitting(seed, 0, gender), sitting(seed, 7, gender)]
    expect(old.person.carriers).toEqual(young.person.carriers)
    const found = await compare(young.person, old.person, sharp(young.shot), young.person.carriers.age)
    expect(found.outside).toBeLessThan(0.002)
    expect(found.changed.sort()).toEqual([...young.person.carriers.age].sort())
  })

  it.each(seeds)('of gender are the parts in which m and f differ (seed %i)', async (seed) => {
    const [m, f] = [sitting(seed, seed % 8, 'm'), sitting(seed, seed % 8, 'f')]
    expect(f.person.carriers).toEqual(m.person.carriers)
    const found = await compare(m.person, f.person, sharp(m.shot), m.person.carriers.gender)
    expect(found.outside).toBeLessThan(0.002)
    expect(found.changed.sort()).toEqual([...m.person.carriers.gender].sort())
  })

  it('differ between people', () => {
    const carriers = seeds.map((seed) => sitting(seed, 3, 'm').person.carriers.age.join())
    expect(new Set(carriers).size).toBeGreaterThan(3)
  })
})

// Without anything that would spread a pixel over its neighbours, or hide one.
function sharp(shot: Shot): Shot {
  return { ...shot, blur: 0, noise: 0, glasses: undefined }
}

/**
 * Draw two persons in the same shot and see where the pictures differ by more than rounding.
 *
 * @returns the share of all difference that lies outside the parts (of either picture, and two pixels around
 *   them for soft edges; a part that shines through the soft edge of another one leaves a trace there), and the
 *   parts in which the pictures differ
 */
async function compare(a: Person, b: Person, shot: Shot, parts: readonly Part[]) {
  const [one, other] = await Promise.all([render(a, shot), render(b, shot)])
  const indices = new Set(parts.map((part) => PARTS.indexOf(part)))
  const inside = (x: number, y: number) =>
    [one.mask, other.mask].some((mask) => indices.has(mask[y * SIZE + x]!))
  const near = (x: number, y: number) => {
    for (let v = Math.max(y - 2, 0); v <= Math.min(y + 2, SIZE - 1); v++) {
      for (let u = Math.max(x - 2, 0); u <= Math.min(x + 2, SIZE - 1); u++) if (inside(u, v)) return true
    }
    return false
  }
  let outside = 0
  let all = 0
  const changed = new Set<Part>()
  for (let i = 0; i < SIZE * SIZE; i++) {
    const difference = Math.max(
      ...[0, 1, 2].map((c) => Math.abs(one.photo.data[3 * i + c]! - other.photo.data[3 * i + c]!)),
    )
    if (difference <= 2) continue
    all += difference
    if (!near(i % SIZE, Math.floor(i / SIZE))) outside += difference
    for (const mask of [one.mask, other.mask]) if (indices.has(mask[i]!)) changed.add(PARTS[mask[i]!]!)
  }
  return { outside: outside / all, changed: [...changed] }
}
