import type { Node } from '../graph/operators.ts'
import type { Graph } from '../graph/types.ts'
import { wiringOf } from '../graph/wiring.ts'

/** How an output's numbers come from its logits. */
export type Answer = 'softmax' | 'log-softmax' | 'sigmoid' | 'logits'

/** Where the logits of an output are. */
export interface Logits {
  /** The value that holds them: the output itself where nothing turns them into probabilities. */
  readonly name: string
  readonly answer: Answer
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
      return { name: node.inputs[0]!, answer: 'softmax' }
    case 'LogSoftmax':
      return { name: node.inputs[0]!, answer: 'log-softmax' }
    case 'Sigmoid':
      return { name: node.inputs[0]!, answer: 'sigmoid' }
    default:
      return { name: output, answer: 'logits' }
  }
}
