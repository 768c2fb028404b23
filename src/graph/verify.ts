import { reasonOf } from '../base/errors.ts'
import { type AttributeSpec, isOperator, type Node, OPERATORS, OPSET } from './operators.ts'
import { inferNode, type Known, known } from './shapes.ts'
import { type Graph, sizeOf, type ValueInfo } from './types.ts'

/**
 * Check that a graph is well-formed, which means:
 *
 * - it is written in opset {@link OPSET} with operators that regard knows;
 * - every name is defined once, before it is used;
 * - every node has as many inputs and outputs and exactly the attributes that its operator has;
 * - every constant has as many elements as its shape says;
 * - the shapes fit, and the outputs have the types and shapes that they are declared with.
 *
 * @param outer values of the enclosing graph, for the body of a Scan
 * @returns what is known about every value
 * @throws Error naming the node or value that breaks a rule
 */
export function verify(graph: Graph, outer: ReadonlyMap<string, Known> = new Map()): Map<string, Known> {
  if (graph.opset !== OPSET)
    throw new Error(`graph ${graph.name} is written in opset ${graph.opset}, not ${OPSET}`)
  const values = new Map(outer)
  const define = (name: string, value: Known, where: string) => {
    if (name === '') throw new Error(`${where} has an empty name`)
    if (values.has(name)) throw new Error(`${where}: the name ${name} is defined twice`)
    values.set(name, value)
  }
  for (const input of graph.inputs) define(input.name, known(input), `input ${input.name}`)
  for (const [name, tensor] of graph.initializers) {
    if (tensor.data.length !== sizeOf(tensor.shape)) {
      throw new Error(
        `constant ${name} of shape [${tensor.shape.join(', ')}] has ${tensor.data.length} elements`,
      )
    }
    define(name, known(tensor, tensor), `constant ${name}`)
  }
  const nodeNames = new Set<string>()
  for (const node of graph.nodes) {
    const where = `node ${node.name} (${node.op})`
    if (nodeNames.has(node.name)) throw new Error(`${where}: two nodes have this name`)
    nodeNames.add(node.name)
    checkForm(node, where)
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined
      const value = values.get(name)
      if (!value) throw new Error(`${where} reads ${name}, which is not defined before it`)
      return value
    })
    if (node.op === 'Scan') verify(node.attributes.body, values)
    try {
      const inferred = inferNode(node, inputs)
      node.outputs.forEach((name, k) => {
        define(name, inferred[k]!, where)
      })
    } catch (error) {
      throw new Error(`${where}: ${reasonOf(error)}`)
    }
  }
  for (const output of graph.outputs) checkOutput(output, values.get(output.name))
  return values
}

function checkForm(node: Node, where: string): void {
  if (!isOperator(node.op)) throw new Error(`${where}: regard does not know this operator`)
  const spec = OPERATORS[node.op]
  const within = (count: number, [least, most]: readonly [number, number], what: string) => {
    if (count < least || count > most)
      throw new Error(`${where} has ${count} ${what}, not ${least} to ${most}`)
  }
  within(node.inputs.length, spec.inputs, 'inputs')
  within(node.outputs.length, spec.outputs, 'outputs')
  const attributes = node.attributes as Record<string, unknown>
  for (const [name, { kind }] of Object.entries<AttributeSpec>(spec.attributes)) {
    if (!isKind(attributes[name], kind)) throw new Error(`${where}: attribute ${name} is not of kind ${kind}`)
  }
  for (const name of Object.keys(attributes)) {
    if (!Object.hasOwn(spec.attributes, name)) throw new Error(`${where}: it has no attribute ${name}`)
  }
}

function isKind(value: unknown, kind: AttributeSpec['kind']): boolean {
  switch (kind) {
    case 'int':
      return Number.isInteger(value)
    case 'float':
      return typeof value === 'number'
    case 'string':
    case 'type':
      return typeof value === 'string'
    case 'ints':
      return Array.isArray(value) && value.every(Number.isInteger)
    case 'floats':
      return Array.isArray(value) && value.every((item) => typeof item === 'number')
    case 'tensor':
    case 'graph':
      return typeof value === 'object' && value !== null
  }
}

function checkOutput(output: ValueInfo, value: Known | undefined): void {
  if (!value) throw new Error(`output ${output.name} is not defined`)
  if (value.type !== output.type || value.shape.join() !== output.shape.join()) {
    throw new Error(
      `output ${output.name} is declared ${output.type} [${output.shape.join(', ')}] but is ` +
        `${value.type} [${value.shape.join(', ')}]`,
    )
  }
}
