/**
 * What a column can be compared with, and how a comparison is opened and closed: each is a step in the browser's
 * history.
 */

import { COMPOSITE_NAMES, METHOD_NAMES } from './rules.ts'
import { changed } from './run.ts'
import {
  type Against,
  answerTo,
  type Comparing,
  cellOf,
  compositeFor,
  getLook,
  type LookState,
  SIDES,
  type Way,
} from './store.ts'

/** The state of a step in the history. */
interface Step {
  readonly comparing?: Comparing
}

/** Everything that a cell can be compared with. */
export function againstOf(state: LookState, { network, row }: Omit<Comparing, 'against'>): Against[] {
  const { networks, strokes, questions, way, tuning } = state
  const info = networks.find(({ id }) => id === network)
  const question = questions.find(({ id }) => id === row)
  const answer = info && question && answerTo(info, question)
  const tuned = Object.keys(tuning).length > 0
  const isShown = (name: Way) =>
    !tuned && (name === way || (way === 'card' && info && name === compositeFor(info)))
  // Explained already, where the top answer is.
  const top = question?.class === 'top' ? cellOf(state, network, row).look?.name : undefined
  const ways: Way[] = ['card', ...COMPOSITE_NAMES, ...METHOD_NAMES]
  return [
    ...networks.filter(({ id }) => id !== network).map(({ id }): Against => ({ other: 'network', name: id })),
    ...(strokes.length > 0 ? [{ other: 'before' } as const] : []),
    // A hundred ages are too many to list.
    ...(answer && !answer.years ? answer.classes : [])
      .filter((name) => name !== question?.class && name !== top)
      .map((name): Against => ({ other: 'class', name })),
    ...ways.filter((name) => !isShown(name)).map((name): Against => ({ other: 'rules', name })),
  ]
}

/** In the form of links: `network:gear`, `before`, `class:m`, `rules:epsilon`. */
export function againstAsText(against: Against): string {
  return against.other === 'before' ? 'before' : `${against.other}:${against.name}`
}

/** Open a comparison, or change it, in which case the other side must be computed. */
export function compare(comparing: Comparing): void {
  const step: Step = { comparing }
  if (getLook().comparing) history.replaceState(step, '')
  else history.pushState(step, '')
  show(comparing)
}

/** Back to the columns. */
export function leave(): void {
  if ((history.state as Step | null)?.comparing) history.back()
  else show(undefined)
}

function show(comparing: Comparing | undefined): void {
  const { [SIDES.a]: _, [SIDES.b]: __, ...cells } = getLook().cells
  if (comparing || getLook().comparing) changed({ comparing, cells })
}

/** Follow the browser's own Back and Forward. */
export function followHistory(): () => void {
  const follow = ({ state }: PopStateEvent) => show((state as Step | null)?.comparing)
  addEventListener('popstate', follow)
  return () => removeEventListener('popstate', follow)
}
