/** Explaining a model's answer to a photo. */

import { UsageError, UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Watch } from '../base/watch.ts'
import type { Engine } from '../engine/engine.ts'
import { explainedClass, probabilityOf, type Question } from '../explanation/classes.ts'
import {
  type Explainer,
  type Explanation,
  loadExplainer,
  type Scores,
  type TunableExplainer,
} from '../explanation/explain.ts'
import { heatMap, pixelRelevance } from '../explanation/heatMap.ts'
import type { NamedMethod } from '../explanation/methods.ts'
import type { Graph, TensorOf } from '../graph/types.ts'
import type { Image } from '../pictures/image.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { defaultComposite } from '../rules/composites/default.ts'
import { type CompositeName, composites } from '../rules/composites/presets.ts'
import { greyPicture, inputOf, pictureOf } from './input.ts'
import { type Model, requirePreprocessing } from './model.ts'
import { pictureShape, rangeOf } from './preprocessing.ts'
import { against, expectedAgeIn, needsAnswer, questionsOf, targetIn } from './questions.ts'
import { requireFinite, warningsOf } from './warnings.ts'

/** A photo, or preprocessed input. */
export type ModelInput = Image | TensorOf<'float32'>

/** What to explain, and how. */
export interface ExplainOptions extends Watch {
  /** What runs the network. */
  readonly engine: Engine
  /**
   * The class to explain, by name or index; by default the network's own answer, `top`. For classes that are ages also
   * `years`, the expected age, or a group of ages: `60+`, `20-29`.
   */
  readonly class?: string | number
  /**
   * The class or group to compare it with, by name or index: the difference of the two logits is explained. For
   * `years`, and for an output that is one number, a number.
   */
  readonly minus?: string | number
  /**
   * A composite, or the name of one. By default the card's, or else `attnlrp-gamma` for a network with attention and
   * `paper` for all others.
   */
  readonly composite?: CompositeName | Composite
  /** Instead of a composite another method, by its name or with options: `{ method: 'smoothgrad', seed: 7 }`. */
  readonly method?: NamedMethod | NamedMethod['method']
  /** Names of other values in the network whose relevance to give too; only composites can. */
  readonly layers?: readonly string[]
  /**
   * Whether to report what became of the relevance, layer by layer; only relevance composites can. This makes the graph
   * about two thirds larger, and as much slower to load.
   */
  readonly conservation?: boolean
}

/** An explanation that names the model's classes, with pictures where the input is a picture. */
export interface ModelExplanation extends Explanation {
  /**
   * The explained class: its index, its name, and its probability, which is the output's own where it holds
   * probabilities, and otherwise the softmax of its logits. A group of classes and an age in years have no index; a
   * number is the only class of its output, and has no probability.
   */
  readonly class: number | undefined
  readonly name: string
  readonly probability: number | undefined
  /** The expected age in years, where that is asked for; for an output that is one number, the number. */
  readonly value: number | undefined
  /** What to know before believing the map, a sentence each. */
  readonly warnings: readonly string[]
  /** What the network saw. */
  readonly seen: Image | undefined
  /** The relevance of each pixel, in the colours of `colours.ts`. */
  readonly map: Image | undefined
}

/**
 * Explain what a network says of one photo.
 *
 * @param model a network with its card; `modelOf` makes one of a network in memory
 * @throws UserError when something does not fit, or it is not known how photos become the input; the signal's reason,
 *   when that stops it
 */
export async function explain(
  model: Model,
  input: ModelInput,
  options: ExplainOptions,
): Promise<ModelExplanation> {
  const asked = against(model, options.minus)
  const explainer = await loadModelExplainer(asked, options)
  try {
    return await explainBy(explainer, asked, input, options)
  } finally {
    await explainer.release()
  }
}

/**
 * Explain what a network says of a photo, by an explainer that is already loaded.
 *
 * @param explainer of this model, from {@link loadModelExplainer}
 * @throws UserError, the signal's reason as {@link explain} does
 */
export async function explainBy(
  explainer: Explainer,
  model: Model,
  input: ModelInput,
  { class: asked = 'top', minus, ...watch }: Pick<ExplainOptions, 'class' | 'minus'> & Watch = {},
): Promise<ModelExplanation> {
  const [question] = questionsOf(model, [String(asked)], minus === undefined ? undefined : String(minus))
  const [explanation] = await explainInput(explainer, model, inputFrom(input, model), [question!], watch)
  return explanation!
}

