import type { NodeProto } from '../onnx_pb.ts'

/** The names of the values that a node of a file reads, those that its branches read from around it among them. */
export function namesReadBy({ input, attribute }: NodeProto): string[] {
  const around = attribute.flatMap(({ g }) => {
    if (!g) return []
    const own = new Set([...g.node.flatMap(({ output }) => output), ...g.initializer.map(({ name }) => name)])
    const read = [...g.node.flatMap(namesReadBy), ...g.output.map(({ name }) => name)]
    return read.filter((name) => !own.has(name))
  })
  return [...input, ...around]
}

/**
 * The nodes of a file that some of its values follow from, in an order in which each comes after the ones that it
 * reads from; those that are in such an order already keep it.
 *
 * @param wanted names of values
 * @throws Error naming the nodes of a cycle
 */
export function inOrder(nodes: readonly NodeProto[], wanted: readonly string[]): NodeProto[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)))
  makers.delete('')
  const makersOf = (names: readonly string[]) => names.flatMap((name) => makers.get(name) ?? [])
  const leading = new Set(makersOf(wanted))
  for (const node of leading) for (const maker of makersOf(namesReadBy(node))) leading.add(maker)
  const done = new Set<NodeProto>()
  const open = new Set<NodeProto>()
  const ordered: NodeProto[] = []
  // A stack of its own: a deep network would overflow that of the language.
  for (const first of nodes.filter((node) => leading.has(node))) {
    const stack = [first]
    while (stack.length > 0) {
      const node = stack.at(-1)!
      open.add(node)
      const missing = done.has(node)
        ? undefined
        : makersOf(namesReadBy(node)).find((maker) => !done.has(maker))
      if (missing) {
        if (open.has(missing))
          throw new Error(`nodes read from each other in a cycle: ${circle(stack, missing)}`)
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
