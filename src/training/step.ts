/**
 * A training step as graphs: forward, loss, gradient and Caffe's update.
 *
 * As a single graph of several steps, the step is the body of a Scan. Its state is the weights and their velocities,
 * its scanned inputs are the batches, so the weights cross between JavaScript and ONNX Runtime once for several steps,
 * not at each. As two graphs, the gradient and the update of any part of the weights, it saves memory: there is no
 * second copy of the state.
 */

import { GraphBuilder, type Value } from '../graph/builder.ts'
import type { Node } from '../graph/operators.ts'
import { type Graph, sizeOf, type ValueInfo } from '../graph/types.ts'
import { gradient } from '../rules/gradient/gradient.ts'
import { type Rates, trainableWeights, weightsAsInputs } from './trainableWeights.ts'

/** A graph of training steps, as many as the batches that it is fed. */
export interface TrainingSteps {
  /**
   * Inputs: for each trained weight `NAME` and `NAME.velocity`; then, each with a leading dimension `steps`, `images`,
   * `labels` (int64 [steps, batch]), `rate` (float32 [steps]) and a mask for each dropout. Outputs: `NAME.next` and
   * `NAME.velocity.next` for each weight, and, float32 [steps] each: `losses`, sums over the trained outputs; `right`,
   * the fraction of the batch for which the first output is right; and `norms`, the Euclidean norm of the gradient with
   * respect to all weights, before decay and rates.
   */
  readonly graph: Graph
  /** The names of the weights that are trained. */
  readonly weights: readonly string[]
  /** The dropout masks, with the shape of one step's. */
  readonly masks: readonly DropoutMask[]
}

/** What each element of a dropout's input is multiplied by. */
export interface DropoutMask extends ValueInfo {
  /** The share of elements that are dropped. */
  readonly ratio: number
}

/** How a network is trained. */
export interface StepOptions {
  readonly momentum: number
  /** Weight decay; biases have none. */
  readonly decay: number
  /** The outputs that are trained, with the weight of each one's loss; by default the first output alone. */
  readonly losses?: Readonly<Record<string, number>>
  /** The weights that learn at a rate of their own. */
  readonly rates?: Rates
}

/** Caffe's multipliers: a bias learns at twice the rate and does not decay. */
const BIAS_RATE = 2
/** The default ratio of a dropout, as in ONNX and Caffe. */
const DROPOUT = 0.5

/**
 * Derive training steps from a network.
 *
 * @param network with a fixed batch size; its constants called `….weight` and `….bias` are trained
 */
export function trainingSteps(network: Graph, options: StepOptions): TrainingSteps {
  const { body, gradients, measured, masks } = derived(network, options)
  const rate = body.input('rate', 'float32', [])
  const states: [current: Value, next: Value][] = []
  const velocities: [current: Value, next: Value][] = []
  for (const [name, slope] of gradients) {
    const weight = body.value(name)
    const velocity = body.input(`${name}.velocity`, weight.type, weight.shape)
    const { factor, decay } = learning(name, options)
    body.scope('update', () => {
      const ownRate = factor === 1 ? rate : body.mul(rate, body.scalar(factor))
      const next = updated(body, { weight, velocity, slope, rate: ownRate }, { ...options, decay })
      velocities.push([velocity, next.velocity])
      states.push([weight, next.weight])
    })
  }
  const scanned = ['images', 'labels', 'rate', ...masks.map(({ name }) => name)].map((name) =>
    body.value(name),
  )
  const { loss, right, norm } = measured
  const lists = { losses: loss, right, norms: norm }
  const graph = repeated(body, [...states, ...velocities], scanned, lists)
  return { graph, weights: [...gradients.keys()], masks }
}

/** The gradient of a training step. */
export interface GradientStep extends Omit<TrainingSteps, 'graph'> {
  /**
   * Inputs: each weight; `images`, `labels` (int64 [batch]) and a mask for each dropout. Outputs: `NAME.gradient` for
   * each weight, and the numbers `loss`, `right` and `norm`, as in {@link TrainingSteps}.
   */
  readonly graph: Graph
}

