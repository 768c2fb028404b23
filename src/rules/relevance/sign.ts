import type { Graph } from '../../graph/types.ts'

/**
 * The names of the values that can have no negative element: what comes out of a ReLU, a Softmax or a
 * SoftMax-like operator, and what those pass through unchanged in sign.
 */
export function nonNegativeValues(graph: Graph): Set<string> {
  const found = new Set<string>()
  for (const node of graph.nodes) {
    if (isNonNegative(node.op, (k) => found.has(node.inputs[k]!), node.inputs.length))
      found.add(node.outputs[0]!)
  }
  return found
}

function isNonNegative(op: string, input: (k: number) => boolean, inputs: number): boolean {
  switch (op) {
    case 'Relu':
    case 'Softmax':
      return true
    case 'MaxPool':
    case 'AveragePool':
    case 'LRN':
    case 'Dropout':
    case 'Identity':
    case 'Flatten':
    case 'Reshape':
    case 'Transpose':
      return input(0)
    case 'Add':
    case 'Concat':
      return Array.from({ length: inputs }, (_, k) => k).every(input)
    default:
      return false
  }
}
