import type { NodeProto } from '../onnx_pb.ts'

/**
 * The nodes of a file in an order in which each comes after the ones that it reads from; those that are in
 * such an order already keep it.
 *
 * @throws Error naming the nodes of a cycle
 */
export function inOrder(nodes: readonly NodeProto[]): NodeProto[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)))
  makers.delete('')
  const done = new Set<NodeProto>()
  const open = new Set<NodeProto>()
  const ordered: NodeProto[] = []
  // A stack of its own: a deep network would overflow that of the language.
  for (const first of nodes) {
    const stack = [first]
    while (stack.length > 0) {
      const node = stack.at(-1)!
      open.add(node)
      const missing = done.has(node)
        ? undefined
        : node.input.map((name) => makers.get(name)).find((maker) => maker && !done.has(maker))
      if (missing) {
        if (open.has(missing))
          throw new Error(`nodes read from each other in a circle: ${circle(stack, missing)}`)
        stack.push(missing)
        continue
      }
      stack.pop()
      open.delete(node)
      if (!done.has(node)) ordered.push(node)
      done.add(node)
    }
  }
  return ordered
}

function circle(stack: readonly NodeProto[], from: NodeProto): string {
  return stack
    .slice(stack.indexOf(from))
    .map(({ name, opType, output }) => `${name || output[0]} (${opType})`)
    .join(', ')
}
