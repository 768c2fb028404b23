/**
 * The relevance of a graph, as a graph: Layer-wise Relevance Propagation, and with a gradient composite the
 * gradient and its relatives.
 *
 * The walk of `walk.ts`, started with the logit of the class that is explained. Linear layers follow the rule
 * that the composite gives them; everything else follows `table.ts`.
 */

import { UserError } from '../../base/errors.ts'
import { GraphBuilder, type Value } from '../../graph/builder.ts'
import type { Pass } from '../../graph/pass.ts'
import { nonNegativeValues } from '../../graph/traits.ts'
import { float32, type Graph } from '../../graph/types.ts'
import { wiringOf } from '../../graph/wiring.ts'
import { activationsOf, withActivationsWhole } from '../activations.ts'
import { canonise } from '../canonise/canonise.ts'
import { assign } from '../composites/assign.ts'
import {
  type Composite,
  completed,
  type GradientComposite,
  type RelevanceComposite,
} from '../composites/composite.ts'
import { gradientTable } from '../gradient/gradient.ts'
import { gathered, handedBack, type Logits, logitsOf, logitValues } from '../logits.ts'
import { withPoolPositions } from '../pooling.ts'
import { walkBackward } from '../walk.ts'
import { Conservation, type ConservationRow } from './conservation.ts'
import { type Amounts, asInputs, known, type Parameter } from './parameters.ts'
import { rangesIn } from './range.ts'
import { type InputRange, ruleOf } from './rules.ts'
import { withSplitSums } from './split.ts'
import { relevanceTable } from './table.ts'
import { type Varies, varying } from './varying.ts'

/** What to explain, and what to compute. */
export interface RelevanceOptions {
  /** The output to explain; by default the first. */
  readonly output?: string
  /** The values whose relevance to give; by default the first input. */
  readonly of?: readonly string[]
  /**
   * Explain many targets of one picture, which goes through the network once. Otherwise each picture of the batch has a
   * target of its own. Where the network does not keep its pictures in dimension 0 (an attention may have its tokens
   * there), the graph takes one target at a time: the shape of its input `target` says so.
   */
  readonly onePicture?: boolean
  /** Whether to report, layer by layer, what became of the relevance. */
  readonly conservation?: boolean
  /** The range of the input, for zᴮ. */
  readonly range?: InputRange
  /** Whether the numbers of αβ, γ and ε are inputs of the graph: {@link Relevance.parameters}. */
  readonly tunable?: boolean
}

/** One output of the network, what it holds, and where its logits are. */
export interface NetworkOutput extends Pick<Logits, 'kind' | 'scale' | 'shift'> {
  readonly name: string
  /**
   * The name of the output of the explaining graph that holds the logits, in the order of the output's elements; the
   * output's own name where it is itself explained.
   */
  readonly logits: string
}

/** A network with its explanation. */
export interface Relevance {
  /**
   * The network's graph with one more input and more outputs:
   *
   * - input `target`, float32 [targets, classes] ([1, classes] where targets go one by one): how much each logit counts in what is explained; 1 for a class,
   *   1 and −1 for the difference of two. A row of zeros stands for the network's own answer;
   * - output `relevance`: float32, of the input's shape, with a row for each target; for other values that were
   *   asked for, `relevance of NAME`;
   * - output `explained`: float32 [targets, classes], the targets with rows of zeros filled in;
   * - output `logits of NAME`, float32 [batch, classes], for each output that holds probabilities: what they are
   *   computed from;
   * - with `conservation`, the output of this name, float32 [targets, rows, 5] with the columns of
   *   `CONSERVATION_COLUMNS`.
   */
  readonly graph: Graph
  /** The network's outputs, the explained one first. */
  readonly outputs: readonly NetworkOutput[]
  /** What the rows of the output `conservation` are about, from the output to the input. */
  readonly rows: readonly ConservationRow[]
  /** The inputs, float32 [], that are numbers of rules; none unless `tunable`. */
  readonly parameters: readonly Parameter[]
}

/**
 * Derive the graph that explains a network.
 *
 * @param network its explained output is float32 [batch, classes]: logits, or probabilities computed from them
 * @param composite which rule each layer gets
 * @throws UserError where the composite does not fit the network, Error naming the node whose operator has no rule
 */
