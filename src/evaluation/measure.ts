/**
 * Whether maps can be believed: methods compared with each other, and with controls that know nothing about the
 * network, by several measures on the same faces.
 */

import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { sha256Of } from '../base/hash.ts'
import type { Watch } from '../base/watch.ts'
import { type Dataset, type Face, type Skipped, skippedBelow } from '../datasets/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import type { Explainer, Explanation } from '../explanation/explain.ts'
import { type PixelRelevance, pixelRelevance } from '../explanation/heatMap.ts'
import type { Finding } from '../explanation/measures/finding.ts'
import type { Curves, Perturbation } from '../explanation/measures/perturbation.ts'
import { MEASURES, type MeasureName } from '../explanation/measures.ts'
import { channelsFirst, networkChannelsFirst } from '../explanation/methods/channelsFirst.ts'
import { loadScores } from '../explanation/methods/loadPrograms.ts'
import type { ScoresOf } from '../explanation/methods/program.ts'
import type { NamedMethod } from '../explanation/methods.ts'
import { openBatch } from '../graph/batch.ts'
import { loadModelExplainer } from '../models/explain.ts'
import { pictureOf } from '../models/input.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { rangeOf } from '../models/preprocessing.ts'
import type { Image } from '../pictures/image.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { type Asked, askedOf, askingOf } from './asking.ts'
import type { Evaluable } from './evaluate.ts'
import { keyOf } from './explainFaces.ts'
import { type MeasuredValue, RowStore } from './measuredRows.ts'
import { type Shown, showAll } from './shownFaces.ts'

/** A way to make maps: a composite or another method. */
export type Way = Composite | NamedMethod

/** The names of the methods that know nothing about the network. */
export const CONTROLS: readonly string[] = ['random', 'edges'] satisfies NamedMethod['method'][]

/** A measure with its options. */
export interface Taken {
  readonly measure: MeasureName
  readonly options: Readonly<Record<string, string | number | boolean>>
  /** For measures that change the picture: what the network's score is. */
  readonly score?: 'logits' | 'probabilities'
}

/** What to measure. */
export interface MeasureMapsOptions extends Watch, Asked {
  readonly engine: Engine
  /** By their names. */
  readonly methods: ReadonlyMap<string, Way>
  readonly taken: readonly Taken[]
  /** The parts that maps should lie on, for measures with a mask. */
  readonly parts: readonly string[]
  /** Holds a folder for each network, data set and question. */
  readonly folder: string
}

/** What was measured. */
export interface MeasuredMaps {
  readonly rows: readonly MeasuredValue[]
  /** Methods that do not fit the network, and why. */
  readonly unfit: readonly { readonly method: string; readonly reason: string }[]
  readonly skipped: readonly Skipped[]
  /** Some faces as the network sees them, with the map of each by each method, to look at. */
  readonly examples: readonly {
    readonly picture: Image
    readonly maps: ReadonlyMap<string, PixelRelevance>
  }[]
}

/** What rows hold: older rows, which held less, lie in another folder. */
const ROWS = 'values, curves, random numbers of each face'

/** How many faces are kept to look at. */
const EXAMPLES = 4

/** The name of a measure in tables, with its options. */
export function takenName({ measure, options, score }: Taken): string {
  const said = [
    ...Object.entries(options).map(([name, value]) => `${name} ${value}`),
    ...(score ? [score] : []),
  ]
  return said.length === 0 ? measure : `${measure} (${said.join(', ')})`
}

/** A measure with its options completed by the defaults. */
export function taken(measure: MeasureName, given: Taken['options'] = {}, score?: Taken['score']): Taken {
  const table = MEASURES[measure].options as Readonly<Record<string, { default: unknown }>>
  const options = Object.entries(table).map(([name, option]) => [name, given[name] ?? option.default])
  return { measure, options: Object.fromEntries(options), ...(score && { score }) }
}

/**
 * Measure methods on faces, continuing an earlier call.
 *
 * @throws UserError where no face can be used; the signal's reason, when that stops it: what was measured until then is
 * kept
 */
