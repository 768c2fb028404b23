import { Random } from '../../src/base/random.ts'
import { CLASSES } from '../../src/datasets/task.ts'
import { FACE_PARTS, type FacePart } from '../../src/faces/parts.ts'
import type { ProfiledFace, ProfileRecord } from '../../src/study/profileRecord.ts'

/** What the maps of a written profile show; each face adds its own variation. */
export interface Looks {
  /** The share of positive relevance in one part, for a face of a class; the rest is background. */
  readonly shares?: (gender: 'm' | 'f') => Partial<Record<FacePart, number>>
  readonly region?: number
  readonly autocorrelation?: number
  readonly sparseness?: number
  readonly halfArea?: number
  /** How much better a map is than random numbers and edges. */
  readonly faithful?: number
}

/**
 * A made-up profile.
 *
 * @param name of the training, which varies a little from one to the next
 * @param looks what its maps show
 */
export function writtenProfile(name: string, fold: number, looks: Looks, count = 40): ProfileRecord {
  const training = new Random(name).normal(0, 0.002)
  const faces = Array.from({ length: count }, (_, k): ProfiledFace => {
    const own = new Random(`face ${fold} ${k}`)
    const noise = () => training + own.normal(0, 0.01)
    const truth = k % 2
    const shares = looks.shares?.((['m', 'f'] as const)[truth]!) ?? {}
    const positive = FACE_PARTS.map((part) => Math.max(0.001, (shares[part] ?? 0) + noise()))
    const rest = Math.max(0, 1 - positive.reduce((sum, value) => sum + value, 0))
    return {
      face: `f${fold}.${k}`,
      subject: `s${fold}.${k}`,
      truth,
      answer: truth,
      probability: 0.9,
      explained: truth,
      groups: [`gender ${CLASSES.gender[truth]}`],
      logit: 1,
      reached: 1,
      warned: false,
      parts: positive.map((value, part) => ({
        positive: part === 0 ? value + rest : value,
        negative: -0.1,
        area: 1 / FACE_PARTS.length,
      })),
      coherence: {
        region: (looks.region ?? 0.1) + noise(),
        autocorrelation: (looks.autocorrelation ?? 0.5) + noise(),
      },
      sparseness: (looks.sparseness ?? 0.6) + noise(),
      halfArea: (looks.halfArea ?? 0.1) + noise(),
    }
  })
  return {
    parts: FACE_PARTS,
    grid: [2, 2],
    faces,
    averages: [0, 1].map((of) => ({ class: of, faces: count / 2, map: [0.1, -0.1, 0.2, 0.3] })),
    faithfulness: faces.slice(0, 16).map(({ face, subject }, k) => {
      const abpc = {
        map: (looks.faithful ?? 0) + 0.01 * (k % 3),
        random: 0.01 * (k % 2),
        edges: 0.01 * (k % 4),
      }
      return { face, subject, abpc }
    }),
    skipped: [],
  }
}
