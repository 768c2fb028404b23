/**
 * Functions: operators that a model defines itself in terms of others. Their nodes are inlined where the model uses
 * them, before anything else is read.
 */

import { UserError } from '../../base/errors.ts'
import { TakenNames } from '../names.ts'
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from '../onnx_pb.ts'

/**
 * A graph of a file with its functions inlined.
 *
 * @param opset of the model's standard operators
 * @throws UserError for a function that is written in another opset, or that uses itself
 */
export function withFunctionsInPlace(
  graph: GraphProto,
  functions: readonly FunctionProto[],
  opset: number,
): GraphProto {
  if (functions.length === 0) return graph
  const byName = new Map(functions.map((each) => [keyOf(each.domain, each.name), each]))
  const values = [...graph.node.flatMap(({ output }) => output), ...graph.initializer.map(({ name }) => name)]
  values.sort()
  const names = new TakenNames([], (name) => startsOne(values, `${name}/`))
  /** @param within the functions that the nodes are inside of */
  const inPlace = (nodes: readonly NodeProto[], within: readonly FunctionProto[]): NodeProto[] =>
    nodes.flatMap((node) => {
      const found = byName.get(keyOf(node.domain, node.opType))
      if (!found)
        return [withBranches(node, (branch) => changed(branch, { node: inPlace(branch.node, within) }))]
      checkOpset(found, opset)
      if (within.includes(found)) throw new UserError(`the function ${found.name} uses itself`)
      const prefix = names.unique(node.name || node.output[0] || found.name)
      return inPlace(nodesOf(found, node, prefix), [...within, found])
    })
  return changed(graph, { node: inPlace(graph.node, []) })
}

/** Whether one of some sorted names starts so: all that do stand together. */
function startsOne(sorted: readonly string[], start: string): boolean {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < start) low = middle + 1
    else high = middle
  }
  return sorted[low]?.startsWith(start) ?? false
}

function keyOf(domain: string, name: string): string {
  return `${domain} ${name}`
}

function checkOpset({ name, opsetImport }: FunctionProto, opset: number): void {
  const own = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version
  if (own !== undefined && Number(own) !== opset) {
    throw new UserError(
      `its function ${name} is written in opset ${own}, and the model in ${opset}`,
      undefined,
      "Inline it with the onnx package's inliner",
    )
  }
}

/** The nodes of a function, with the names and attributes that a node gives it. */
function nodesOf(found: FunctionProto, call: NodeProto, prefix: string): NodeProto[] {
  const names = new Map(found.input.map((name, k) => [name, call.input[k] ?? '']))
  found.output.forEach((name, k) => {
    if (call.output[k]) names.set(name, call.output[k])
  })
  const rename = (name: string) => (name === '' ? '' : (names.get(name) ?? `${prefix}/${name}`))
  const given = new Map([...found.attributeProto, ...call.attribute].map((each) => [each.name, each]))
  return found.node.map((node) => renamed(node, rename, prefix, given))
}

function renamed(
  node: NodeProto,
  rename: (name: string) => string,
  prefix: string,
  given: ReadonlyMap<string, AttributeProto>,
): NodeProto {
  // An attribute that refers to one that the call lacks is omitted.
  const attribute = node.attribute.flatMap((each) => {
    if (each.refAttrName === '') return [each]
    const value = given.get(each.refAttrName)
    return value ? [changed(value, { name: each.name })] : []
  })
  const own = changed(node, {
    name: `${prefix}/${node.name || node.output[0]}`,
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute,
  })
  return withBranches(own, (branch) =>
    changed(branch, {
      node: branch.node.map((inner) => renamed(inner, rename, prefix, given)),
      initializer: branch.initializer.map((tensor) => changed(tensor, { name: rename(tensor.name) })),
      output: branch.output.map((value) => changed(value, { name: rename(value.name) })),
    }),
  )
}

/** A node with the graphs inside it changed. */
function withBranches(node: NodeProto, change: (branch: GraphProto) => GraphProto): NodeProto {
  if (!node.attribute.some(({ g }) => g)) return node
  const attribute = node.attribute.map((each) => (each.g ? changed(each, { g: change(each.g) }) : each))
  return changed(node, { attribute })
}

/** A message with other values in some fields. Omitted fields keep their defaults, which a plain copy would lose. */
function changed<M extends object>(message: M, fields: Partial<M>): M {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message, fields)
}
