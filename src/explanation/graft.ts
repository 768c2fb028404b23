import { GraphBuilder } from '../graph/builder.ts'
import { withoutUnread } from '../graph/fold.ts'
import { float32, type Graph } from '../graph/types.ts'
import { wiringOf } from '../graph/wiring.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { type RelevanceOptions, relevance } from '../rules/relevance/relevance.ts'
import { type Target, weightsOf } from './target.ts'

/** What is grafted onto a network. */
export interface GraftOptions extends Pick<RelevanceOptions, 'output' | 'range'> {
  /** What is explained of every picture; the network's own answer to each where not given. */
  readonly target?: Target
}

/**
 * A network with its own explanation: an ordinary graph that takes the network's input, and gives the network's
 * outputs and one more, `relevance`: float32, of the input's shape, what each of its numbers added to the logit
 * that is explained. Each picture of a batch is explained by itself. It has each weight of the network once: what
 * the rules make of it follows by nodes that ONNX Runtime folds when it loads the graph.
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

/** Bytes from which on a packed copy of a matrix is too much. */
const LARGE = 1 << 24

/**
 * Large matrices that only inner products read. `explain` runs without packed copies of them, which would take as much
 * memory again for each product that reads one, and add up in another order.
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
