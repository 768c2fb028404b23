import type { Node } from '../../src/graph/operators.ts'
import type { Graph } from '../../src/graph/types.ts'

/**
 * A graph as text, up to names and the order of independent nodes: one line per node, as they
 * are met on the way from the outputs back to the input. `12 Conv(11, [64, 3, 7, 7], [64]) {"strides":[2,2], …}` reads
 * node 11 and two constants of these shapes; a constant that is one number is written as that number.
 */
export function outline(graph: Graph, outputs: readonly string[]): string[] {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const numbers = new Map<Node, number>()
  const lines: string[] = []
  const describe = (name: string): string => {
    const constant = graph.initializers.get(name)
    if (constant) return constant.shape.length > 0 ? `[${constant.shape.join(', ')}]` : `${constant.data[0]}`
    const node = makers.get(name)
    if (!node) return `input [${graph.inputs.find((input) => input.name === name)!.shape.join(', ')}]`
    if (!numbers.has(node)) {
      const inputs = node.inputs.map(describe)
      numbers.set(node, numbers.size + 1)
      lines.push(`${numbers.get(node)} ${node.op}(${inputs.join(', ')}) ${JSON.stringify(node.attributes)}`)
    }
    return String(numbers.get(node))
  }
  lines.push(`outputs ${outputs.map(describe).join(', ')}`)
  return lines
}
