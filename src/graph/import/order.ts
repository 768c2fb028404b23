import type { NodeProto } from '../onnx_pb.ts'

/** The names of the values that a node of a file reads, including outer values that its branches read. */
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
 * The nodes that some values of a file depend on, each after the ones that it reads from; nodes that are already in
 * such an order keep it.
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
  // An explicit stack: recursion through a deep network would overflow JavaScript's.
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