/**
 * Derive the gradient of a training step from a network; {@link updateStep} follows it.
 *
 * @param network as in {@link trainingSteps}
 */
export function gradientStep(network: Graph, options: Pick<StepOptions, 'losses' | 'rates'>): GradientStep {
  const { body, gradients, measured, masks } = derived(network, options)
  for (const [name, slope] of gradients) body.output(`${name}.gradient`, slope)
  // The loss is an output already.
  body.output('right', measured.right)
  body.output('norm', measured.norm)
  return { graph: body.graph(), weights: [...gradients.keys()], masks }
}

/**
 * The update of a part of some weights, of any length. Inputs: `weight`, `velocity` and `gradient`, float32 [length],
 * and `rate`, float32 []; outputs: `weight.next` and `velocity.next`.
 */
export function updateStep(options: Pick<StepOptions, 'momentum' | 'decay'>): Graph {
  const g = new GraphBuilder('update')
  const [weight, velocity, slope] = ['weight', 'velocity', 'gradient'].map((name) =>
    g.input(name, 'float32', ['length']),
  ) as [Value, Value, Value]
  const next = updated(g, { weight, velocity, slope, rate: g.input('rate', 'float32', []) }, options)
  g.output('weight.next', next.weight)
  g.output('velocity.next', next.velocity)
  return g.graph()
}

/** How a weight learns: the factor of its rate, and its decay. */
export function learning(
  name: string,
  { decay, rates = new Map() }: Pick<StepOptions, 'decay' | 'rates'>,
): { factor: number; decay: number } {
  const isBias = name.endsWith('.bias')
  return { factor: (isBias ? BIAS_RATE : 1) * (rates.get(name) ?? 1), decay: isBias ? 0 : decay }
}

/** v ← momentum · v + rate · (g + decay · w); w ← w − v. Written so that each node can write over its input. */
function updated(
  g: GraphBuilder,
  { weight, velocity, slope, rate }: Record<'weight' | 'velocity' | 'slope' | 'rate', Value>,
  { momentum, decay }: Pick<StepOptions, 'momentum' | 'decay'>,
): { weight: Value; velocity: Value } {
  const decayed = decay === 0 ? slope : g.add(g.mul(weight, g.scalar(decay)), slope)
  const next = g.add(g.mul(decayed, rate), g.mul(velocity, g.scalar(momentum)))
  return { weight: g.sub(weight, next), velocity: next }
}

/** Forward, loss and gradient, and the measurements of them. */
function derived(
  network: Graph,
  { losses = { [network.outputs[0]!.name]: 1 }, rates }: Pick<StepOptions, 'losses' | 'rates'>,
) {
  const { forward, masks } = withLoss(network, losses, rates)
  const { builder: body, gradients } = gradient(forward, 'loss', [...trainableWeights(network, rates).keys()])
  const measured = {
    loss: body.value('loss'),
    right: rightOf(body, network.outputs[0]!.name),
    norm: normOf(body, [...gradients.values()]),
  }
  return { body, gradients, measured, masks }
}

/**
 * The network with the trained weights as inputs, masks instead of dropout, labels, and the loss as its only output.
 */
function withLoss(
  network: Graph,
  losses: Readonly<Record<string, number>>,
  rates: Rates | undefined,
): { forward: Graph; masks: DropoutMask[] } {
  const values = GraphBuilder.from(network)
  const masks: DropoutMask[] = []
  const nodes = network.nodes.map((node): Node => {
    if (node.op !== 'Dropout') return node
    const { type, shape } = values.value(node.inputs[0]!)
    const given = network.initializers.get(node.inputs[1] ?? '')
    const mask = { name: `${node.name}.mask`, type, shape, ratio: given ? Number(given.data[0]) : DROPOUT }
    masks.push(mask)
    return { ...node, op: 'Mul', inputs: [node.inputs[0]!, mask.name], attributes: {} }
  })
  const trained = weightsAsInputs(network, rates)
  const builder = GraphBuilder.from({ ...trained, inputs: [...trained.inputs, ...masks], outputs: [], nodes })
  const labels = builder.input('labels', 'int64', [network.outputs[0]!.shape[0]!])
  const parts = Object.entries(losses).map(([output, weight]) => {
    const loss = builder.op('SoftmaxCrossEntropyLoss', [builder.value(output), labels])
    return weight === 1 ? loss : builder.mul(loss, builder.scalar(weight))
  })
  builder.output('loss', builder.sum(parts))
  return { forward: builder.graph(), masks }
}