/**
 * Load a model and the graph that explains it.
 *
 * @param options.tunable whether α, β, γ and ε of the composite's rules can change with each explanation, by {@link
 *   TunableExplainer.tuned}, without loading anything again
 * @throws UserError where the composite does not fit the network, an operator lacks a rule, or none of its rules has a
 *   number to tune
 */
export async function loadModelExplainer(
  model: Model,
  options: ExplainOptions & { readonly tunable: true },
): Promise<TunableExplainer>
export async function loadModelExplainer(
  model: Model,
  options: ExplainOptions & { readonly tunable?: boolean },
): Promise<Explainer>
export async function loadModelExplainer(
  model: Model,
  {
    engine,
    composite,
    method,
    layers,
    conservation,
    tunable,
  }: ExplainOptions & { readonly tunable?: boolean },
): Promise<Explainer> {
  const { path, network, card, input, output, preprocessing } = model
  if (composite && method) throw new UsageError('a method replaces a composite: give only one of them')
  const layout = pictureShape(input.shape, card.input?.layout)?.layout
  if (method && !layout)
    throw new UserError(
      'its input does not have the shape of a picture',
      path,
      'Leave out --method to explain it',
    )
  const chosen =
    method === undefined ? compositeOf(model, composite) : typeof method === 'string' ? { method } : method
  return rulesAbout(path, () =>
    loadExplainer(engine, network, chosen, {
      output,
      layout,
      range: 'missing' in preprocessing ? undefined : rangeOf(preprocessing),
      layers,
      conservation,
      tunable,
    }),
  )
}

/**
 * The composite that is asked for, or that of a model's card, or else the one that suits its network.
 *
 * @throws UsageError where there is none of that name
 */
export function compositeOf(
  { card, network }: Pick<Model, 'card' | 'network'>,
  asked?: CompositeName | Composite,
): Composite {
  const chosen = asked ?? card.composite ?? defaultComposite(network)
  if (typeof chosen !== 'string') return chosen
  if (Object.hasOwn(composites, chosen)) return composites[chosen]
  throw new UsageError(
    `there is no composite '${chosen}'`,
    undefined,
    `There are ${Object.keys(composites).join(', ')}`,
  )
}

/**
 * What a network is fed: a photo turned into its input, or ready input unchanged.
 *
 * @param where what the input is called in messages
 * @throws UserError when it does not fit the network, or it is not known how photos become the input
 */
export function inputFrom(input: ModelInput, model: Model, where = 'the input'): TensorOf<'float32'> {
  return 'type' in input ? checked(input, model, where) : inputOf(input, requirePreprocessing(model))
}

function checked(tensor: TensorOf<'float32'>, { input }: Model, where: string): TensorOf<'float32'> {
  // One picture, whatever batch the network takes.
  const wanted = [1, ...input.shape.slice(1)]
  const fits =
    tensor.shape.length === wanted.length &&
    wanted.every((d, k) => typeof d === 'string' || d === tensor.shape[k])
  if (tensor.type !== 'float32' || !fits) {
    throw new UserError(
      `the network takes float32 [${wanted.join(', ')}], not ${tensor.type} [${tensor.shape.join(', ')}]`,
      where,
    )
  }
  if (!tensor.data.every(Number.isFinite)) throw new UserError('has values that are not numbers', where)
  return tensor
}

/**
 * Explain one input, once for each question; it goes through the network once.
 *
 * @throws UserError when the network's own answer is asked for against itself; the signal's reason, when that stops it
 */
export async function explainInput(
  explainer: Explainer,
  model: Model,
  input: TensorOf<'float32'>,
  questions: readonly Question[],
  { signal, progress }: Watch = {},
): Promise<ModelExplanation[]> {
  const [own] = questions.some((question) => needsAnswer(question, model))
    ? await explainer.explain(input, ['top'], { signal })
    : []
  const explanations = await explainer.explain(
    input,
    questions.map((question) => targetIn(model, question, own)),
    { signal, progress },
  )
  for (const explanation of explanations) requireFinite(explanation)
  return explanations.map((explanation, k) => ({
    ...inModelWords(explanation, questions[k]!, model, input),
    warnings: warningsOf(explanation, questions[k]!, explainer),
  }))
}

