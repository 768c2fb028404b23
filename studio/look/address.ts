/** Keeps the address of the page and the settings of Look in step. */

import { keep, kept } from '../app/kept.ts'
import { routeOf } from '../app/route.ts'
import { fromLink, linkOf } from './link.ts'
import { changed, loadColumns } from './run.ts'
import { type Drawing, getLook, PLAIN, setLook, useLook } from './store.ts'

/** Sliders move faster than browsers let an address change. */
const REST = 300

/** The query of the address, if it is Look's. */
function queryNow(): string | undefined {
  return routeOf(location.hash).view === 'look' ? (location.hash.split('?')[1] ?? '') : undefined
}

function hashOf(query: string): string {
  return query ? `#/look?${query}` : '#/look'
}

/** Change how maps are drawn: the browser remembers it for the next visit. */
export function draw(change: Partial<Drawing>): void {
  const drawing = { ...getLook().drawing, ...change }
  setLook({ drawing })
  keep('drawing', linkOf({ ...PLAIN, drawing }))
}

/**
 * Take the settings from the address, and report what in it cannot be followed. Without any, maps are drawn as they were
 * last.
 */
export function applyAddress(): void {
  const query = queryNow() || kept('drawing')
  const { here, yours, networks, columns } = getLook()
  if (!query) return
  const known = [...here, ...yours, ...networks.map(({ id }) => id), ...columns]
  const { settings, faults } = fromLink(query, known)
  changed({ ...settings, note: faults.length > 0 ? faults.join(' ') : undefined })
}

/** Keep the address up to date with the settings. */
export function followAddress(): void {
  let waits = false
  const write = () => {
    waits = false
    const query = queryNow()
    const now = linkOf(getLook())
    if (query !== undefined && query !== now) history.replaceState(history.state, '', hashOf(now))
  }
  const soon = () => {
    if (!waits) setTimeout(write, REST)
    waits = true
  }
  useLook.subscribe(soon)
  addEventListener('hashchange', () => {
    const query = queryNow()
    // Coming back from another view without settings keeps the present ones.
    if (query && query !== linkOf(getLook())) {
      applyAddress()
      void loadColumns()
    }
    soon()
  })
  soon()
}

/** Put a link to these settings on the clipboard; where the browser denies that, show it. */
export async function copyLink(): Promise<void> {
  const link = new URL(hashOf(linkOf(getLook())), location.href).href
  try {
    await navigator.clipboard.writeText(link)
    setLook({ note: 'Link copied. It has the settings, not the photo.' })
  } catch {
    setLook({ note: `Copy this link: ${link}` })
  }
}
