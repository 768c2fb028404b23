import type { Node } from '../graph/operators.ts'
import type { Graph } from '../graph/types.ts'
import { wiringOf } from '../graph/wiring.ts'

/** What an output holds: its logits, or what one of these makes of them. */
export type OutputKind = 'softmax' | 'log-softmax' | 'sigmoid' | 'logits'

/** Where the logits of an output are. */
export interface Logits {
  /** The value that holds them: the output itself where nothing turns them into probabilities. */
  readonly name: string
  /** What the output itself holds. */
  readonly kind: OutputKind
}

/**
 * The logits behind an output: what goes into the softmax or the sigmoid at its end, if there is one. Relevance
 * starts there, since the softmax mixes what speaks for a class with what speaks against the others.
 */
export function logitsOf(graph: Graph, output: string): Logits {
  const { makerOf } = wiringOf(graph)
  let node: Node | undefined = makerOf(output)
  while (node && ['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Cast'].includes(node.op)) {
    node = makerOf(node.inputs[0]!)
  }
  switch (node?.op) {
    case 'Softmax':
      return { name: node.inputs[0]!, kind: 'softmax' }
    case 'LogSoftmax':
      return { name: node.inputs[0]!, kind: 'log-softmax' }
    case 'Sigmoid':
      return { name: node.inputs[0]!, kind: 'sigmoid' }
    default:
      return { name: output, kind: 'logits' }
  }
}
