/**
 * What can be planted in drawn faces, so that more is known about them than which parts carry a label: a single part
 * that shows it, a mark in the background that goes with a label, or the same face with and without a feature.
 *
 * Otherwise a face is the one that the same seed draws without planting, which takes its random numbers from elsewhere.
 */

import { UserError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import type { Gender } from '../task.ts'
import type { Sitting } from './cast.ts'
import { CUE_NAMES, CUES, type CueName, type DrawnTask, type OnlyCues } from './cues.ts'
import { PARTS, type Part } from './parts.ts'
import type { Person } from './person.ts'
import { drawGlasses, type Shot } from './shot.ts'

/** What is planted; by default nothing. */
export interface Planting {
  /** The only thing that shows its tasks: one of {@link SHOWING}. */
  readonly only?: Showing
  /** The mark on photos of one gender; by default on none. */
  readonly mark?: Mark
  /** The feature that every photo is drawn with and without. */
  readonly pairs?: Feature
}

/** A badge on photos, by gender. */
export interface Mark {
  /** On photos of this gender with `probability`, on the other ones with 1 − `probability`. */
  readonly gender: Gender
  /** How often the mark goes with the right gender: 0.5 to 1; at 0.5 it is uninformative. */
  readonly probability: number
}

/**
 * Parse a mark as people write it, `f:0.95`, or `f` where it is always right; undefined where the text is not a mark.
 */
export function parseMark(text: string): Mark | undefined {
  const [, gender, share = '1'] = /^([mf])(?::([\d.]+))?$/.exec(text) ?? []
  const probability = Number(share)
  if (!gender || !(probability >= 0.5 && probability <= 1)) return undefined
  return { gender: gender as Gender, probability }
}

/** What messages say that a mark must look like. */
export const MARK_TEXT = 'm or f, and behind a colon a probability from 0.5 to 1: f:0.95'

/** Features that photos are drawn with and without: how the face is changed, and the parts where that shows. */
export const FEATURES = {
  glasses: { parts: ['glasses'], cues: [] },
  /** On the forehead, around the eyes, and from the nose to the mouth. */
  wrinkles: {
    parts: ['forehead', 'around_eyes', 'cheeks'],
    cues: ['forehead_lines', 'eye_lines', 'nasolabial_folds'],
  },
  grey_hair: { parts: ['hair'], cues: ['grey_hair'] },
  mark: { parts: ['mark'], cues: [] },
} as const satisfies Record<string, { readonly parts: readonly Part[]; readonly cues: readonly CueName[] }>

/** A feature that photos are drawn with and without. */
export type Feature = keyof typeof FEATURES

/** One of two photos that differ only in a feature. */
export interface PairOf {
  readonly feature: Feature
  /** Whether this one has the feature. */
  readonly shown: boolean
  /** The id of the one with the feature; the other's id is the same followed by `-without`. */
  readonly of: string
}

/** What can be the only thing that shows a task: a cue, a part that carries some, or the mark. */
export type Showing = CueName | Part

/** All of them. A part has the cues that change nothing else. */
export const SHOWING: readonly Showing[] = [
  ...CUE_NAMES,
  ...PARTS.filter((part) => part === 'mark' || CUE_NAMES.some((cue) => changesOnly(cue, part))),
]

/** The cues that remain where one thing alone shows its tasks. The mark shows gender without any cue. */
export function onlyCues(showing: Showing): OnlyCues {
  if (showing === 'mark') return { gender: [] }
  const cues = CUE_NAMES.filter((cue) => cue === showing || changesOnly(cue, showing))
  const tasks = [...new Set(cues.map((cue) => CUES[cue].task))]
  return Object.fromEntries(
    tasks.map((task): [DrawnTask, CueName[]] => [task, cues.filter((cue) => CUES[cue].task === task)]),
  )
}

function changesOnly(cue: CueName, part: string): boolean {
  return CUES[cue].parts.every((own) => own === part)
}

/** @throws UserError where the parts of a planting contradict each other */
export function requireSense({ only, mark, pairs }: Planting): void {
  if (only === 'mark' && !mark)
    throw new UserError('only the mark should show the gender, but there is no mark')
  if (pairs === 'mark' && mark) {
    throw new UserError(
      'in pairs with and without the mark, it cannot depend on gender: leave out either the mark or the pairs',
    )
  }
}

/** The photos that planting makes from one: itself, or two. */
export function planted(sitting: Sitting, seed: string | number, { mark, pairs }: Planting): Sitting[] {
  const marked = mark ? { ...sitting, marked: isMarked(sitting, seed, mark) } : sitting
  if (!pairs) return [marked]
  return [true, false].map((shown): Sitting => {
    const { id, person, shot } = marked
    return {
      ...marked,
      id: shown ? id : `${id}-without`,
      person: withCues(person, pairs, shown),
      shot: pairs === 'glasses' ? withGlasses(shot, shown, `${seed} glasses ${id}`) : shot,
      ...(pairs === 'mark' && { marked: shown }),
      pair: { feature: pairs, shown, of: id },
    }
  })
}

function isMarked({ id, person }: Sitting, seed: string | number, { gender, probability }: Mark): boolean {
  const share = person.gender === gender ? probability : 1 - probability
  return new Random(`${seed} mark ${id}`).chance(share)
}

/** The person with the feature's cues as in the last class, or as in the first. */
function withCues(person: Person, feature: Feature, shown: boolean): Person {
  const changed = FEATURES[feature].cues.map((cue) => [cue, CUES[cue].levels.at(shown ? -1 : 0)!])
  return { ...person, cues: { ...person.cues, ...Object.fromEntries(changed) } }
}

/** The glasses that somebody already wears, or drawn ones; or none. */
function withGlasses(shot: Shot, shown: boolean, seed: string): Shot {
  return { ...shot, glasses: shown ? (shot.glasses ?? drawGlasses(new Random(seed))) : undefined }
}
