/**
 * Explaining a network's answer to an input, by any method and on any engine: this file runs unchanged in a
 * browser and in Node.
 */

import { UserError } from '../base/errors.ts'
import type { Watch } from '../base/watch.ts'
import type { Engine } from '../engine/engine.ts'
import type { Graph, TensorOf } from '../graph/types.ts'
import type { Layout } from '../pictures/layout.ts'
import type { CONSERVATION_COLUMNS, ConservationRow } from '../rules/relevance/conservation.ts'
import type { InputRange } from '../rules/relevance/rules.ts'
import type { Extra, Method, MethodEntry } from './methods.ts'
import type { Target } from './target.ts'

/** One output of a network for one input. */
export interface Scores {
  /** Before the softmax or sigmoid. */
  readonly logits: Float32Array
  /** 0 to 1; undefined for an output that is not a vector of classes. */
  readonly probabilities: Float32Array | undefined
}

/**
 * How relevance passed through one layer: what came in from above, what went out below, and what the layer
 * kept.
 */
export type ConservedLayer = ConservationRow & Record<(typeof CONSERVATION_COLUMNS)[number], number>

/** What a network answers to one input, and why it gives one of its answers. */
export interface Explanation {
  /** By the name of the output. */
  readonly outputs: Readonly<Record<string, Scores>>
  /** How much each logit of the explained output counts in what is explained; 1 for a single class. */
  readonly target: Float32Array
  /** The sum of the logits, each times how much it counts: the number that the relevance starts from. */
  readonly logit: number
  /**
   * What each number of the input added to it: float32, the input's shape with a batch of 1. Methods that
   * look at places, such as Grad-CAM and occlusion, give a single channel.
   */
  readonly relevance: TensorOf<'float32'>
  /** The relevance of other values that were asked for, by name; empty where the method cannot give it. */
  readonly layers: Readonly<Record<string, TensorOf<'float32'>>>
  /** From the output to the input; empty unless it was asked for, which only relevance composites allow. */
  readonly conservation: readonly ConservedLayer[]
}

/** A network that is loaded together with its explanation. */
export interface Explainer {
  /** The name of the output that is explained. */
  readonly output: string
  /** How many logits it has. */
  readonly classes: number
  /** Whether its maps hand down the logit, so that whatever part of it a map lacks was kept by some layer. */
  readonly conserves: boolean
  /** The shape of the input, for a batch of 1. */
  readonly shape: readonly number[]

  /**
   * Explain one input, once for each target. By a composite the input goes through the network only once, whatever
   * the number of targets; the other methods run many variations of it, and can be stopped between these.
   *
   * @param input of {@link shape}
   * @throws Error when a target is not a class of the network, or the input has another shape; the signal's reason,
   *   when that stops it
   */
  explain(input: TensorOf<'float32'>, targets: readonly Target[], watch?: Watch): Promise<Explanation[]>

  /** Free the memory. */
  release(): Promise<void>
}

/** Numbers of the rules of a composite. */
export interface RuleParameters {
  /** α of the rule αβ; β is 1 − α. */
  readonly alpha?: number
  /** γ of the rule γ, at least 0. */
  readonly gamma?: number
  /** ε of the rule ε, at least 0. */
  readonly epsilon?: number
}

/** An explainer by a composite whose numbers can be changed without loading anything again. */
export interface TunableExplainer extends Explainer {
  /**
   * The same network, explained with other numbers in its rules. It runs the same graph, so it takes no extra
   * memory, and {@link Explainer.release} of either releases both.
   *
   * @param parameters numbers instead of the composite's own, in every layer whose rule has them
   * @throws UserError where the composite has no such number, or it is out of range
   */
  tuned(parameters: RuleParameters): Explainer
}

/** What is known about the network, and what to compute besides the relevance of its input. */
export interface ExplainerOptions {
  /** The output to explain; by default the first. */
  readonly output?: string
  /** The order of the axes of an input that is a picture; by default NCHW. */
  readonly layout?: Layout
  /** The range of the input, for the rule zᴮ. */
  readonly range?: InputRange
  /** Other values whose relevance to give too; only composites can. */
  readonly layers?: readonly string[]
  /** Whether to report, layer by layer, what became of the relevance; only relevance composites can. */
  readonly conservation?: boolean
  /**
   * Whether the numbers α, β, γ and ε of the composite's rules can change with each explanation. They are
   * then inputs of the graph.
   */
  readonly tunable?: boolean
}

/**
 * Load a network for a method. The method's own code is loaded when it is first used.
 *
 * @param method a composite, or `{ method: 'smoothgrad', samples: 20 }`: a method of `METHODS` with its options
 * @throws UserError where the method does not fit the network, has no such option, or does not give what is asked
 *   for; Error naming the node that has no rule
 */
export async function loadExplainer(
  engine: Engine,
  network: Graph,
  method: Method,
  options: ExplainerOptions & { readonly tunable: true },
): Promise<TunableExplainer>
export async function loadExplainer(
  engine: Engine,
  network: Graph,
  method: Method,
  options?: ExplainerOptions,
): Promise<Explainer>
export async function loadExplainer(
  engine: Engine,
  network: Graph,
  method: Method,
  options: ExplainerOptions = {},
): Promise<Explainer> {
  const subject = { ...options, engine, network }
  // By far the commonest, and it gives everything that can be asked for: a page that uses nothing else does
  // not load the table of the others.
  if (method.method === undefined || method.method === 'relevance') {
    const { load } = await import('./methods/composite.ts')
    return load(subject, method)
  }
  const table: Table = (await import('./methods.ts')).METHODS
  const entry = table[method.method]
  if (!entry) {
    throw new UserError(
      'there is no such method',
      method.method,
      `There are ${Object.keys(table).join(', ')}`,
    )
  }
  const { layers = [], conservation = false, tunable = false } = options
  if (tunable) throw new UserError('has no parameters to tune', `the method ${method.method}`, TUNABLE)
  if (layers.length > 0) requireGiven(method.method, table, 'layers', 'the relevance of other layers')
  if (conservation) requireGiven(method.method, table, 'conservation', 'a conservation report')
  const { load } = await entry.load()
  // The name has chosen the module that takes exactly this kind of method.
  return load(subject, method as never)
}

export const TUNABLE = 'Use a composite with the rule alpha-beta, gamma or epsilon'

type Table = Readonly<Record<string, Pick<MethodEntry<unknown>, 'gives' | 'load'>>>

function requireGiven(name: string, table: Table, extra: Extra, what: string): void {
  if (table[name]!.gives[extra]) return
  const others = Object.keys(table).filter((each) => table[each]!.gives[extra])
  throw new UserError(`does not give ${what}`, `the method ${name}`, `These do: ${others.join(', ')}`)
}
