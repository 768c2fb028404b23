/** The worker's own side of `inWorker.ts`: it does what a page asks for, one call after another. */

import { messageOf } from './base/errors.ts'
import type { Engine } from './engine/engine.ts'
import { pausing } from './engine/pausing.ts'
import type { Explainer } from './explanation/explain.ts'
import { loadEngine, loadModel, toModelInput } from './index.ts'
import type { WorkerExplainOptions } from './inWorker.ts'
import { explainBy, loadModelExplainer } from './models/explain.ts'
import type { Model } from './models/model.ts'
import { against } from './models/questions.ts'
import type { EngineOptions, LoadModelOptions, Photo } from './platform.ts'

/** A model that the worker holds. */
export interface LoadedModel {
  readonly id: number
  /** The names of its classes, by index. */
  readonly classes: readonly string[]
  /** The output that is explained. */
  readonly output: string
  /** What its card says. */
  readonly card: Model['card']
}

/** What a page asks for; `stop` stops what was asked for under the same number. */
export interface Ask {
  readonly id: number
  readonly call: 'start' | 'loadModel' | 'explain' | 'stop'
  readonly given: readonly unknown[]
}

/** What a page is sent back. */
export type Heard = { readonly id: number } & (
  | { readonly progress: [done: number, total: number] }
  | { readonly result: unknown }
  | { readonly error: { readonly name: string; readonly message: string } }
)

let engine: Engine
const models: Model[] = []
/** The explainer that is loaded, and for what. */
let loaded: { readonly key: string; readonly explainer: Explainer } | undefined
const stops = new Map<number, AbortController>()
let last: Promise<unknown> = Promise.resolve()

const calls = {
  async start(_: number, options: EngineOptions) {
    engine = pausing(await loadEngine(options))
  },

  async loadModel(_: number, where: string, options: LoadModelOptions): Promise<LoadedModel> {
    const model = await loadModel(where, options)
    const { classes, output, card } = model
    return { id: models.push(model) - 1, classes, output, card }
  },

  async explain(
    id: number,
    { id: which }: LoadedModel,
    photo: Exclude<Photo, URL> | { readonly url: string },
    { class: asked, minus, ...how }: WorkerExplainOptions,
  ) {
    const model = against(models[which]!, minus)
    const key = JSON.stringify([which, model.reference, how])
    if (loaded?.key !== key) {
      await loaded?.explainer.release()
      loaded = undefined
      loaded = { key, explainer: await loadModelExplainer(model, { ...how, engine }) }
    }
    const input = await toModelInput('url' in photo ? new URL(photo.url) : photo)
    return explainBy(loaded.explainer, model, input, {
      class: asked,
      minus,
      signal: stops.get(id)?.signal,
      progress: (done, total) => tell({ id, progress: [done, total] }),
    })
  },
}

function tell(heard: Heard): void {
  postMessage(heard)
}

function listen({ data: { id, call, given } }: MessageEvent<Ask>): void {
  if (call === 'stop') {
    stops.get(id)?.abort()
    return
  }
  stops.set(id, new AbortController())
  last = last.then(async () => {
    try {
      stops.get(id)!.signal.throwIfAborted()
      const result = await (calls[call] as (id: number, ...given: readonly unknown[]) => Promise<unknown>)(
        id,
        ...given,
      )
      tell({ id, result })
    } catch (error) {
      tell({ id, error: { name: (error as Error).name, message: messageOf(error) } })
    } finally {
      stops.delete(id)
    }
  })
}

// ONNX Runtime starts its threads from the file that holds its own code. Where a bundler has put that code
// into this file, this may be such a thread, which only has to load it.
if (self.name === 'em-pthread') void import('onnxruntime-web/wasm')
else addEventListener('message', listen)
