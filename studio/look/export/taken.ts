/** What is exported: the columns' looks as shown, and the names of the files. */

import type { Look, NetworkInfo } from '../../worker/protocol.ts'
import { type Drawing, type LookState, type Question, shownIn } from '../store.ts'

/** One cell with its question. */
export interface Taken {
  readonly network: NetworkInfo
  readonly question: Question
  readonly look: Look
}

/** All cells that show something, row by row. */
export function takenFrom(state: LookState): Taken[] {
  const { columns, questions, networks } = state
  return questions.flatMap((question) =>
    columns.flatMap((id) => {
      const network = networks.find((each) => each.id === id)
      const look = shownIn(state, id, question.id)
      return network && look ? [{ network, question, look }] : []
    }),
  )
}

/** Whether pictures of these looks, drawn so, show the face. */
export function holdPhoto(taken: readonly Taken[], { show }: Drawing): boolean {
  return (
    show === 'photo' || (show === 'overlay' && taken.some(({ look }) => look.map.width === look.seen.width))
  )
}

/** `regard-faceres-gear-f.png`: networks and classes, and the layer where it is not the pixels. */
export function fileNameOf(taken: readonly Taken[], ending: string): string {
  const words = [
    ...taken.map(({ network }) => network.id),
    ...taken.map(({ look }) => look.name),
    ...taken.flatMap(({ look }) => (look.layer === undefined ? [] : [look.layer])),
  ]
  const safe = [...new Set(words)].map((word) => word.replace(/[^\p{L}\p{N}.+]+/gu, '_'))
  return `${['regard', ...safe].join('-').slice(0, 120)}${ending}`
}
