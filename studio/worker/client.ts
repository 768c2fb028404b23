/** The worker as the page sees it. */

import { proxy, type Remote, wrap } from 'comlink'
import type { Tell } from './protocol.ts'
import type { Work } from './work.ts'

let worker: Worker | undefined
let work: Remote<Work> | undefined

/** The worker; it is started when it is first asked for. */
export function theWork(): Remote<Work> {
  if (!work) {
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    work = wrap<Work>(worker)
  }
  return work
}

/** Where the networks lie that come with the page. */
export function modelsFolder(): string {
  return new URL('models/', document.baseURI).href
}

/** End a worker that no longer answers. The next one knows neither photo nor networks. */
export function replaceWork(): void {
  worker?.terminate()
  worker = undefined
  work = undefined
}

/** A function that the worker may call. */
export function told(tell: Tell): Tell {
  return proxy(tell)
}
