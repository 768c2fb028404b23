/** What to ask a network about each face of a data set, and what its answers mean. */

import { UsageError, UserError } from '../base/errors.ts'
import { type Dataset, type Face, labelOf } from '../datasets/dataset.ts'
import { CLASSES, nearestAgeGroup } from '../datasets/task.ts'
import type { Explainer } from '../explanation/explain.ts'
import { agesNamed } from '../explanation/years.ts'
import type { TensorOf } from '../graph/types.ts'
import { agesToAsk } from '../models/ages.ts'
import { explainInput, type ModelExplanation } from '../models/explain.ts'
import type { Model } from '../models/model.ts'
import { against, questionsOf } from '../models/questions.ts'
import { topClass } from '../statistics/accuracy.ts'
import type { Evaluable } from './evaluate.ts'
import type { ExplainedFace } from './explainedFaces.ts'
import { requirePlaces } from './labels.ts'

/** What to explain about each face. */
export interface Asked {
  /**
   * `top`: the network's own answer; `truth`: the class that the data set gives; or a class by its name. An age in
   * years is always compared with the mean of the labels.
   */
  readonly class?: string
  /**
   * What to compare the explained class with, by the faces' ids: the index of a class of the task; faces that are not
   * in it are left out. For ages it is the group whose middle the expected age is compared with; faces are left out if
   * the network's own ages do not reach it.
   */
  readonly rather?: ReadonlyMap<string, number>
}

/** How one face is asked about and what its answer means, for the kind of answer that the network gives. */
export interface Asking {
  readonly model: Model
  /** The names of the classes in the answers. */
  readonly classes: readonly string[]
  /** The question about a face, as on the command line; undefined where the face is left out. */
  asks(face: Face): { readonly class: string; readonly minus?: string } | undefined
  explain(
    explainer: Explainer,
    face: Face,
    input: TensorOf<'float32'>,
    signal: AbortSignal | undefined,
  ): Promise<
    Pick<ExplainedFace, 'truth' | 'answer' | 'probability' | 'explained'> & { explanation: ModelExplanation }
  >
}

/**
 * How the faces of a data set are asked about.
 *
 * @param others faces whose mean age ages are compared with
 * @throws UserError where the network lacks the class, or the classes of its task
 */
export function askingOf(
  { model, task }: Evaluable,
  others: readonly Face[],
  { class: wanted = 'top', rather }: Asked,
): Asking {
  const isAge = task === 'years' || model.task === 'years'
  if (isAge && wanted !== 'top') {
    throw new UsageError('for ages in years, the expected age is explained, not a class', model.path)
  }
  if (rather && model.kind === 'number') {
    throw new UsageError('its answer is one number, and cannot be explained rather than another', model.path)
  }
  const mean = isAge ? meanAge(others) : undefined
  const ages = isAge ? agesToAsk(model) : undefined
  const asked = against(model, mean)
  const classes = isAge ? CLASSES.age : CLASSES[task]
  // Where each class of the task is among the network's own.
  const places = isAge ? [] : requirePlaces(model.classes, task as 'age' | 'gender', model.path)
  const truthOf = (face: Face) => labelOf(face, isAge ? 'age' : task)
  if (!['top', 'truth'].includes(wanted)) questionsOf(model, [wanted])
  return {
    model: asked,
    classes,
    asks(face) {
      const other = rather?.get(face.id)
      if (rather && other === undefined) return undefined
      if (isAge) {
        const minus = other === undefined ? mean : ages && middleIn(ages, other)?.toString()
        return minus === undefined ? undefined : { class: 'years', minus }
      }
      const text = wanted === 'truth' ? places[truthOf(face) ?? -1]?.toString() : wanted
      if (text === undefined) return undefined
      // A single logit already says how its two classes differ.
      return {
        class: text,
        minus: other === undefined || model.logits === 1 ? undefined : String(places[other]),
      }
    },
    async explain(explainer, face, input, signal) {
      const { class: text, minus } = this.asks(face)!
      // One number is compared with the mean inside its network.
      const questions =
        model.kind === 'number' ? [{ class: 0, reference: Number(mean) }] : questionsOf(asked, [text], minus)
      const [explanation] = await explainInput(explainer, asked, input, questions, { signal })
      const { probability, value, class: explained } = explanation!
      const truth = truthOf(face) ?? null
      if (isAge) {
        return {
          truth,
          answer: nearestAgeGroup(value!),
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

/**
 * The faces that there is a question about.
 *
 * @throws UserError where there is none
 */
export function askedOf(
  asking: Asking,
  faces: readonly Face[],
  { task }: Evaluable,
  { root }: Dataset,
): readonly Face[] {
  const found = faces.filter((face) => asking.asks(face) !== undefined)
  if (found.length === 0) throw new UserError(`no face has a label for the task ${task}`, root)
  return found
}

/** The age in the middle of each age group, in years. */
const MIDDLES = agesNamed(CLASSES.age)!

/**
 * The age in the middle of a group that a network can be compared with, which lies between its youngest and its oldest
 * class: the group's own middle, or that of the network's classes in it. Undefined where its ages do not reach so far.
 */
function middleIn(ages: readonly number[], group: number): number | undefined {
  const isWithin = (age: number) => age > Math.min(...ages) && age < Math.max(...ages)
  if (isWithin(MIDDLES[group]!)) return MIDDLES[group]
  const own = ages.filter((age) => nearestAgeGroup(age) === group)
  const middle = own.reduce((sum, age) => sum + age, 0) / own.length
  return isWithin(middle) ? middle : undefined
}

/** The probability of each class; for a single one, of both sides. */
function probabilitiesIn({ outputs }: ModelExplanation, { output }: Model): ArrayLike<number> {
  const { logits, probabilities } = outputs[output]!
  const scores = probabilities ?? logits
  return scores.length === 1 ? [1 - scores[0]!, scores[0]!] : scores
}

/** What ages are compared with: the mean label, to a tenth of a year. */
function meanAge(faces: readonly Face[]): string {
  const years = faces.flatMap((face) => labelOf(face, 'years') ?? [])
  // For a data set without ages in years, an age that every network has seen.
  if (years.length === 0) return String(MIDDLE)
  return (years.reduce((sum, age) => sum + age, 0) / years.length).toFixed(1)
}

/** An age in the middle of life, in years. */
const MIDDLE = 35
