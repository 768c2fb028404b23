/**
 * A process that makes one run: its parent sends the request, and receives its progress and how it ended. So the parent
 * stays responsive, a run that fails breaks nothing else, and its memory is freed.
 */

import { sendAndExit } from '../../base/child.ts'
import { messageOf, PassingError, UserError } from '../../base/errors.ts'
import { inWords, NotWritten } from '../../base/files.ts'
import { holderInWords, Lock } from '../../base/lock.ts'
import { exitWithThreads } from '../../base/workers.ts'
import { nodeEngine } from '../../engine/node.ts'
import { Clock, type Pace } from '../clock.ts'
import { engineFor } from '../engineFor.ts'
import type { RunJob } from '../job.ts'
import { makeRun } from '../makeRun.ts'
import { prepareRuns } from '../prepareRuns.ts'
import { runFiles, runName } from '../record.ts'
import { claim, stateOf } from '../state.ts'
import { expectRuns } from '../workload.ts'
import { isMemory, outOfMemory } from './memory.ts'
import type { RunRequest } from './request.ts'
import type { Store } from './store.ts'

/** What a child sends its parent. */
export type RunMessage =
  | { readonly pace: Pace }
  | { readonly ended: 'finished' | 'stopped' }
  | { readonly failure: string; readonly kind: FailureKind }

/**
 * What kind of failure a run ended with: one of its plan or its data; of the disk, which all runs write to; of something
 * that may pass; or a fault of regard's own.
 */
export type FailureKind = 'plan' | 'disk' | 'passing' | 'fault'

/** Milliseconds between two progress reports. */
const OFTEN = 500
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
process.on('message', (message: RunRequest | 'stop') => {
  if (message === 'stop') stop.abort()
  else void make(message).then(sendAndExit)
})

async function make(request: RunRequest): Promise<RunMessage> {
  try {
    return { ended: (await made(request, stop.signal)) ? 'finished' : 'stopped' }
  } catch (thrown) {
    const error = inWords(thrown)
    if (error instanceof NotWritten) return { failure: error.message, kind: 'disk' }
    if (error instanceof PassingError) return { failure: error.message, kind: 'passing' }
    if (error instanceof UserError) return { failure: error.message, kind: 'plan' }
    if (isMemory(messageOf(error)))
      return { failure: outOfMemory(`memory ran out (${messageOf(error)})`), kind: 'passing' }
    // Its trace is what a report of it needs.
    console.error(error)
    return { failure: messageOf(error), kind: 'fault' }
  }
}

/** Make a run; false where the signal stops it. */
async function made(
  { plan, run, hash, out, store: url, threads, device }: RunRequest,
  signal: AbortSignal,
): Promise<boolean> {
  let lastSent = Number.NEGATIVE_INFINITY
  const clock = new Clock((pace) => {
    if (performance.now() - lastSent < OFTEN) return
    lastSent = performance.now()
    if (process.connected) process.send!({ pace } satisfies RunMessage)
  })
  try {
    const { runs } = await prepareRuns(plan, out, [run], { clock, signal })
    const { job, config } = runs[0]!
    if (config.hash !== hash) {
      throw new UserError(
        'the photos, their labels or the weights to start from differ from those that the study began with',
        runName(run),
        'Give every machine the same files, or run the study again if they have changed',
      )
    }
    const { folder, schedule, data, split } = job
    // A process that lost its parent, or slept with its machine while its run was given to this one, soon releases the
    // run.
    const lock = await Lock.wait(runFiles.lock(folder), signal, (holder) =>
      console.error(`the run is held by ${holderInWords(holder)}; waiting for it`),
    )
    // Its new holder now writes there.
    lock.lost.addEventListener('abort', () => void exitWithThreads(1))
    try {
      const store = url === undefined ? undefined : await openStore(url, signal)
      // What was finished here and could not be put there is put there now.
      if (stateOf(folder, config).kind !== 'finished') await store?.fetch(runName(run), folder, hash)
      const given = await nodeEngine({ threads, device })
      const means = claim(folder, config, given)
      if (!means) {
        await store?.finish(runName(run), folder)
        return true
      }
      const kinds = Object.keys(data.pictures).length
      const { explained, profiled } = job
      expectRuns(clock, [{ run, schedule, scored: kinds * split.test.length, explained, profiled }])
      const context = { engine: await engineFor(folder, means, given), clock, signal }
      if (store) await keeping(store, job, () => makeRun(job, context))
      else await makeRun(job, context)
      return true
    } finally {
      lock.release()
    }
  } catch (error) {
    if (signal.aborted && (error === signal.reason || error instanceof PassingError)) return false
    throw error
  }
}

/** Its client is large, and few studies need it. */
async function openStore(url: string, signal: AbortSignal): Promise<Store> {
  const { Store } = await import('./store.ts')
  return new Store(url, { signal })
}

/** Milliseconds between two checks for a new checkpoint to keep. */
const LOOK = 2000

/** Make a run, and save every checkpoint, and finally the run, in the store. */
async function keeping(store: Store, { run, folder }: RunJob, make: () => Promise<unknown>): Promise<void> {
  const name = runName(run)
  let underway: Promise<void> = Promise.resolve()
  let busy = false
  const save = async () => {
    busy = true
    // What could not be saved this time is saved next time, and the end waits for it.
    await store.save(name, folder).catch((error) => console.error(messageOf(error)))
    busy = false
  }
  const watch = setInterval(() => {
    if (!busy) underway = save()
  }, LOOK)
  try {
    await make()
    clearInterval(watch)
    await underway
    await store.finish(name, folder)
  } catch (error) {
    clearInterval(watch)
    await underway
    await save()
    throw error
  } finally {
    clearInterval(watch)
  }
}
