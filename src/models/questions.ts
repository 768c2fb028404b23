/** What can be asked about a model's answer, in words, and what that means for its logits. */

import { UsageError, UserError } from '../base/errors.ts'
import {
  type ClassGroup,
  explainedClass,
  findClasses,
  type Question,
  requireClass,
  targetOf,
} from '../explanation/classes.ts'
import type { Explanation, Scores } from '../explanation/explain.ts'
import { type Target, weightsOf } from '../explanation/target.ts'
import { classesWithin, groupWeights, meanOf, softmaxOf, yearWeights } from '../explanation/years.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Node } from '../graph/operators.ts'
import type { Graph } from '../graph/types.ts'
import { agesToAsk } from './ages.ts'
import { isPlain, type Model } from './model.ts'

/**
 * Parse what a user asks into questions.
 *
 * @param asked `top`, or classes by name or index, with commas between; for classes that are ages also `years`, and
 *   groups of ages by a range: `60+`, `20-29`
 * @param minus what each of them is compared with
 * @throws UsageError for what the model lacks, or for two that do not go together
 */
export function questionsOf(model: Model, asked: readonly string[], minus?: string): Question[] {
  const { kind, classes, path } = model
  const ages = agesToAsk(model)
  const group = (text: string): ClassGroup | undefined => {
    // `8,13` are two ages, and `(8, 13)` is a range.
    const isRange = !text.includes(',') || text.trim().startsWith('(')
    const members = ages && isRange ? classesWithin(text, classes) : []
    return members.length > 0 ? { name: text, members } : undefined
  }
  if (kind === 'number') {
    findClasses(asked, classes, (text) => (text === 'years' ? 0 : undefined))
    const reference = minus === undefined ? undefined : numberFrom(minus, path)
    if (reference !== model.reference) {
      throw new UsageError(
        `the model is compared with ${model.reference ?? 'no number'}, not with ${reference ?? 'none'}`,
        path,
        'Load the explainer of `against(model, 30)`, and explain that model with it',
      )
    }
    return [{ class: 0, reference }]
  }
  const found = findClasses(asked, classes, (text) => (text === 'years' ? 'years' : group(text)))
  return found.map((each) => {
    if (each === 'years') {
      if (ages && !isDistribution(model)) {
        throw new UsageError(
          'its answers are ages, but not one softmax over them, so the expected age is no function of its logits',
          path,
          'Explain one of its classes, such as --class top',
        )
      }
      if (!ages) {
        throw new UsageError(
          `its answers are not ages, so there is no expected age: ${classes.slice(0, 8).join(', ')}`,
          path,
          'Give the names of its classes in its card: single ages, or groups such as 8-13 and 60+',
        )
      }
      return { class: each, reference: minus === undefined ? undefined : numberFrom(minus, path) }
    }
    const other = minus === undefined ? undefined : findClasses([minus], classes, group)
    const against = other === undefined ? undefined : other[0]
    if (against === 'top' || (other && other.length > 1)) requireClass(minus!, classes)
    const question: Question = { class: each, minus: against as Question['minus'] }
    if ([each, against].some((one) => typeof one === 'object') && !isDistribution(model)) {
      throw new UsageError('its classes are answered independently, so a group of them has no logit', path)
    }
    // What is wrong whatever the answer is gets reported before anything is explained.
    if (!needsAnswer(question, model)) targetIn(model, question)
    return question
  })
}

function numberFrom(text: string, path: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new UsageError(
    `'${text}' is not a number to compare years or a number with`,
    path,
    'Give, for example, --minus 30',
  )
}

function isDistribution({ kind }: Model): boolean {
  return kind === 'logits' || kind.endsWith('softmax')
}

/** Whether the weights of the logits in a question depend on the network's own answer. */
export function needsAnswer({ class: asked, minus }: Question, model: Model): boolean {
  if (asked === 'years' || typeof asked === 'object' || typeof minus === 'object') return true
  return asked === 'top' && (minus !== undefined || isProbability(model))
}

/**
 * Whether the answer is the probability of the second class, not a logit, whose sign would say which class it answers.
 */
function isProbability(model: Model): boolean {
  return isPlain(model) && model.kind !== 'number'
}

