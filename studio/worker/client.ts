/** The worker from the page's side: started on first use, and restarted if it is stuck or gone. */

import { proxy, type Remote, wrap } from 'comlink'
import { create } from 'zustand'
import { SPENT, type Tell } from './protocol.ts'
import type { Work } from './work.ts'

/** The error of a question whose worker was lost. */
export class WorkerLost extends Error {
  /** Whether the user had pressed Stop. */
  readonly wasStopped: boolean

  constructor(why: string, wasStopped: boolean) {
    super(why)
    this.wasStopped = wasStopped
  }
}

/** What the page shows about the worker. */
export const useWorker = create<{
  /** Whether it has been silent so long that it may be stuck. */
  readonly silent: boolean
  /** Why it was restarted, in a sentence. */
  readonly why: string | undefined
}>(() => ({ silent: false, why: undefined }))

interface Running {
  readonly worker: Worker
  readonly work: Remote<Work>
  /** Settles when it holds everything that the last one held. */
  readonly ready: Promise<void>
  /** Callbacks for all who wait for it, in case it is lost. */
  readonly waiting: Set<(error: WorkerLost) => void>
  isReady: boolean
  /** Whether its work should be stopped. */
  stops: boolean
  isWatched: boolean
}

let running: Running | undefined

const restorers: ((work: Remote<Work>) => Promise<void>)[] = []

/** Register how to give each new worker what it must hold; in the order of registration. */
export function restoring(restore: (work: Remote<Work>) => Promise<void>): void {
  restorers.push(restore)
}

/** The worker. A question to it fails with {@link WorkerLost} when it is replaced; the next one goes to the new worker. */
export function theWork(): Remote<Work> {
  running ??= begun()
  return guarded(running.work)
}

/** The same for something else that lives in the worker. */
export function guarded<Type>(remote: Remote<Type>): Remote<Type> {
  const one = running!
  return new Proxy(remote as object, {
    get(target, name) {
      // It is not itself a promise.
      if (name === 'then') return undefined
      return (...given: unknown[]) =>
        unlessLost(one, async () => {
          await one.ready
          return Reflect.get(target, name)(...given)
        })
    },
  }) as Remote<Type>
}

function begun(): Running {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const work = wrap<Work>(worker)
  const one: Running = {
    worker,
    work,
    // Set in a moment, once it is the running one.
    ready: Promise.resolve().then(async () => {
      for (const restore of restorers) await unlessLost(one, () => restore(work))
      one.isReady = true
    }),
    waiting: new Set(),
    isReady: false,
    stops: false,
    isWatched: false,
  }
  // Each call reports it to its caller.
  one.ready.catch(() => {})
  worker.addEventListener('error', () => {
    if (one.isReady) replace(one, DIED)
    // It would not start next time either.
    else lose(one, 'The explaining worker could not start. Reload the page.')
  })
  return one
}

function lose(one: Running, why: string): void {
  for (const fail of one.waiting) fail(new WorkerLost(why, one.stops))
}

/** End a worker, and start another. */
function replace(one: Running, why: string): void {
  if (one !== running) return
  one.worker.terminate()
  running = begun()
  lose(one, why)
  useWorker.setState({ silent: false, why })
}

const STUCK = 'It stopped responding and was restarted. Your photo and networks are back.'
const DIED = 'The explaining worker crashed and was restarted. Your photo and networks are back.'

/** Restart a worker that does not respond. */
export function restart(): void {
  if (running) replace(running, STUCK)
}

/** Stop long work: between two runs, or, if a run does not end, together with the worker. */
export function stopWork(): void {
  if (!running) return
  const one = running
  one.stops = true
  // Only its answer to this shows that it listened after Stop was pressed: a heartbeat may have been answered before.
  void one.work.stop().then(() => {
    one.stops = false
  })
}

function unlessLost<Result>(one: Running, act: () => Promise<Result>): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    one.waiting.add(reject)
    const end = () => one.waiting.delete(reject)
    void act().then(
      (result) => {
        end()
        resolve(result)
      },
      (error) => {
        end()
        reject(error)
        // The question itself reports it.
        if (isSpent(error) && one.isReady) replace(one, error.name === SPENT ? MEMORY : DIED)
      },
    )
    void watch(one)
  })
}

const MEMORY = 'Memory ran out, so the worker was restarted. Your photo and networks are back.'

/** Whether an error means that no network can run any more in its worker: memory is used up, or the runtime broke. */
function isSpent(error: unknown): error is Error {
  return error instanceof Error && (error.name === SPENT || error.name === 'RuntimeError')
}

/** Milliseconds between two heartbeats. */
const BEAT = 1000

/** Silence of up to this many milliseconds is normal; so is this many times the longest so far. */
const [LEAST, TIMES] = [20_000, 4]

let longest = 0

/** While a worker has a question, check that it still listens: a run blocks it, and may never end. */
async function watch(one: Running): Promise<void> {
  if (one.isWatched) return
  one.isWatched = true
  while (one === running && one.waiting.size > 0) {
    let silence = 0
    let hasAnswered = false
    void one.work.beat().then(() => {
      hasAnswered = true
    })
    for (let before = performance.now(); one === running && !hasAnswered; ) {
      await rest(BEAT)
      const now = performance.now()
      // A machine's sleep does not count as silence.
      silence += Math.min(now - before, 2 * BEAT)
      before = now
      if (hasAnswered || silence < Math.max(LEAST, TIMES * longest)) continue
      if (one.stops) replace(one, STUCK)
      else useWorker.setState({ silent: true })
    }
    if (one !== running) break
    longest = Math.max(longest, silence)
    useWorker.setState({ silent: false })
    await rest(BEAT)
  }
  one.isWatched = false
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Where the networks that come with the page lie. */
export function modelsFolder(): string {
  return new URL('models/', document.baseURI).href
}

/** A function that the worker can call. */
export function told(tell: Tell): Tell {
  return proxy(tell)
}
