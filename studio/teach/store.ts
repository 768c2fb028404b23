/** What is taught: kinds with their examples, how, and what came of it. It stays while one is in another view. */

import type { Image } from 'regard'
import { create } from 'zustand'
import type { Glance, LessonSetup, Told } from '../worker/protocol.ts'

/** An example, as the network will see it. */
export interface Example {
  /** What the worker knows it by. */
  readonly id: number
  readonly picture: Image
}

export interface Kind {
  readonly id: number
  readonly name: string
  readonly examples: readonly Example[]
}

/** What training is asked for. */
interface Settings extends LessonSetup {
  readonly steps: number
  readonly seed: number
  readonly mirrored: boolean
}

export interface TeachState extends Settings {
  readonly kinds: readonly Kind[]
  /** The example whose map is watched; the first one that is held out where not given. */
  readonly watched: number | undefined
  readonly trains: boolean
  /** One for each step that was taken. */
  readonly losses: readonly number[]
  /** Looks at the network as it learned, from before the first step on. */
  readonly glances: readonly Glance[]
  /** Which of them is shown; the last where not given. */
  readonly shown: number | undefined
  /** Whether what was taught was saved. */
  readonly saved: boolean
  /** What is under way. */
  readonly busy: string | undefined
  readonly error: string | undefined
  /** What could not become an example, and why. */
  readonly refused: string | undefined
  /** What the taught network says of what is tried. */
  readonly tried: Told | undefined
}

export const useTeach = create<TeachState>(() => ({
  pupil: 'adiencenet',
  sees: 'whole',
  steps: 240,
  seed: 1,
  mirrored: true,
  kinds: [
    { id: 0, name: 'A', examples: [] },
    { id: 1, name: 'B', examples: [] },
  ],
  watched: undefined,
  trains: false,
  losses: [],
  glances: [],
  shown: undefined,
  saved: false,
  busy: undefined,
  error: undefined,
  refused: undefined,
  tried: undefined,
}))

export const setTeach = useTeach.setState
export const getTeach = useTeach.getState

/** Examples that a kind needs: the fifth of them that is held out must be some. */
const LEAST = 10

/** What is missing before training can begin: `B has 4 examples; 10 are needed.`; nothing where it can. */
export function missing({ kinds }: Pick<TeachState, 'kinds'>): string | undefined {
  const lacking = kinds.find(({ examples }) => examples.length < LEAST)
  if (lacking) {
    const { length } = lacking.examples
    return `${lacking.name} has ${length === 0 ? 'no examples' : length === 1 ? '1 example' : `${length} examples`}; ${LEAST} are needed.`
  }
  const names = kinds.map(({ name }) => name.trim())
  if (names.includes('')) return 'A kind has no name.'
  const twice = names.find((name, k) => names.indexOf(name) !== k)
  return twice === undefined ? undefined : `Two kinds are called ${twice}.`
}

/** Whether something would be lost with the page. */
export function isUnsaved({ kinds, glances, saved }: TeachState): boolean {
  return kinds.some(({ examples }) => examples.length > 0) || (glances.length > 0 && !saved)
}
