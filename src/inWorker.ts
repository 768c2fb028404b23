/** regard in a worker, so that a page never freezes: `regard/worker`. The worker's own side is `worker.ts`. */

import { UsageError, UserError } from './base/errors.ts'
import type { Watch } from './base/watch.ts'
import type { ExplainOptions, ModelExplanation } from './models/explain.ts'
import type { EngineOptions, LoadModelOptions, Photo } from './platform.ts'
import type { Ask, Heard, LoadedModel } from './worker.ts'

export type { LoadedModel } from './worker.ts'

/** Options of an explanation; the engine is the worker's, and functions cannot be sent to it. */
export type WorkerExplainOptions = Omit<ExplainOptions, 'engine'>

/** regard in a worker. Calls run one after another. */
export interface RegardWorker {
  /**
   * Read a model in the worker, where it stays.
   *
   * @param model as for `loadModel` of `regard`; files in memory are given as their bytes
   * @throws UserError as `loadModel` does
   */
  loadModel(
    model: string | URL,
    options?: Omit<LoadModelOptions, 'files'> & { readonly files?: Readonly<Record<string, Uint8Array>> },
  ): Promise<LoadedModel>

  /**
   * Explain what a model says of a photo. The network stays loaded until other options need another
   * explainer.
   *
   * @throws UserError as `explain` of `regard`; the signal's reason, when that stops it
   */
  explain(model: LoadedModel, photo: Photo, options?: WorkerExplainOptions): Promise<ModelExplanation>

  /** End the worker, whatever it is doing; calls that it has not finished fail, and so do later ones. */
  close(): void
}

/**
 * Start a worker.
 *
 * @param options where its engine runs
 */
export function startWorker(options: EngineOptions = {}): RegardWorker {
  // Bundlers know this form, and make the worker a file of its own.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  const waiting = new Map<number, { settle: (heard: Heard) => void; fail: (error: Error) => void }>()
  let next = 0
  let closed: Error | undefined
  const failAll = (error: Error) => {
    for (const { fail } of waiting.values()) fail(error)
    waiting.clear()
  }
  worker.onmessage = ({ data }: MessageEvent<Heard>) => waiting.get(data.id)?.settle(data)
  worker.onerror = ({ message }) => failAll(new Error(`the worker failed: ${message}`))

  function ask<Result>(
    call: Ask['call'],
    given: unknown[],
    { signal, progress }: Watch = {},
  ): Promise<Result> {
    const id = next++
    return new Promise<Result>((resolve, reject) => {
      signal?.throwIfAborted()
      if (closed) throw closed
      // It throws where something cannot be sent; then nobody waits for an answer.
      worker.postMessage({ id, call, given } satisfies Ask)
      const stop = () => {
        worker.postMessage({ id, call: 'stop', given: [] } satisfies Ask)
        finish(() => reject(signal!.reason))
      }
      const finish = (settle: () => void) => {
        waiting.delete(id)
        signal?.removeEventListener('abort', stop)
        settle()
      }
      signal?.addEventListener('abort', stop)
      waiting.set(id, {
        fail: (error) => finish(() => reject(error)),
        settle(heard) {
          if ('progress' in heard) progress?.(...heard.progress)
          else if ('error' in heard) finish(() => reject(errorOf(heard.error)))
          else finish(() => resolve(heard.result as Result))
        },
      })
    })
  }

  const started = ask('start', [options])
  // Each call reports it to its caller.
  started.catch(() => {})
  return {
    async loadModel(model, options = {}) {
      await started
      return ask('loadModel', [
        String(model instanceof URL ? model : absolute(model, options.files)),
        options,
      ])
    },
    async explain(model, photo, { signal, progress, ...options } = {}) {
      await started
      const given = photo instanceof URL ? { url: photo.href } : photo
      return ask('explain', [model, given, options], { signal, progress })
    },
    close() {
      worker.terminate()
      closed = new Error('the worker was closed')
      failAll(closed)
    },
  }
}

/** A URL as the page means it: the worker's own address differs. */
function absolute(model: string, files: unknown): string {
  return files ? model : new URL(model, location.href).href
}

/** Errors lose their class on the way. */
function errorOf({ name, message }: { name: string; message: string }): Error {
  const Kind =
    name === 'UsageError' ? UsageError : name === 'UserError' || name === 'MissingFile' ? UserError : Error
  const error = new Kind(message)
  error.message = message
  return error
}