/** The network's own answer, by the explanation of it. */
function ownClass(model: Model, { target, outputs }: Explanation): number {
  return isProbability(model) ? Number(outputs[model.output]!.logits[0]! >= 0.5) : explainedClass(target)
}

/**
 * A question in terms of a model's logits.
 *
 * @param own the explanation of the model's own answer; needed where {@link needsAnswer} says so
 * @throws UsageError when a class is compared with itself, or the only logit with its other side; UserError when that
 *   happens to the network's own answer, or when the reference is not an expected age of its classes
 */
export function targetIn(
  model: Model,
  { class: asked, minus, reference }: Question,
  own?: Explanation,
): Target {
  const { kind, output, logits, classes } = model
  if (kind === 'number') return 0
  const scores = own?.outputs[output]
  const known =
    asked === 'top' && own && needsAnswer({ class: asked, minus }, model) ? ownClass(model, own) : asked
  if (typeof known !== 'object' && known !== 'years' && typeof minus !== 'object') {
    if (asked === 'top' && known === minus) {
      throw new UserError(
        `the network's own answer is ${classes[minus!]}, which would be compared with itself`,
        undefined,
        agesToAsk(model)
          ? `Name another class; --class years --minus ${classes[minus!]} compares the expected age with it`
          : 'Name another class',
      )
    }
    return targetOf({ class: known, minus }, logits)
  }
  if (!scores) {
    throw new UsageError(
      'how much each class counts in this depends on the answer to each picture',
      model.path,
    )
  }
  requireSoftmax(scores)
  if (known === 'years') return { weights: yearWeights(scores.logits, agesToAsk(model)!, reference) }
  const of = (one: 'top' | number | ClassGroup) =>
    typeof one === 'object' ? groupWeights(scores.logits, one.members) : weightsOf(one, logits)
  const against = minus === undefined ? undefined : of(minus)
  const weights = of(known).map((weight, k) => weight - (against?.[k] ?? 0))
  if (weights.some((weight) => weight !== 0)) return { weights }
  throw new UsageError(`the group ${typeof known === 'object' ? known.name : ''} does not differ from itself`)
}

/**
 * The expected age of a model's answer, in years; undefined where its output holds no distribution over ages.
 *
 * @param scores of that output
 */
export function expectedAgeIn(model: Model, { logits, probabilities }: Scores): number | undefined {
  const ages = agesToAsk(model)
  if (!ages || model.kind.endsWith('sigmoid')) return undefined
  // A function of several softmaxes, such as their mean, is no softmax of its own elements.
  if (model.kind === 'other') return probabilities && meanOf(ages, Array.from(probabilities))
  return meanOf(ages, softmaxOf(logits))
}

/** @throws UserError where an output's probabilities are not the softmax of all its logits */
function requireSoftmax({ logits, probabilities }: Explanation['outputs'][string]): void {
  const found = softmaxOf(logits)
  if (probabilities && found.every((p, k) => Math.abs(p - probabilities[k]!) < 1e-3)) return
  throw new UserError('its probabilities are not those of one softmax over all of its classes')
}

/**
 * A model whose one number is compared with another: the network itself subtracts it, so that it joins the last layer's
 * bias. Other models are returned unchanged. `explain` does this by itself; to explain many pictures, load an explainer
 * of the model that this returns.
 *
 * @param minus what the number is compared with
 * @throws UsageError where that is not a number
 */
export function against(model: Model, minus: string | number | undefined): Model {
  if (model.kind !== 'number' || minus === undefined) return model
  const reference = numberFrom(String(minus), model.path)
  return { ...model, network: lessened(model.network, model.output, reference), reference }
}

/** A network with a number subtracted from one of its outputs; the output keeps its name. */
function lessened(network: Graph, output: string, by: number): Graph {
  const inner = `${output} alone`
  const renamed = (names: readonly string[]) => names.map((name) => (name === output ? inner : name))
  const nodes = network.nodes.map(
    (node) =>
      ({
        ...node,
        name: node.name === output ? inner : node.name,
        inputs: renamed(node.inputs),
        outputs: renamed(node.outputs),
      }) as Node,
  )
  const outputs = network.outputs.filter(({ name }) => name !== output)
  const builder = GraphBuilder.from({ ...network, nodes, outputs })
  builder.output(output, builder.sub(builder.value(inner), builder.scalar(by)))
  return { ...network, ...builder.graph() }
}
