/** Explaining all faces of a data set, as a network was shown them. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError, UserError } from '../base/errors.ts'
import { sha256Of } from '../base/hash.ts'
import { version } from '../base/version.ts'
import type { Watch } from '../base/watch.ts'
import { alignFaces } from '../datasets/alignFaces.ts'
import { type Dataset, type Face, labelOf } from '../datasets/dataset.ts'
import { partNames } from '../datasets/partNames.ts'
import { CLASSES, nearestAgeGroup } from '../datasets/task.ts'
import type { Engine } from '../engine/engine.ts'
import { sharesByPart } from '../explanation/byPart.ts'
import { coherenceOf } from '../explanation/coherence.ts'
import type { Explainer } from '../explanation/explain.ts'
import { pixelRelevance } from '../explanation/heatMap.ts'
import type { NamedMethod } from '../explanation/methods.ts'
import { pooled } from '../explanation/pooled.ts'
import { compositeOf, explainInput, loadModelExplainer, type ModelExplanation } from '../models/explain.ts'
import { inputOf, pictureOf } from '../models/input.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { against, questionsOf } from '../models/questions.ts'
import { fitted } from '../pictures/fit.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { topClass } from '../statistics/accuracy.ts'
import type { Evaluable } from './evaluate.ts'
import { type ExplainedFace, type ExplainedFaces, ExplainedStore, GRID, THUMBNAIL } from './explainedFaces.ts'
import { requirePlaces } from './labels.ts'
import { groupsOf } from './testRecord.ts'
import { expectedAge } from './years.ts'

/** What is explained of each face, and how. */
export interface ExplainFacesOptions extends Watch {
  readonly engine: Engine
  /** The card's, or the default one, where neither is given. */
  readonly composite?: Composite
  readonly method?: NamedMethod
  /**
   * `top`: the network's own answer; `truth`: the class that the data set gives; or a class by its name. An age in years is
   * always set against the mean of the labels.
   */
  readonly class?: string
  /** Holds a folder for each network, data set and way of explaining. */
  readonly folder: string
}

/**
 * Explain every face of a data set, or take up what an earlier call has explained in the same way.
 *
 * @param faces those to explain
 * @throws UserError where no face can be used, or the folder cannot be written; the signal's reason, when that stops it:
 *   what was explained until then stays
 */
export async function explainFaces(
  evaluable: Evaluable,
  dataset: Dataset,
  faces: readonly Face[],
  options: ExplainFacesOptions,
): Promise<ExplainedFaces> {
  const { alignment } = evaluable
  const asking = askingOf(evaluable, dataset, options.class ?? 'top')
  const { model } = asking
  const preprocessing = requirePreprocessing(model)
  const { size, picture, layout } = preprocessing
  if (picture.width !== picture.height) {
    throw new UserError(
      `its pictures are ${picture.height} × ${picture.width}, and parts are found in square ones`,
      model.path,
    )
  }
  const usable = faces.filter((face) => asking.asks(face) !== undefined)
  if (usable.length === 0) {
    throw new UserError(`no face has a label for the task ${evaluable.task}`, dataset.root)
  }
  const grid = [Math.min(GRID, size.height), Math.min(GRID, size.width)] as const
  const parts = partNames(faces)
  const store = new ExplainedStore(
    join(options.folder, keyOf(evaluable, dataset, parts, options)),
    grid[0] * grid[1],
  )
  try {
    const left = usable.filter(({ id }) => !store.known.has(id))
    const { signal, progress } = options
    progress?.(usable.length - left.length, usable.length)
    if (left.length > 0) {
      const { engine, composite, method } = options
      const explainer = await loadModelExplainer(model, {
        engine,
        composite: method ? undefined : composite,
        method,
      })
      try {
        let at = 0
        for await (const aligned of alignFaces(left, alignment, picture.height, { parts: true })) {
          signal?.throwIfAborted()
          const face = left[at++]!
          if (typeof aligned === 'string') store.add({ face: face.id, reason: aligned })
          else {
            const shown = { width: picture.width, height: picture.height, data: aligned.picture! }
            const { explanation, ...answered } = await asking.explain(explainer, face, shown, signal)
            const map = pixelRelevance(explanation.relevance, layout)
            const labels = aligned.parts && { ...shown, data: aligned.parts }
            const line: ExplainedFace = {
              face: face.id,
              subject: face.subject,
              ...answered,
              groups: groupsOf(face),
              logit: explanation.logit,
              reached: map.data.reduce((sum, value) => sum + value, 0),
              warned: explanation.warnings.length > 0,
              parts: labels ? sharesByPart(map, labels, parts.length) : null,
              coherence: coherenceOf(map),
            }
            const small = fitted(pictureOf(inputOf(shown, preprocessing), preprocessing), SMALL, 'stretch')
            store.add(line, { map: pooled(map, GRID).data, picture: small.data })
          }
          progress?.(usable.length - left.length + at, usable.length)
        }
      } finally {
        await explainer.release()
      }
    }
    const { skipped, ...explained } = store.read(usable.map(({ id }) => id))
    if (explained.faces.length === 0) {
      throw new UserError(
        `none of its ${usable.length} faces can be used. The first: ${skipped[0]!.reason}`,
        dataset.root,
      )
    }
    return {
      ...explained,
      grid,
      parts,
      classes: asking.classes,
      skipped: [...dataset.skipped, ...skipped],
    }
  } finally {
    store.close()
  }
}

