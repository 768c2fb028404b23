/** The worker as the page sees it. */

import { proxy, type Remote, wrap } from 'comlink'
import type { Tell } from './protocol.ts'
import type { Work } from './work.ts'

let work: Remote<Work> | undefined

/** The worker; it is started when it is first asked for. */
export function theWork(): Remote<Work> {
  if (!work) {
    work = wrap<Work>(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }))
  }
  return work
}

/** Where the networks lie that come with the page. */
export function modelsFolder(): string {
  return new URL('models/', document.baseURI).href
}

/** A function that the worker may call. */
export function told(tell: Tell): Tell {
  return proxy(tell)
}
