/** The state of Teach: kinds with their examples, settings and results. It is kept while another view is shown. */

import type { Image } from 'regard'
import { create } from 'zustand'
import type { Glance, LessonSetup, Told } from '../worker/protocol.ts'

/** An example, as the network will see it. */
export interface Example {
  /** Its id in the worker. */
  readonly id: number
  readonly picture: Image
}

export interface Kind {
  readonly id: number
  readonly name: string
  readonly examples: readonly Example[]
}

/** The settings of a training. */
interface Settings extends LessonSetup {
  readonly steps: number
  readonly seed: number
  readonly mirrored: boolean
}

export interface TeachState extends Settings {
  readonly kinds: readonly Kind[]
  /** The example whose map is watched; by default the first held-out one. */
  readonly watched: number | undefined
  readonly trains: boolean
  /** One for each step that was taken. */
  readonly losses: readonly number[]
  /** Looks at the network as it learnt, from before the first step on. */
  readonly glances: readonly Glance[]
  /** Which of them is shown; by default the last. */
  readonly shown: number | undefined
  /** Whether what was taught was saved. */
  readonly saved: boolean
  /** Work underway. */
  readonly busy: string | undefined
  readonly error: string | undefined
  /** What could not become an example, and why. */
  readonly refused: string | undefined
  /** The taught network's answer to the picture being tried. */
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

/** The least number of examples of a kind: the fifth that is held out must not be empty. */
const LEAST = 10

/** What is missing before training can begin: `B has 4 examples; 10 are needed.`; undefined where it can. */
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

/** Whether closing the page would lose something. */
export function isUnsaved({ kinds, glances, saved }: TeachState): boolean {
  return kinds.some(({ examples }) => examples.length > 0) || (glances.length > 0 && !saved)
}