/** The fraction of the pictures whose label is the class of the largest logit. */
function rightOf(body: GraphBuilder, logits: string): Value {
  const answers = body.op('ArgMax', [body.value(logits)], { axis: 1, keepdims: 0 })
  const right = body.op('Cast', [body.op('Equal', [answers, body.value('labels')])], { to: 'float32' })
  return body.op('ReduceMean', [right, body.integers([0])], { keepdims: 0 }, 'right')
}

/** Bytes of a gradient that are squared at a time: the squares of all of VGG-16's fc6 would be 400 MB more. */
const SQUARED_BYTES = 2 ** 26

/** The Euclidean norm of all values together. Row by row: one sum over a hundred million squares loses digits. */
function normOf(body: GraphBuilder, values: readonly Value[]): Value {
  const squares = (part: Value) => {
    return body.reduceSum(body.reduceSum(body.mul(part, part), [1], false), [0], false)
  }
  const parts = values.flatMap((value) => {
    const count = value.shape[0] as number
    const rows = body.reshape(value, [count, -1])
    const atOnce = Math.max(1, Math.floor((SQUARED_BYTES / 4 / sizeOf(value.shape as number[])) * count))
    if (count <= atOnce) return [squares(rows)]
    return Array.from({ length: Math.ceil(count / atOnce) }, (_, k) =>
      squares(body.slice(rows, { 0: [k * atOnce, Math.min((k + 1) * atOnce, count)] })),
    )
  })
  return body.op('Sqrt', [body.sum(parts)], {}, 'norm')
}

/**
 * A Scan over the batches with this body.
 *
 * @param measured what is measured at each step, by the names of the outputs that list it
 */
function repeated(
  body: GraphBuilder,
  states: [Value, Value][],
  scanned: Value[],
  measured: Readonly<Record<string, Value>>,
): Graph {
  const outputs = states.map(([current, next]) => body.output(`${current.name}.next`, next))
  const numbers = Object.values(measured)
  const bodyGraph = {
    ...body.graph(),
    inputs: [...states.map(([current]) => current), ...scanned],
    outputs: [...outputs, ...numbers],
  }
  const outer = new GraphBuilder('training')
  const initial = states.map(([{ name, type, shape }]) => outer.input(name, type, shape))
  const slices = scanned.map(({ name, type, shape }) => outer.input(name, type, ['steps', ...shape]))
  const results = outer.ops('Scan', states.length + numbers.length, [...initial, ...slices], {
    // Names in the body must differ from those around it.
    body: prefixed(bodyGraph, 'step/'),
    num_scan_inputs: scanned.length,
  })
  states.forEach(([current], k) => {
    outer.output(`${current.name}.next`, results[k]!)
  })
  Object.keys(measured).forEach((name, k) => {
    outer.output(name, results[states.length + k]!)
  })
  return outer.graph()
}

function prefixed(graph: Graph, prefix: string): Graph {
  const rename = (name: string) => (name === '' ? '' : prefix + name)
  const renamed = (values: readonly ValueInfo[]) =>
    values.map((value) => ({ ...value, name: rename(value.name) }))
  return {
    ...graph,
    inputs: renamed(graph.inputs),
    outputs: renamed(graph.outputs),
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [rename(name), tensor])),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })) as Node[],
  }
}
