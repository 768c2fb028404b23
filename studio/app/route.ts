/** The current view and its settings: `#/look?n=faceres&q=gender:top`. */

import { useSyncExternalStore } from 'react'

export const VIEWS = ['look', 'models', 'study', 'teach', 'help'] as const
export type View = (typeof VIEWS)[number]

export interface Route {
  readonly view: View
  /** The path after the view, such as `runs` in `#/study/runs`. */
  readonly rest: readonly string[]
  readonly query: URLSearchParams
}

/** Read a fragment; an unknown one means the first view. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first, ...rest] = path.split('/').map(decoded)
  const view = VIEWS.find((each) => each === first) ?? 'look'
  return { view, rest, query: new URLSearchParams(query) }
}

/** A part of a path; one that is cut off or damaged stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Do something slow, then go where it leads, unless the user has gone elsewhere in the meantime. */
export async function thenGo(act: () => Promise<string | undefined>): Promise<void> {
  const { hash } = location
  const to = await act()
  if (to !== undefined && location.hash === hash) location.hash = to
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (changed) => {
      addEventListener('hashchange', changed)
      return () => removeEventListener('hashchange', changed)
    },
    () => location.hash,
  )
  return routeOf(hash)
}
