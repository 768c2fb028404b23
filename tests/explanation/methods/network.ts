import { Random } from '../../../src/base/random.ts'
import { nodeEngine } from '../../../src/engine/node.ts'
import type { GradientOf, LayerGradientOf, ScoresOf } from '../../../src/explanation/methods/program.ts'
import { GraphBuilder } from '../../../src/graph/builder.ts'
import { float32, type Graph, sizeOf, type TensorOf } from '../../../src/graph/types.ts'
import { gradientTable } from '../../../src/rules/gradient/gradient.ts'
import { withPoolPositions } from '../../../src/rules/pooling.ts'
import { walkBackward } from '../../../src/rules/walk.ts'

/** What a network offers to gradient-based methods. */
export interface Differentiable {
  readonly scoresOf: ScoresOf
  readonly gradientOf: GradientOf
  readonly layerGradientOf: LayerGradientOf
  readonly release: () => Promise<void>
}

/** Load a network with its gradient at its input and at one more value. */
export async function differentiable(
  network: Graph,
  layer = network.inputs[0]!.name,
): Promise<Differentiable> {
  const prepared = withPoolPositions(network)
  const g = GraphBuilder.from({ ...prepared, outputs: [] })
  const input = network.inputs[0]!.name
  const logits = g.value(network.outputs[0]!.name)
  const target = g.input('target', 'float32', logits.shape)
  const arrived = walkBackward(g, prepared, gradientTable(), new Map([[logits.name, target]]), [input, layer])
  g.output('scores', g.reduceSum(g.mul(target, logits), [1], false))
  g.output('gradients', g.op('Identity', [arrived.get(input)!]))
  g.output('activations', g.op('Identity', [g.value(layer)]))
  g.output('layer gradients', g.op('Identity', [arrived.get(layer)!]))
  const program = await (await nodeEngine({ threads: 1 })).load(g.graph())
  const run = async (inputs: TensorOf<'float32'>, targets: Float32Array) => {
    const rows = inputs.shape[0]!
    const results = await program.run({
      [input]: inputs,
      target: float32([rows, targets.length / rows], targets),
    })
    return (name: string) => results[name] as TensorOf<'float32'>
  }
  return {
    scoresOf: async (inputs, targets) => (await run(inputs, targets))('scores').data,
    gradientOf: async (inputs, targets) => {
      const result = await run(inputs, targets)
      return { scores: result('scores').data, gradients: result('gradients') }
    },
    layerGradientOf: async (inputs, targets) => {
      const result = await run(inputs, targets)
      return { activations: result('activations'), gradients: result('layer gradients') }
    },
    release: () => program.release(),
  }
}

/** Random numbers as an input of some shape. */
export function randomInput(
  shape: readonly number[],
  seed: string,
  low = -100,
  high = 100,
): TensorOf<'float32'> {
  const random = new Random(seed)
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high)),
  )
}

/** A network without activations: 3 logits that are sums over a picture of [2, 6, 5], with biases. */
export function linearNetwork(): { network: Graph; weights: Float32Array } {
  const g = new GraphBuilder('linear')
  const x = g.input('images', 'float32', ['batch', 2, 6, 5])
  const weights = randomInput([3, 60], 'weights', -1, 1)
  const y = g.op('Gemm', [g.op('Flatten', [x]), g.constant(weights), g.constant(float32([3], [1, 2, 3]))], {
    transB: 1,
  })
  g.output('logits', y)
  return { network: g.graph(), weights: weights.data }
}

/** The largest difference, as a share of the largest number. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let [worst, largest] = [0, 0]
  for (let k = 0; k < expected.length; k++) {
    worst = Math.max(worst, Math.abs(actual[k]! - expected[k]!))
    largest = Math.max(largest, Math.abs(expected[k]!))
  }
  return worst / largest
}

/** Scores by a plain function of a picture's pixels, times the first number of the target. */
export function scoring(of: (picture: Float32Array) => number): ScoresOf {
  return async ({ shape, data }, target) => {
    const count = shape[0]!
    const [size, classes] = [data.length / count, target.length / count]
    return Float32Array.from(
      { length: count },
      (_, k) => target[k * classes]! * of(data.subarray(k * size, (k + 1) * size)),
    )
  }
}
