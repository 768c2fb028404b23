import { Random } from '../../src/base/random.ts'
import { type ExplainedFace, type ExplainedFaces, THUMBNAIL } from '../../src/evaluation/explainedFaces.ts'

const SIDE = 16

interface Planted {
  /** The network's answer: m or f. */
  readonly answer: 0 | 1
  /** Where the map's blob is, in parts of its side. */
  readonly blob: readonly [x: number, y: number]
  readonly groups: readonly string[]
  readonly subject?: string
  readonly truth?: 0 | 1 | null
}

/** Faces whose maps have a blob somewhere, with noise around it. */
export function plantedFaces(kinds: readonly Planted[], noise = 0.08): ExplainedFaces {
  const random = new Random('planted')
  const maps = kinds.map(({ blob: [x, y] }) =>
    Float32Array.from({ length: SIDE ** 2 }, (_, k) => {
      const away = (k % SIDE) / SIDE - x
      const below = Math.floor(k / SIDE) / SIDE - y
      return Math.exp(-(away ** 2 + below ** 2) / 0.02) + random.normal(0, noise)
    }),
  )
  return {
    faces: kinds.map(
      ({ answer, groups, subject, truth = answer }, k): ExplainedFace => ({
        face: `face${k}`,
        subject: subject ?? `person${k}`,
        truth,
        answer,
        probability: 0.9,
        explained: answer,
        groups,
        logit: 1,
        reached: 1,
        warned: false,
        parts: null,
        coherence: { region: 0.1, autocorrelation: 0.5 },
      }),
    ),
    maps,
    pictures: kinds.map((_, k) => new Uint8Array(3 * THUMBNAIL ** 2).fill(k % 256)),
    grid: [SIDE, SIDE],
    parts: [],
    classes: ['m', 'f'],
    skipped: [],
  }
}

/**
 * 120 faces answered f: 40 have their relevance elsewhere, and most of these are old. 60 faces answered m,
 * of two kinds that have nothing to do with age.
 */
export function plantedSplit(): ExplainedFaces {
  const random = new Random('split')
  const age = (chance: number) => [random.chance(chance) ? 'age 60+' : 'age 25-32']
  return plantedFaces([
    ...Array.from({ length: 120 }, (_, k): Planted => {
      const odd = k % 3 === 0
      return { answer: 1, blob: odd ? [0.8, 0.2] : [0.3, 0.6], groups: age(odd ? 0.9 : 0.2) }
    }),
    ...Array.from({ length: 60 }, (_, k): Planted => {
      return { answer: 0, blob: k % 2 === 0 ? [0.7, 0.7] : [0.2, 0.3], groups: age(0.5) }
    }),
  ])
}
