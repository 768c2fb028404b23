import { GraphBuilder } from '../graph/builder.ts'
import { withoutUnread } from '../graph/fold.ts'
import { float32, type Graph } from '../graph/types.ts'
import { wiringOf } from '../graph/wiring.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { type RelevanceOptions, relevance } from '../rules/relevance/relevance.ts'
import { type Target, weightsOf } from './target.ts'

/** Options of {@link graft}. */
export interface GraftOptions extends Pick<RelevanceOptions, 'output' | 'range'> {
  /** What to explain for every picture; by default the network's own answer to each. */
  readonly target?: Target
}

/**
 * A network with its own explanation: an ordinary graph that takes the network's input, and gives the network's
 * outputs and one more, `relevance`: float32, of the input's shape, what each number of the input added to
 * the explained logit. Each picture of a batch is explained by itself. The graph holds each weight of the
 * network once: what the rules derive from it is computed by nodes that ONNX Runtime folds when it loads the
 * graph.
 *
 * @throws UserError where the composite does not fit the network, Error naming the node that has no rule
 */
export function graft(network: Graph, composite: Composite, options: GraftOptions = {}): Graph {
  const { output, range, target = 'top' } = options
  const { graph } = relevance(network, composite, { output, range })
  const classes = Number(graph.inputs.find(({ name }) => name === 'target')!.shape[1])
  // One row stands for all pictures; a row of zeros asks for the network's own answer.
  const row = float32([1, classes], weightsOf(target, classes))
  const kept = [...network.outputs.map(({ name }) => name), 'relevance']
  const bound = {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => name !== 'target'),
    outputs: kept.map((name) => graph.outputs.find((each) => each.name === name)!),
    initializers: new Map([...graph.initializers, ['target', row] as const]),
  }
  const grafted = GraphBuilder.from(withoutUnread(bound)).graph()
  return { ...grafted, replaceable: largeFactors(grafted) }
}

/** From this size on, in bytes, a packed copy of a matrix is too much. */
const LARGE = 1 << 24

/**
 * Large matrices that only inner products read. `explain` runs without packed copies of them: a copy would
 * take as much memory again for each product that reads one, and add up in another order.
 */
function largeFactors(graph: Graph): ReadonlySet<string> {
  const { readersOf } = wiringOf(graph)
  const isFactor = (name: string) =>
    readersOf(name).every(({ op, inputs }) => ['Gemm', 'MatMul'].includes(op) && inputs.indexOf(name) === 1)
  const matrices = [...graph.initializers].filter(
    ([, { shape, data }]) => shape.length === 2 && data.byteLength >= LARGE,
  )
  return new Set(matrices.map(([name]) => name).filter(isFactor))
}
