import { Random } from '../../base/random.ts'
import { fold } from '../../graph/fold.ts'
import type { Graph, Tensor, TensorOf } from '../../graph/types.ts'
import { linearNodesBetween } from '../../rules/linear.ts'

/** A layer whose weights can be randomised. */
export interface WeightedLayer {
  /** The name of its node. */
  readonly name: string
  /** The names of its constants: weights and bias. */
  readonly weights: readonly string[]
}

/** A network, and its layers that have weights, from the output to the input. */
export interface Randomisable {
  readonly network: Graph
  readonly layers: readonly WeightedLayer[]
}

/**
 * Find what can be randomised in a network: the weights and biases of its convolutions and inner products that lead to
 * an output. Normalisations keep their numbers, and so do biases added by nodes of their own: they set the scale of
 * what the layers give. What follows from constants (such as weights that a node transposes) is computed first.
 *
 * @param output the name of the output
 */
export function randomisable(network: Graph, output: string): Randomisable {
  const folded = fold(network)
  const layers = linearNodesBetween(folded, folded.inputs[0]!.name, output).map(({ name, inputs }) => ({
    name,
    weights: inputs.filter((each) => folded.initializers.get(each)?.type === 'float32'),
  }))
  return { network: folded, layers: layers.filter(({ weights }) => weights.length > 0).reverse() }
}

/**
 * A network with random weights in some layers: each constant is drawn from a normal distribution with its own mean and
 * standard deviation, so that activations keep about their size. One whose numbers are all equal, such as a bias of
 * zeros, stays. What a constant becomes depends on its name and the seed alone, not on which others are drawn: the
 * networks of a cascade share what they have drawn.
 *
 * The test is Adebayo et al. 2018, *Sanity Checks for Saliency Maps*, section 4; the distribution is regard's choice:
 * the paper uses initial weights, which are not known for a network that comes as a file.
 */
export function randomised(
  { network }: Randomisable,
  layers: readonly WeightedLayer[],
  seed: string | number,
): Graph {
  const names = new Set(layers.flatMap(({ weights }) => weights))
  const initializers = new Map<string, Tensor>(network.initializers)
  for (const name of names) {
    const { shape, data } = network.initializers.get(name) as TensorOf<'float32'>
    const random = new Random(`${seed} ${name}`)
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length)
    if (deviation === 0) continue
    initializers.set(name, { type: 'float32', shape, data: data.map(() => random.normal(mean, deviation)) })
  }
  return { ...network, initializers }
}

/**
 * A network with the numbers of each constant of its layers in another order: each constant keeps its numbers, but not
 * their places. A constant's order depends on its name, its size and the seed alone.
 */
export function shuffled({ network, layers }: Randomisable, seed: string | number): Graph {
  const initializers = new Map<string, Tensor>(network.initializers)
  for (const name of new Set(layers.flatMap(({ weights }) => weights))) {
    const { shape, data } = network.initializers.get(name) as TensorOf<'float32'>
    const random = new Random(`${seed} ${name}`)
    const moved = data.slice()
    // Fisher–Yates, in place: there may be a hundred million of them.
    for (let last = moved.length - 1; last > 0; last--) {
      const other = random.integer(last + 1)
      const held = moved[last]!
      moved[last] = moved[other]!
      moved[other] = held
    }
    initializers.set(name, { type: 'float32', shape, data: moved })
  }
  return { ...network, initializers }
}
