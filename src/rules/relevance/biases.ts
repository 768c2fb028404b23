import type { Graph, Shape } from '../../graph/types.ts'
import { wiringOf } from '../../graph/wiring.ts'

/** A constant that is added to a product with a constant matrix, and so is its bias. */
export interface BiasBehind {
  /** The constant, [outputs], alone or after dimensions of one. */
  readonly bias: string
  /** The name of the node that adds it. */
  readonly adds: string
  /** The layer's output with its bias. */
  readonly output: string
}

/**
 * The biases that follow products as nodes of their own, by the name of the product's node. ONNX lacks an inner product
 * with a bias for tokens ([batch, tokens, channels]), so every exporter writes MatMul and Add.
 *
 * @param shapeOf the shape of a value of the graph
 */
export function biasesBehind(
  graph: Graph,
  shapeOf: (name: string) => Shape,
): ReadonlyMap<string, BiasBehind> {
  const { soleReaderOf } = wiringOf(graph)
  const found = new Map<string, BiasBehind>()
  for (const node of graph.nodes) {
    const weights = node.op === 'MatMul' ? graph.initializers.get(node.inputs[1]!) : undefined
    const [product] = node.outputs as [string]
    const add = soleReaderOf(product)
    if (!weights || add?.op !== 'Add') continue
    const bias = add.inputs[0] === product ? add.inputs[1]! : add.inputs[0]!
    const shape = graph.initializers.get(bias)?.shape
    // Not a constant that differs from token to token, or that repeats the product.
    if (!shape || shape.at(-1) !== weights.shape.at(-1) || shape.slice(0, -1).some((d) => d !== 1)) continue
    const [output] = add.outputs as [string]
    if (shapeOf(output).length !== shapeOf(product).length) continue
    found.set(node.name, { bias, adds: add.name, output })
  }
  return found
}