const SMALL = { width: THUMBNAIL, height: THUMBNAIL }

/** How one face is asked about and what its answer means, for the kind of answer that the network gives. */
interface Asking {
  readonly model: Model
  /** The names of the classes that answers are of. */
  readonly classes: readonly string[]
  /** What is asked of a face, as on the command line; undefined where it lacks the label that is asked for. */
  asks(face: Face): string | undefined
  explain(
    explainer: Explainer,
    face: Face,
    picture: Parameters<typeof inputOf>[0],
    signal: AbortSignal | undefined,
  ): Promise<
    Pick<ExplainedFace, 'truth' | 'answer' | 'probability' | 'explained'> & { explanation: ModelExplanation }
  >
}

function askingOf({ model, task, preprocessing }: Evaluable, { faces }: Dataset, wanted: string): Asking {
  const isAge = task === 'years' || model.task === 'years'
  if (isAge && wanted !== 'top') {
    throw new UsageError('of ages in years the expected age is explained, not a class', model.path)
  }
  const minus = isAge ? meanAge(faces) : undefined
  const asked = against(model, minus)
  const classes = isAge ? CLASSES.age : CLASSES[task]
  // Where each class of the task is among the network's own.
  const places = isAge ? [] : requirePlaces(model.classes, task as 'age' | 'gender', model.path)
  const truthOf = (face: Face) => labelOf(face, isAge ? 'age' : task)
  if (!['top', 'truth'].includes(wanted)) questionsOf(model, [wanted])
  return {
    model: asked,
    classes,
    asks(face) {
      if (isAge) return 'years'
      if (wanted !== 'truth') return wanted
      const truth = truthOf(face)
      return truth === undefined ? undefined : String(places[truth])
    },
    async explain(explainer, face, picture, signal) {
      const text = this.asks(face)!
      const questions =
        model.kind === 'number' ? [{ class: 0, reference: Number(minus) }] : questionsOf(asked, [text], minus)
      const input = inputOf(picture, preprocessing)
      const [explanation] = await explainInput(explainer, asked, input, questions, { signal })
      const { probability, value, outputs, class: explained } = explanation!
      const truth = truthOf(face) ?? null
      if (isAge) {
        const { probabilities } = outputs[asked.output]!
        const age = value ?? expectedAge(probabilities!)
        return {
          truth,
          answer: nearestAgeGroup(age),
          probability: 1,
          explained: null,
          explanation: explanation!,
        }
      }
      const scores = probabilitiesIn(explanation!, asked)
      const answer = topClass(places.map((place) => scores[place]!))
      return {
        truth,
        answer,
        probability: scores[places[answer]!] ?? probability!,
        explained: explained === undefined ? null : places.indexOf(explained),
        explanation: explanation!,
      }
    },
  }
}

/** The probability of each class; of a single one, that of both sides. */
function probabilitiesIn({ outputs }: ModelExplanation, { output }: Model): ArrayLike<number> {
  const { logits, probabilities } = outputs[output]!
  const scores = probabilities ?? logits
  return scores.length === 1 ? [1 - scores[0]!, scores[0]!] : scores
}

/** What ages are set against: the mean label, to a tenth of a year. */
function meanAge(faces: readonly Face[]): string {
  const years = faces.flatMap((face) => labelOf(face, 'years') ?? [])
  // Of a data set without ages in years, some age that every network has seen.
  if (years.length === 0) return String(MIDDLE)
  return (years.reduce((sum, age) => sum + age, 0) / years.length).toFixed(1)
}

/** An age in the middle of life, in years. */
const MIDDLE = 35

/** What tells one network, data set and way of explaining from another: the name of their folder. */
function keyOf(
  { model, task, alignment, preprocessing }: Evaluable,
  { kind, root, faces }: Dataset,
  parts: readonly string[],
  { composite, method, class: asked = 'top' }: ExplainFacesOptions,
): string {
  const way = method ?? compositeOf(model, composite)
  const { nodes, initializers } = model.network
  const { mean, ...rest } = preprocessing
  const head = [version, task, alignment, asked, way, rest, model.output, kind, root, parts, nodes]
  const photos = faces.map((face) => {
    const { size, mtimeMs } = statSync(face.photo, { throwIfNoEntry: false }) ?? {}
    return [face, size, mtimeMs]
  })
  return sha256Of(
    JSON.stringify(head),
    JSON.stringify(photos),
    'planes' in mean ? mean.planes : JSON.stringify(mean),
    ...[...initializers.values()].map(({ data }) => data as NodeJS.ArrayBufferView),
  ).slice(0, 16)
}
