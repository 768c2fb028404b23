/** Work on separate threads, so that the main thread is free for the engine, which blocks it while it runs. */

import { availableParallelism } from 'node:os'
import { parentPort, type TransferListItem, Worker } from 'node:worker_threads'
import { messageOf, UserError } from './errors.ts'

type Reply<Result> =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly failure: string; readonly forUser: boolean }

/** Asks a thread to end once it has done its jobs. */
const CLOSE = 'close'

/** A job that was handed out: the thread that does it, and the promise that waits for it. */
interface Pending<Result> {
  readonly worker: Worker
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
}

/** A thread, and its end. */
interface Thread {
  readonly worker: Worker
  readonly ended: Promise<void>
}

/** All pools whose threads are running. */
const open = new Set<{ close(): Promise<void> }>()

/**
 * End the process once its threads have ended, after the few jobs that they still have. Ending a thread while a network
 * runs or is loaded on it would crash the process.
 */
export async function exitWithThreads(code: number): Promise<never> {
  await Promise.all([...open].map((workers) => workers.close()))
  process.exit(code)
}

/** Threads that run one module, which calls {@link serve}. */
export class Workers<Job, Result> {
  /** Those that have not ended. */
  private threads: readonly Thread[]
  private readonly pending = new Map<number, Pending<Result>>()
  private next = 0
  private closed = false

  /**
   * @param module from {@link workerModule}
   * @param count how many threads
   * @param data what every thread has as its `workerData`
   */
  constructor(module: URL, count: number, data?: unknown) {
    this.threads = Array.from({ length: count }, () => {
      // Not with the flags of the process, some of which are only about its own script: `node --input-type=module -e
      // …`.
      const worker = new Worker(module, { workerData: data, execArgv: [] })
      worker.on('message', (answer: Reply<Result>) => {
        const job = this.pending.get(answer.id)!
        this.pending.delete(answer.id)
        if ('result' in answer) job.resolve(answer.result)
        else job.reject(answer.forUser ? new UserError(answer.failure) : new Error(answer.failure))
      })
      worker.on('error', (error) => this.lose(worker, error as Error))
      const ended = new Promise<void>((resolve) => worker.on('exit', () => resolve()))
      ended.then(() => {
        this.threads = this.threads.filter((thread) => thread.worker !== worker)
        this.lose(worker, new Error('a worker thread has ended'))
      })
      return { worker, ended }
    })
    open.add(this)
  }

  /**
   * Have a job done by the thread with the least to do.
   *
   * @param transfer buffers of the job that move to the thread instead of being copied
   */
  run(job: Job, transfer: readonly TransferListItem[] = []): Promise<Result> {
    // The process is ending, and nothing waits for the answer.
    if (this.closed) return new Promise(() => {})
    const answered = new Promise<Result>((resolve, reject) => {
      const worker = this.leastBusy()
      const id = this.next++
      this.pending.set(id, { worker, resolve, reject })
      worker.postMessage({ id, job }, transfer)
    })
    // The caller may have failed in the meantime and no longer wait.
    answered.catch(() => {})
    return answered
  }

  /** Let the threads end, after the jobs that they still have. */
  async close(): Promise<void> {
    this.closed = true
    for (const { worker } of this.threads) worker.postMessage(CLOSE)
    await Promise.all(this.threads.map(({ ended }) => ended))
    open.delete(this)
  }

  /** @throws Error when all threads have ended */
  private leastBusy(): Worker {
    if (this.threads.length === 0) throw new Error('all worker threads have ended')
    const waiting = new Map(this.threads.map(({ worker }) => [worker, 0]))
    for (const { worker } of this.pending.values()) waiting.set(worker, waiting.get(worker)! + 1)
    const [worker] = [...waiting].reduce((least, each) => (each[1] < least[1] ? each : least))
    return worker
  }

  /** A thread broke or ended: its jobs fail. */
  private lose(worker: Worker, error: Error): void {
    for (const [id, job] of this.pending) {
      if (job.worker !== worker) continue
      this.pending.delete(id)
      if (!this.closed) job.reject(error)
    }
  }
}

/** More threads would only wait for the disk, and each takes about 50 MB. */
const MOST_THREADS = 16
/** Two, so that a thread works on one job while another's file is read. */
const AT_ONCE = 2

/**
 * Do jobs on all cores.
 *
 * @param module from {@link workerModule}
 * @param data what every thread has as its `workerData`
 * @returns the results, in the order of the jobs; a caller that stops early waits for the few jobs that are underway
 */
export async function* onAllCores<Job, Result>(
  module: URL,
  jobs: readonly Job[],
  data?: unknown,
): AsyncGenerator<Result> {
  const count = Math.min(availableParallelism(), MOST_THREADS, jobs.length)
  const workers = new Workers<Job, Result>(module, count, data)
  const underway: Promise<Result>[] = []
  try {
    for (const index of jobs.keys()) {
      while (underway.length < AT_ONCE * count && index + underway.length < jobs.length) {
        underway.push(workers.run(jobs[index + underway.length]!))
      }
      yield await underway.shift()!
    }
  } finally {
    await workers.close()
  }
}

/**
 * In a worker's module: do the jobs that arrive.
 *
 * @param work does one; a UserError that it throws reaches the caller as a UserError
 * @param moved buffers of a result that are moved to the main thread, not copied
 */
export function serve<Job, Result>(
  work: (job: Job) => Result | Promise<Result>,
  moved: (result: Result) => TransferListItem[] = () => [],
): void {
  const port = parentPort!
  let underway = 0
  let closing = false
  const close = () => closing && underway === 0 && port.close()
  port.on('message', async (message: typeof CLOSE | { id: number; job: Job }) => {
    if (message === CLOSE) {
      closing = true
      close()
      return
    }
    const { id, job } = message
    underway++
    try {
      const result = await work(job)
      port.postMessage({ id, result }, moved(result))
    } catch (error) {
      port.postMessage({ id, failure: messageOf(error), forUser: error instanceof UserError })
    }
    underway--
    close()
  })
}

/**
 * The file that a thread or a process starts with. It is bundled (`build/program.js`), so that it loads quickly: also for
 * tests, which run the sources, and for programs that use regard as a library.
 *
 * @param here the `import.meta.url` of the module beside it
 * @param name of its built file: `cut.worker.js`
 */
export function workerModule(here: string, name: string): URL {
  return new URL(name, here.replace(/\/(src|dist)\/(?!.*\/(src|dist)\/)/, '/dist/program/'))
}