export async function measureMaps(
  evaluable: Evaluable,
  dataset: Dataset,
  faces: readonly Face[],
  options: MeasureMapsOptions,
): Promise<MeasuredMaps> {
  const { engine, methods, taken: measures, signal, progress } = options
  const asking = askingOf(evaluable, dataset.faces, options)
  const { model } = asking
  const wantsMask = measures.some(({ measure }) => MEASURES[measure].needs === 'mask')
  const parts = wantsMask ? options.parts : undefined
  const { shown, skipped } = await showAll(evaluable, dataset, askedOf(asking, faces, evaluable, dataset), {
    parts,
    signal,
  })
  const names = measures.map(takenName)
  const key = sha256Of(
    keyOf(evaluable, dataset, options),
    JSON.stringify([ROWS, names, options.parts]),
  ).slice(0, 16)
  const store = new RowStore(join(options.folder, key))
  const examples = shown.slice(0, EXAMPLES).map(({ input }) => ({
    picture: pictureOf(input, evaluable.preprocessing),
    maps: new Map<string, PixelRelevance>(),
  }))
  const unfit: { method: string; reason: string }[] = []
  const scores = new Map<string, LoadedScores>()
  try {
    await loadAllScores(scores, engine, model, measures)
    let done = 0
    const total = methods.size * shown.length
    for (const [method, way] of methods) {
      signal?.throwIfAborted()
      const left = shown.filter(({ face }, k) => k < EXAMPLES || !store.get(method, face.id))
      done += shown.length - left.length
      let explainer: Explainer
      try {
        explainer = await loadWay(engine, model, way, measures)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        unfit.push({ method, reason: error.message.split('\n')[0]! })
        done += left.length
        continue
      }
      try {
        for (const one of left) {
          signal?.throwIfAborted()
          const own = forFace(way, one.face)
          if (own !== way) {
            const next = await loadWay(engine, model, own, measures)
            await explainer.release()
            explainer = next
          }
          const { explanation } = await asking.explain(explainer, one.face, one.input, signal)
          const { layout } = requirePreprocessing(model)
          const map = pixelRelevance(explanation.relevance, layout)
          examples[shown.indexOf(one)]?.maps.set(method, map)
          if (!store.get(method, one.face.id)) {
            const values: Record<string, number | null> = {}
            const curves: Record<string, Curves> = {}
            const refused: Record<string, string> = {}
            const isEmpty = map.data.every((value) => value === 0)
            for (const [k, each] of measures.entries()) {
              const name = names[k]!
              if (isEmpty) {
                // Its pixels have no order and no shares, and some measures would find that good.
                values[name] = null
                refused[name] = 'they are empty: no pixel has any relevance'
                continue
              }
              const subject = { explainer, explanation, map, shown: one, model, engine, way: own }
              try {
                const found = await foundBy(each, subject, scores, signal)
                values[name] = found.value
                if (found.curves) curves[name] = found.curves
              } catch (error) {
                // A measure may refuse a map, such as an empty one.
                if (!(error instanceof UserError)) throw error
                values[name] = null
                refused[name] = error.message.split('\n')[0]!
              }
            }
            store.add({ method, face: one.face.id, subject: one.face.subject, values, curves, refused })
          }
          progress?.(++done, total)
        }
      } finally {
        await explainer.release()
      }
    }
    // In a fixed order, whatever was measured first, because sums and draws depend on it.
    const rows = [...methods.keys()].flatMap((method) =>
      shown.flatMap(({ face }) => store.get(method, face.id) ?? []),
    )
    return { rows, unfit, skipped: skippedBelow([...dataset.skipped, ...skipped], dataset.root), examples }
  } finally {
    for (const { release } of scores.values()) await release()
    store.close()
  }
}

/**
 * Load a network with the way of explaining that is measured.
 *
 * @throws UserError where it does not fit the network
 */