export function relevance(network: Graph, composite: Composite, options: RelevanceOptions = {}): Relevance {
  const complete = completed(composite)
  if (!options.onePicture) return derived(canonised(network, complete), complete, network, options)
  const canonical = canonised(forOnePicture(network), complete)
  try {
    return derived(canonical, complete, network, options, 'targets')
  } catch {
    // The first dimension of some node is not the batch; any other error comes up again with one target.
    return derived(canonical, complete, network, options, 1)
  }
}

function canonised(network: Graph, composite: RelevanceComposite | GradientComposite): Graph {
  return canonise(network, composite.method === 'relevance' ? composite.constants : 'pass')
}

/** @param targets how many targets one picture has; by default each picture has its own */
function derived(
  canonical: Graph,
  complete: RelevanceComposite | GradientComposite,
  network: Graph,
  options: RelevanceOptions,
  targets?: 'targets' | 1,
): Relevance {
  const input = canonical.inputs[0]!.name
  const output = options.output ?? canonical.outputs[0]!.name
  const answer = logitsOf(canonical, output)
  const of = options.of ?? [input]
  checkThere(network, canonical, of)

  const parameters: Parameter[] = []
  const amounts = options.tunable ? asInputs(parameters) : known
  const rules =
    complete.method === 'relevance'
      ? rulesOf(canonical, complete, input, startIn(answer), options.range, amounts)
      : undefined
  const nonNegative = nonNegativeValues(canonical)
  const positioned = withPoolPositions(canonical)
  const builder = rules ? withSplitSums(positioned, rules, nonNegative) : GraphBuilder.from(positioned)
  const conservation = options.conservation ? new Conservation(builder, targets !== 1) : undefined
  const logits = builder.scope('relevance', () => gathered(builder, answer))
  const target = builder.input('target', 'float32', [targets ?? logits.shape[0]!, logits.shape[1]!])
  for (const { input: name } of parameters) builder.input(name, 'float32', [])
  const { seeds, explained } = builder.scope('relevance', () =>
    startOf(builder, answer, logits, target, complete),
  )
  const shapeOf = (name: string) => builder.value(name).shape
  const activations = activationsOf(positioned, shapeOf)
  const followsDerivatives = complete.method === 'gradient' && complete.activation !== 'deconvnet'
  const walked = followsDerivatives ? positioned : withActivationsWhole(positioned, activations)
  const table =
    complete.method === 'relevance'
      ? relevanceTable(
          positioned,
          shapeOf,
          variesIn(positioned, complete, startIn(answer)),
          complete,
          rules!,
          nonNegative,
          conservation,
        )
      : gradientTable(complete.activation, followsDerivatives ? activations : [])
  const arrived = builder.scope('relevance', () => walkBackward(builder, walked, table, seeds, of))
  for (const name of of) {
    const value = arrived.get(name)
    if (!value) throw new Error(`the output ${output} does not depend on ${name}`)
    const timesInput = complete.method === 'gradient' && complete.timesInput
    builder.output(
      name === input ? 'relevance' : `relevance of ${name}`,
      timesInput ? builder.mul(value, builder.value(name)) : value,
    )
  }
  builder.output('explained', explained)
  const others = canonical.outputs.map(({ name }) => name).filter((name) => name !== output)
  const outputs = [output, ...others].map((name) => withLogits(builder, canonical, name))
  if (conservation && conservation.rows.length > 0) builder.output('conservation', conservation.table())
  return { graph: builder.graph(), outputs, rows: conservation?.rows ?? [], parameters }
}

/** Values whose relevance is asked for must exist, also after layers are merged. */
function checkThere(network: Graph, canonical: Graph, names: readonly string[]): void {
  const isIn = (graph: Graph, name: string) =>
    graph.inputs.some((input) => input.name === name) || wiringOf(graph).makerOf(name) !== undefined
  for (const name of names) {
    if (isIn(canonical, name)) continue
    const [reader] = wiringOf(network).readersOf(name)
    throw isIn(network, name)
      ? new UserError(
          `the value ${name} is merged into a layer before relevance is handed down`,
          `node ${reader?.name}`,
          `Ask for ${reader?.outputs[0]} instead`,
        )
      : new UserError(`the network has no value called ${name}`)
  }
}

/** The value where the layers that lead to the logits end. */
function startIn(answer: Logits): string {
  const [only, ...others] = logitValues(answer)
  return others.length === 0 ? only! : answer.output
}

