import { UserError } from '../base/errors.ts'
import type { Dataset, Face, Skipped } from './dataset.ts'
import { OLDEST } from './task.ts'

/** Short enough for an id and what is added to it to fit into a file name (255 bytes) in any script. */
const LONGEST_ID = 60

/** What a reader has found so far. It keeps, drops or skips whatever it reads. */
export class Reading {
  private readonly faces: Face[] = []
  private readonly dropped = new Map<string, number>()
  private readonly remarks = new Map<string, number>()
  private readonly skipped: Skipped[] = []
  private readonly taken = new Set<string>()

  /**
   * An id for a face of this name: letters and digits of any script, dots, dashes and underscores. Where an earlier
   * face has it, regardless of capitals, a number is added.
   */
  idFor(name: string): string {
    const safe = name.normalize().replace(/[^\p{L}\p{M}\p{N}@._-]+/gu, '_')
    // The end of a path says more than its beginning; a dot there would hide the file.
    const id =
      [...safe]
        .slice(-LONGEST_ID)
        .join('')
        .replace(/^[._]+/, '') || 'face'
    let unique = id
    for (let k = 2; this.taken.has(unique.toLowerCase()); k++) unique = `${id}-${k}`
    this.taken.add(unique.toLowerCase())
    return unique
  }

  /** Keep a face. A name with accents may be written in two ways, and is one person. */
  keep(face: Face): void {
    this.faces.push({ ...face, subject: face.subject.normalize() })
  }

  /** Leave out one or several faces that are as published, but cannot be used. */
  drop(reason: string, count = 1): void {
    add(this.dropped, reason, count)
  }

  /** Leave out a faulty one. */
  skip(where: string, reason: string): void {
    this.skipped.push({ face: where, reason })
  }

  /** Remark on one or several faces that are kept. */
  remark(what: string, count = 1): void {
    add(this.remarks, what, count)
  }

  /**
   * All that was read.
   *
   * @param remedy what to do where nothing is left
   * @throws UserError when there is not one face, with the reasons
   */
  dataset(about: Pick<Dataset, 'kind' | 'root' | 'licence' | 'citation'>, remedy: string): Dataset {
    const { faces, skipped } = this
    const dropped = Object.fromEntries(this.dropped)
    if (faces.length === 0) {
      const reasons = Object.entries(dropped).map(([reason, count]) => `${reason}: ${count}`)
      const [first] = skipped
      if (first) reasons.push(`${skipped.length} unusable, the first: ${first.face} ${first.reason}`)
      const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
      throw new UserError(`holds no usable face${why}`, about.root, remedy)
    }
    const read = faces.length + skipped.length + [...this.dropped.values()].reduce((sum, n) => sum + n, 0)
    const remarks = { ...lacking(faces), ...Object.fromEntries(this.remarks) }
    return { ...about, faces, read, dropped, remarks, skipped }
  }
}

/** How many faces lack a label that others have. */
function lacking(faces: readonly Face[]): Record<string, number> {
  const without = (label: 'age' | 'gender') => faces.filter((face) => face[label] === undefined)
  const [ageless, genderless] = [without('age'), without('gender')]
  const between = ageless.filter(({ years }) => years !== undefined).length
  const counts = {
    [`age between the groups (kept for ${genderless.length === faces.length ? 'years' : 'gender'})`]: between,
    'no age group (kept for gender)': ageless.length === faces.length ? 0 : ageless.length - between,
    [`age above ${OLDEST} (not used for years)`]: faces.filter(({ years = 0 }) => years > OLDEST).length,
    'gender unknown (kept for age)': genderless.length === faces.length ? 0 : genderless.length,
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}
