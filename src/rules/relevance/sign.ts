import type { Node } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'

/**
 * The names of the values that can have no negative element: what comes out of a ReLU or a like operator, and
 * what keeps its sign on the way from there.
 */
export function nonNegativeValues(graph: Graph): Set<string> {
  const found = new Set<string>()
  for (const node of graph.nodes) {
    if (isNonNegative(node, graph, (name) => found.has(name))) {
      for (const name of node.op === 'Split' ? node.outputs : node.outputs.slice(0, 1)) found.add(name)
    }
  }
  return found
}

function isNonNegative(node: Node, graph: Graph, known: (name: string) => boolean): boolean {
  const { inputs } = node
  switch (node.op) {
    case 'Relu':
    case 'Softmax':
    case 'Sigmoid':
    case 'HardSigmoid':
    case 'Softplus':
    case 'Exp':
    case 'Abs':
      return true
    case 'Clip': {
      const least = graph.initializers.get(inputs[1] ?? '')
      return least !== undefined && Number(least.data[0]) >= 0
    }
    case 'MaxPool':
    case 'AveragePool':
    case 'GlobalAveragePool':
    case 'GlobalMaxPool':
    case 'LRN':
    case 'Dropout':
    case 'Identity':
    case 'Flatten':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Transpose':
    case 'Slice':
    case 'Split':
    case 'Gather':
    case 'Expand':
    case 'ReduceMean':
    case 'ReduceSum':
    case 'ReduceMax':
    case 'Sqrt':
      return known(inputs[0]!)
    case 'Pad':
      return known(inputs[0]!) && inputs.length < 3
    case 'Add':
    case 'Sum':
    case 'Mul':
    case 'Max':
    case 'Concat':
      return inputs.every(known)
    default:
      return false
  }
}