export function loadWay(
  engine: Engine,
  model: Model,
  way: Way,
  measures: readonly Taken[],
): Promise<Explainer> {
  if (!isComposite(way)) return loadModelExplainer(model, { engine, method: way })
  // Only relevance can be reported.
  const reports = way.method !== 'gradient'
  const conservation = reports && measures.some(({ measure }) => MEASURES[measure].needs === 'conservation')
  return loadModelExplainer(model, { engine, composite: way, conservation })
}

/**
 * Random numbers differ for each face: one draw for all of them would be a method of its own, good or bad by chance.
 */
function forFace(way: Way, { id }: Face): Way {
  return way.method === 'random' ? { ...way, seed: `${way.seed ?? 0} ${id}` } : way
}

function isComposite(way: Way): way is Composite {
  return way.method === undefined || way.method === 'relevance' || way.method === 'gradient'
}

/** A network's scores, by their kind. */
interface LoadedScores {
  readonly scoresOf: ScoresOf
  /** Whether several pictures can go through together. */
  readonly several: boolean
  readonly release: () => Promise<void>
}

/** Load what the measures need into a map, whose owner releases it even if loading fails. */
async function loadAllScores(
  loaded: Map<string, LoadedScores>,
  engine: Engine,
  { network, output, preprocessing }: Model,
  measures: readonly Taken[],
): Promise<void> {
  const opened = openBatch(network)
  const turned =
    'missing' in preprocessing || preprocessing.layout === 'NCHW' ? opened : networkChannelsFirst(opened)
  const several = typeof turned.inputs[0]!.shape[0] === 'string'
  for (const score of new Set(measures.flatMap((each) => each.score ?? []))) {
    const { program, scoresOf } = await loadScores(engine, turned, output, score)
    loaded.set(score, { scoresOf, several, release: () => program.release() })
  }
}

/** How many changed pictures go through the network at a time. */
const BATCH = 16

/** All that a measure may look at. */
interface MeasureSubject {
  readonly explainer: Explainer
  readonly explanation: Explanation
  readonly map: PixelRelevance
  readonly shown: Shown
  readonly model: Model
  readonly engine: Engine
  readonly way: Way
}

/** What a measure says about a map. */
interface Found {
  /** Null where it can say nothing. */
  readonly value: number | null
  /** For measures that remove pixels. */
  readonly curves?: Curves
}

const NOTHING: Found = { value: null }

async function foundBy(
  { measure, options, score }: Taken,
  { explainer, explanation, map, shown: { input, mask }, model, engine, way }: MeasureSubject,
  scores: ReadonlyMap<string, LoadedScores>,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const preprocessing = requirePreprocessing(model)
  const { layout } = preprocessing
  const target = { weights: [...explanation.target] }
  const entry = MEASURES[measure]
  // The name tells which kind of measure its function is.
  const run = (await entry.load()) as (...given: never[]) => unknown
  const call = async (...given: unknown[]) => foundOf(await run(...(given as never[])))
  switch (entry.needs) {
    case 'map':
      return await call(map)
    case 'mask':
      return mask ? await call(map, mask, options) : NOTHING
    case 'maps':
      return NOTHING
    case 'scores': {
      const { scoresOf, several } = scores.get(score!)!
      const picture = layout === 'NCHW' ? input : channelsFirst(input)
      const running = { batch: several ? BATCH : 1, signal }
      return await call(scoresOf, picture, explanation.target, map, { ...options, ...running })
    }
    case 'conservation':
      return explanation.conservation.length > 0 ? await call(explanation) : NOTHING
    case 'explainer':
      return await call(explainer, input, target, { ...options, layout, signal })
    case 'network': {
      const { network, output } = model
      const explained = { engine, network, method: way, output, layout, range: rangeOf(preprocessing) }
      return await call(explained, input, target, { ...options, signal })
    }
  }
}

function foundOf(found: unknown): Found {
  const finding = (typeof found === 'number' ? { value: found } : found) as Finding | Perturbation
  const { value } = finding
  if (!Number.isFinite(value)) return NOTHING
  return 'gone' in finding ? { value, curves: { gone: finding.gone, scores: finding.scores } } : { value }
}