/** What the walk starts with, for each value that holds logits, and the targets with zeros filled in. */
function startOf(g: GraphBuilder, answer: Logits, logits: Value, target: Value, composite: Composite) {
  const classes = Number(target.shape[1])
  // The network's own answer: its largest logit, or for a single one (a sigmoid's) the side that it is on.
  const top =
    classes === 1
      ? g.op('Where', [g.op('GreaterOrEqual', sidesOf(g, answer, logits)), g.scalar(1), g.scalar(-1)])
      : g.op('OneHot', [
          g.op('ArgMax', [logits], { axis: 1, keepdims: 0 }),
          g.integers([classes]),
          g.constant({ type: 'float32', shape: [2], data: Float32Array.of(0, 1) }, 'offAndOn'),
        ])
  const asked = g.op('Greater', [g.reduceSum(g.op('Abs', [target]), [1], true), g.scalar(0)])
  const explained = g.op('Where', [asked, target, top])
  return { seeds: handedBack(g, answer, startingWith(g, answer, logits, explained, composite)), explained }
}

/** The two sides to compare for a single logit: the answer is yes where the first is at least the second. */
function sidesOf(g: GraphBuilder, { kind, output, scale, shift }: Logits, logits: Value): Value[] {
  if (kind === 'logits' || kind === 'other') return [logits, g.scalar(0)]
  // The logit alone does not decide for one class of a softmax whose others are not outputs, nor for a hard sigmoid
  // that is 0.5 elsewhere than at 0.
  const value = g.reshape(g.value(output), [-1, 1])
  const unshifted = shift === 0 ? value : g.sub(value, g.scalar(shift))
  const unscaled = scale === 1 ? unshifted : g.div(unshifted, g.scalar(scale))
  return [kind.startsWith('log-') ? g.op('Exp', [unscaled]) : unscaled, g.scalar(0.5)]
}

/** What starts at each logit: the gradient of what is explained, the logits themselves, or one. */
function startingWith(
  g: GraphBuilder,
  { places = [] }: Logits,
  logits: Value,
  explained: Value,
  composite: Composite,
): Value {
  const row = (of: (place: (typeof places)[number]) => number, usual: number) =>
    places.every((place) => of(place) === usual)
      ? undefined
      : g.constant(float32([1, places.length], places.map(of)))
  if (composite.method === 'gradient') {
    const scales = row(({ scale }) => scale, 1)
    return scales ? g.mul(explained, scales) : explained
  }
  if (composite.start !== 'logit') return explained
  // A number added to a logit on the way to the output belongs to no value of the network.
  const shifts = row(({ shift }) => shift, 0)
  return g.mul(explained, shifts ? g.sub(logits, shifts) : logits)
}

/** The logits of an output as an output of their own, where it holds something else. */
function withLogits(g: GraphBuilder, graph: Graph, name: string): NetworkOutput {
  const found = logitsOf(graph, name)
  const { kind, scale, shift } = found
  if (!found.places) return { name, kind, scale, shift, logits: name }
  const logits = `logits of ${name}`
  g.output(logits, g.op('Identity', [g.scope('relevance', () => gathered(g, found))]))
  return { name, kind, scale, shift, logits }
}

/** @throws UserError where what is explained varies only through a softmax that counts as constant */
function variesIn(graph: Graph, composite: RelevanceComposite, explained: string): Varies {
  const varies = varying(graph, composite)
  if (varies(explained) || composite.softmax !== 'constant') return varies
  throw new UserError(
    'what is explained depends on the input only through a softmax, which the composite treats as constant',
    `composite ${composite.name}`,
    'Choose another one, such as attnlrp',
  )
}

function rulesOf(
  graph: Graph,
  composite: RelevanceComposite,
  input: string,
  output: string,
  range: InputRange | undefined,
  amounts: Amounts,
) {
  const assigned = assign(graph, composite, input, output)
  const layers = new Map(graph.nodes.map((node) => [node.name, node]))
  const rangeOf = range && rangesIn(graph, input, range)
  return new Map(
    [...assigned].map(([name, entry]) => {
      const at = rangeOf?.(layers.get(name)!.inputs[0]!)
      return [name, ruleOf(entry, name, at, range !== undefined, amounts)]
    }),
  )
}

/**
 * The graph for one picture.
 *
 * Needs: inputs whose dimension 0 is the batch wherever it equals the first input's. Leaves: 1 instead of it.
 */
const forOnePicture: Pass = (graph) => {
  const batch = graph.inputs[0]!.shape[0]
  const inputs = graph.inputs.map((input) =>
    input.shape[0] === batch ? { ...input, shape: [1, ...input.shape.slice(1)] } : input,
  )
  return GraphBuilder.from({ ...graph, inputs }).graph()
}