function inModelWords(
  explanation: Explanation,
  question: Question,
  model: Model,
  input: TensorOf<'float32'>,
): Omit<ModelExplanation, 'warnings'> {
  const scores = scoresIn(model, explanation.outputs[model.output]!)
  return {
    ...explanation,
    outputs: { ...answersIn(explanation.outputs, model), [model.output]: scores },
    ...answerIn(question, model, explanation.target, scores),
    ...picturesOf(explanation, model, input),
  }
}

/** The outputs that are answers, where the card says which: the others are internal figures of the network. */
function answersIn(outputs: Explanation['outputs'], { card: { answers } }: Model): Explanation['outputs'] {
  if (!answers) return outputs
  const isAnswer = (name: string) =>
    answers.some(({ output }) => output.replace(PART, '') === name.replace(PART, ''))
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => isAnswer(name)))
}

/** How one place of an output is asked for, after its name. */
const PART = /\[(\d+|mean)\]$/

/** What a question was about, and the network's answer. */
function answerIn(
  { class: asked }: Question,
  model: Model,
  target: Float32Array,
  scores: Scores,
): Pick<ModelExplanation, 'class' | 'name' | 'probability' | 'value'> {
  const { logits, probabilities } = scores
  const isNumber = model.kind === 'number'
  if (asked === 'years' || isNumber) {
    const value = isNumber ? logits[0]! : expectedAgeIn(model, scores)
    const name = isNumber ? model.classes[0]! : 'years'
    return { class: isNumber ? 0 : undefined, name, probability: undefined, value }
  }
  if (typeof asked === 'object') {
    const probability =
      probabilities && asked.members.reduce((sum, member) => sum + probabilities[member]!, 0)
    return { class: undefined, name: asked.name, probability, value: undefined }
  }
  const index = asked === 'top' || logits.length === 1 ? explainedClass(target) : asked
  const probability = probabilities && probabilityOf(index, probabilities)
  return { class: index, name: model.classes[index]!, probability, value: undefined }
}

/**
 * The scores of the explained output. One logit to which the card gives two classes is a yes or no; a number has no
 * scores.
 */
function scoresIn({ kind, logits: count, reference = 0 }: Model, { logits, probabilities }: Scores): Scores {
  if (kind === 'number') return { logits: logits.map((value) => value + reference), probabilities: undefined }
  // The card says that it is the probability of the second class.
  if (kind === 'other' && count === 1) return { logits, probabilities: logits }
  return kind === 'logits' && count === 1
    ? { logits, probabilities: logits.map((logit) => 1 / (1 + Math.exp(-logit))) }
    : { logits, probabilities }
}

function picturesOf(
  { relevance }: Explanation,
  { card, preprocessing }: Model,
  input: TensorOf<'float32'>,
): Pick<ModelExplanation, 'seen' | 'map'> {
  const layout = pictureShape(input.shape, card.input?.layout)?.layout
  if (!layout) return { seen: undefined, map: undefined }
  return {
    seen:
      'missing' in preprocessing
        ? greyPicture(pixelRelevance(input, layout))
        : pictureOf(input, preprocessing),
    map: heatMap(pixelRelevance(relevance, layout)),
  }
}

/** Run `act`; where the rules do not fit the network, its error names the file. */
export async function rulesAbout<T>(path: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    // Errors of other kinds are faults in regard, or already say where.
    const isPlain =
      error instanceof UserError
        ? error.constructor === UserError && error.where === undefined
        : error instanceof Error && error.constructor === Error
    if (isPlain) throw new UserError((error as Error).message, path)
    throw error
  }
}

/**
 * The value that a name stands for: a value of the network, or the first output of the node of this name.
 *
 * @throws UsageError when the network has neither
 */
export function layerOf({ nodes }: Graph, name: string): string {
  const values = nodes.flatMap(({ outputs }) => outputs)
  const node = nodes.find((each) => each.name === name)
  if (values.includes(name)) return name
  if (node) return node.outputs[0]!
  const near = nearest(name, [...values, ...nodes.map((each) => each.name)])
  throw new UsageError(
    `the network has no layer '${name}'${near ? `; did you mean '${near}'?` : ''}`,
    undefined,
    'Use the names of its nodes and values, which `conservation` in NAME.json lists',
  )
}
