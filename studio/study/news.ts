/** Listens to the server's news about studies, and reconnects if the connection is lost. */

import type { CurvePart, ListedFolder, ShownRun, ShownStudy } from '../../src/server/messages.ts'
import { getStudies, setStudies, withParts, withRuns } from './store.ts'

/** Seconds until a lost connection is tried again. */
const AGAIN = 5

/** Milliseconds without a heartbeat (one comes every ten seconds) before the connection counts as lost. */
const SILENCE = 35_000

let listening: AbortController | undefined

/**
 * Follow the list of folders, and one study.
 *
 * @returns a function to stop following
 */
export function follow(study: string | undefined): () => void {
  listening?.abort()
  const control = new AbortController()
  listening = control
  setStudies({ study: undefined, curves: {}, unreadable: undefined })
  void listen(study, control.signal)
  return () => control.abort()
}

async function listen(study: string | undefined, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await isServed(signal)) await untilLost(study, signal)
    else if (getStudies().connection === 'asking' && !signal.aborted) {
      setStudies({ connection: 'none' })
      return
    }
    if (getStudies().connection === 'none') return
    for (let again = AGAIN; again > 0 && !signal.aborted; again--) {
      setStudies({ connection: 'lost', again })
      await pause(1000, signal)
    }
  }
}

/** Whether there is a server that knows studies; a plain file server does not. */
async function isServed(signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch('api/folders', { signal })
    return response.ok && Array.isArray(await response.json())
  } catch {
    return false
  }
}

function untilLost(study: string | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const asked = study === undefined ? '' : `?study=${encodeURIComponent(study)}`
    const source = new EventSource(`api/news${asked}`)
    let silence: ReturnType<typeof setTimeout>
    const end = () => {
      clearTimeout(silence)
      source.close()
      resolve()
    }
    const alive = () => {
      clearTimeout(silence)
      silence = setTimeout(end, SILENCE)
    }
    const on = <T>(event: string, take: (data: T) => void) =>
      source.addEventListener(event, ({ data }: MessageEvent<string>) => {
        alive()
        take(JSON.parse(data) as T)
      })
    alive()
    signal.addEventListener('abort', end, { once: true })
    source.addEventListener('open', () => setStudies({ connection: 'open' }))
    source.addEventListener('error', end)
    source.addEventListener('here', alive)
    on<ListedFolder[]>('folders', (folders) => setStudies({ folders }))
    on<ShownStudy>('study', (study) => setStudies({ study, unreadable: undefined }))
    on<ShownRun[]>('runs', (runs) => setStudies(({ study }) => ({ study: study && withRuns(study, runs) })))
    on<CurvePart[]>('curves', (parts) => setStudies(({ curves }) => ({ curves: withParts(curves, parts) })))
    on<string>('unreadable', (unreadable) => setStudies({ unreadable }))
  })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
