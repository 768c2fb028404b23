/** The worker as the page sees it: started when it is first asked for, and anew where it is stuck or gone. */

import { proxy, type Remote, wrap } from 'comlink'
import { create } from 'zustand'
import { SPENT, type Tell } from './protocol.ts'
import type { Work } from './work.ts'

/** What a question ends with when the worker that it was put to is no more. */
export class WorkerLost extends Error {
  /** Whether somebody had pressed Stop. */
  readonly wasStopped: boolean

  constructor(why: string, wasStopped: boolean) {
    super(why)
    this.wasStopped = wasStopped
  }
}

/** What the page has to say of the worker. */
export const useWorker = create<{
  /** Whether it has been silent for so long that it may be stuck. */
  readonly silent: boolean
  /** Why it was started anew, in a sentence. */
  readonly why: string | undefined
}>(() => ({ silent: false, why: undefined }))

interface Running {
  readonly worker: Worker
  readonly work: Remote<Work>
  /** Settles when it holds what the last one held. */
  readonly ready: Promise<void>
  /** What to call for all who wait for it, should it be lost. */
  readonly waiting: Set<(error: WorkerLost) => void>
  isReady: boolean
  /** Whether what it does is to be stopped. */
  stops: boolean
  isWatched: boolean
}

let running: Running | undefined

const restorers: ((work: Remote<Work>) => Promise<void>)[] = []

/** Give each new worker what it has to hold; who registers first goes first. */
export function restoring(restore: (work: Remote<Work>) => Promise<void>): void {
  restorers.push(restore)
}

/** The worker. A question to it fails with {@link WorkerLost} when it is replaced; the next one goes to the new worker. */
export function theWork(): Remote<Work> {
  running ??= begun()
  return guarded(running.work)
}

/** The same of something else that lives in the worker. */
export function guarded<Type>(remote: Remote<Type>): Remote<Type> {
  const one = running!
  return new Proxy(remote as object, {
    get(target, name) {
      // It is no promise itself.
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
    // In a moment, when it is the one that runs.
    ready: Promise.resolve().then(async () => {
      for (const restore of restorers) await unlessLost(one, () => restore(work))
      one.isReady = true
    }),
    waiting: new Set(),
    isReady: false,
    stops: false,
    isWatched: false,
  }
  // Whoever asks hears of it.
  one.ready.catch(() => {})
  worker.addEventListener('error', () => {
    if (one.isReady) replace(one, DIED)
    // It would not start the next time either.
    else lose(one, 'The explaining worker could not start. Reload the page.')
  })
  return one
}

function lose(one: Running, why: string): void {
  for (const fail of one.waiting) fail(new WorkerLost(why, one.stops))
}

/** End a worker, and start another in its place. */
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

/** Stop what runs long: between two runs, or, where a run does not end, with the worker. */
export function stopWork(): void {
  if (!running) return
  const one = running
  one.stops = true
  // Only its answer shows that it listened after Stop was pressed: a beat may have been answered before.
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
        // What was asked says so itself.
        if (isSpent(error) && one.isReady) replace(one, error.name === SPENT ? MEMORY : DIED)
      },
    )
    void watch(one)
  })
}

const MEMORY = 'Memory ran out, so the worker was restarted. Your photo and networks are back.'

/** Whether no network can run any more in the worker that said so: its memory is used up, or its runtime broke. */
function isSpent(error: unknown): error is Error {
  return error instanceof Error && (error.name === SPENT || error.name === 'RuntimeError')
}

/** Between two heartbeats, in milliseconds. */
const BEAT = 1000

/** Silence for so long is no fault, in milliseconds; nor so many times the longest so far. */
const [LEAST, TIMES] = [20_000, 4]

let longest = 0

/** As long as something is asked of a worker, see whether it still listens: a run holds it, and may never end. */
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
      // A machine that slept makes no silence.
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

/** Where the networks lie that come with the page. */
export function modelsFolder(): string {
  return new URL('models/', document.baseURI).href
}

/** A function that the worker may call. */
export function told(tell: Tell): Tell {
  return proxy(tell)
}
