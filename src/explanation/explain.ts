/**
 * Explaining a network's answer to an input, on any engine: this file runs in a browser as it runs in Node.
 */

import type { Engine, Program, Tensors } from '../engine/engine.ts'
import { float32, type Graph, type TensorOf } from '../graph/types.ts'
import type { Composite } from '../rules/composites/composite.ts'
import type { Answer } from '../rules/logits.ts'
import { CONSERVATION_COLUMNS, type ConservationRow } from '../rules/relevance/conservation.ts'
import { type Relevance, type RelevanceOptions, relevance } from '../rules/relevance/relevance.ts'

/**
 * What is explained of an output: the network's own answer (`top`), a class by its index, what speaks for one
 * class rather than another (the difference of their logits), or what speaks against a class (its logit with the
 * sign turned; the other side of a single-logit output).
 */
export type Target =
  | 'top'
  | number
  | { readonly class: number; readonly minus: number }
  | { readonly against: number }

/** What a network says of one input in one of its outputs. */
export interface Scores {
  /** Before the softmax or sigmoid. */
  readonly logits: Float32Array
  /** 0 to 1; of an output that is no vector of classes, none. */
  readonly probabilities: Float32Array | undefined
}

/** How relevance went through one layer: what came in from above, what went out below, and what stayed. */
export type ConservedLayer = ConservationRow & Record<(typeof CONSERVATION_COLUMNS)[number], number>

/** What a network says of one input, and why it says one thing. */
export interface Explanation {
  /** By the name of the output. */
  readonly outputs: Readonly<Record<string, Scores>>
  /** How much each logit of the explained output counts in what is explained; 1 for a single class. */
  readonly target: Float32Array
  /** The sum of the logits, times how much they count: what the relevance is handed down from. */
  readonly logit: number
  /** What each number of the input added to it: float32, the input's shape with a batch of 1. */
  readonly relevance: TensorOf<'float32'>
  /** By the names of the other values whose relevance was asked for. */
  readonly layers: Readonly<Record<string, TensorOf<'float32'>>>
  /** From the output to the input; empty for the gradient and its relatives. */
  readonly conservation: readonly ConservedLayer[]
}

/** A network that is loaded together with its explanation. */
export interface Explainer {
  /** The name of the output that is explained. */
  readonly output: string
  /** How many logits it has. */
  readonly classes: number
  /** The shape of the input, for a batch of 1. */
  readonly shape: readonly number[]

  /**
   * Explain one input, once for each target; the input goes through the network only once.
   *
   * @param input of {@link shape}
   * @throws Error when a target is no class of the network, or the input has another shape
   */
  explain(input: TensorOf<'float32'>, targets: readonly Target[]): Promise<Explanation[]>

  /** Give back the memory. */
  release(): Promise<void>
}

/** What is explained with what. */
export type ExplainerOptions = Omit<RelevanceOptions, 'onePicture'>

/**
 * Load a network and the graph that explains it.
 *
 * @throws UserError where the composite does not fit the network, Error naming the node that has no rule
 */
export async function loadExplainer(
  engine: Engine,
  network: Graph,
  composite: Composite,
  options: ExplainerOptions = {},
): Promise<Explainer> {
  const explained = relevance(network, composite, { ...options, onePicture: true })
  const program = await engine.load(explained.graph, { lean: true })
  const [input, target] = [
    explained.graph.inputs[0]!,
    explained.graph.inputs.find(({ name }) => name === 'target')!,
  ]
  const classes = Number(target.shape[1])
  const shape = input.shape.map(Number)
  return {
    output: explained.answers[0]!.name,
    classes,
    shape,
    async explain(picture, targets) {
      const weights = Float32Array.from(targets.flatMap((each) => weightsOf(each, classes)))
      const results = await program.run({
        [input.name]: picture,
        target: float32([targets.length, classes], weights),
      })
      return targets.map((_, k) => explanationOf(explained, program, results, targets.length, k))
    },
    release: () => program.release(),
  }
}

/** How much each logit counts; all zeros for the network's own answer, which the graph itself finds. */
export function weightsOf(target: Target, classes: number): number[] {
  const weights = new Array<number>(classes).fill(0)
  const set = (index: number, value: number) => {
    if (!Number.isInteger(index) || index < 0 || index >= classes) {
      throw new Error(`there is no class ${index}: the network has 0 to ${classes - 1}`)
    }
    weights[index] = value
  }
  if (typeof target === 'number') set(target, 1)
  else if (target !== 'top' && 'against' in target) set(target.against, -1)
  else if (target !== 'top') {
    if (target.class === target.minus) throw new Error(`class ${target.class} does not differ from itself`)
    set(target.class, 1)
    set(target.minus, -1)
  }
  return weights
}

function explanationOf(
  { answers, rows }: Relevance,
  program: Program,
  results: Tensors,
  targets: number,
  k: number,
): Explanation {
  /** The row of the k-th target. */
  const rowOf = (name: string): TensorOf<'float32'> => {
    const { shape, data } = results[name] as TensorOf<'float32'>
    const size = data.length / targets
    return { type: 'float32', shape: [1, ...shape.slice(1)], data: data.slice(k * size, (k + 1) * size) }
  }
  const outputs = Object.fromEntries(
    answers.flatMap(({ name, answer, logits }) => {
      const { type, shape, data } = results[logits]!
      // What is no scores (a label that the network has worked out itself) says nothing that they do not.
      return type === 'float32'
        ? [[name, { logits: data, probabilities: probabilitiesOf(answer, shape, data) }]]
        : []
    }),
  )
  const target = rowOf('explained').data
  const { logits } = outputs[answers[0]!.name]!
  const others = program.outputs.filter(({ name }) => name.startsWith(RELEVANCE_OF))
  return {
    outputs,
    target,
    logit: target.reduce((sum, weight, index) => sum + weight * logits[index]!, 0),
    relevance: rowOf('relevance'),
    layers: Object.fromEntries(others.map(({ name }) => [name.slice(RELEVANCE_OF.length), rowOf(name)])),
    conservation: rows.map((row, index) => {
      const { data } = rowOf('conservation')
      const columns = CONSERVATION_COLUMNS.map((column, c) => [
        column,
        data[index * CONSERVATION_COLUMNS.length + c]!,
      ])
      return { ...row, ...Object.fromEntries(columns) } as ConservedLayer
    }),
  }
}

const RELEVANCE_OF = 'relevance of '

/** Probabilities of one picture's logits; an output without a softmax or sigmoid is taken for a classifier's logits. */
function probabilitiesOf(
  answer: Answer,
  shape: readonly number[],
  logits: Float32Array,
): Float32Array | undefined {
  if (answer === 'sigmoid' || (answer === 'logits' && logits.length === 1)) {
    return logits.map((logit) => 1 / (1 + Math.exp(-logit)))
  }
  if (shape.slice(2).some((d) => d !== 1)) return undefined
  return softmax(logits)
}

function softmax(logits: Float32Array): Float32Array {
  const most = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
