/**
 * Activations that are spelt out: functions of one number, made of several operators whose paths meet again, such as
 * x · σ(x), x / (1 + e⁻ˣ), x · min(max(x + 3, 0), 6) / 6, GELU, or a Where that chooses x where x > 0. Every rule
 * treats them as it would a single operator.
 */

import type { Node, Operator } from '../graph/operators.ts'
import type { Graph, Shape } from '../graph/types.ts'
import { dependents, wiringOf } from '../graph/wiring.ts'

/** A function of one number, by the names of its parts. */
export interface Activation {
  /** The value that it is a function of, element by element. */
  readonly input: string
  /** The node that makes its result. */
  readonly last: string
  /** The nodes between, whose results nothing else reads. */
  readonly inner: ReadonlySet<string>
}

/** Operators that compute each element from the elements in the same place of their inputs. */
const ELEMENTWISE: ReadonlySet<Operator> = new Set([
  ...(['Relu', 'LeakyRelu', 'PRelu', 'Clip', 'Elu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh'] as const),
  ...([
    'Softplus',
    'Erf',
    'Neg',
    'Abs',
    'Sqrt',
    'Exp',
    'Log',
    'Reciprocal',
    'Pow',
    'Identity',
    'Cast',
  ] as const),
  ...([
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Max',
    'Min',
    'Sum',
    'Equal',
    'Greater',
    'GreaterOrEqual',
    'Where',
  ] as const),
])

/** Operators that only add up what varies. */
const ADDING: readonly Operator[] = ['Add', 'Sub', 'Sum', 'Neg', 'Identity', 'Cast']

/**
 * The activations of a graph that are spelt out, the largest where one is part of another; and a maximum or minimum
 * with a constant, which is an activation by itself.
 *
 * @param shapeOf the shape of a value of the graph
 */
export function activationsOf(graph: Graph, shapeOf: (name: string) => Shape): Activation[] {
  const computed = dependents(
    graph,
    graph.inputs.map(({ name }) => name),
  )
  const wiring = wiringOf(graph)
  const places = new Map(graph.nodes.flatMap(({ outputs }, k) => outputs.map((name) => [name, k])))
  const results = new Set(graph.outputs.map(({ name }) => name))
  const taken = new Set<Node>()
  const found: Activation[] = []
  const varyingOf = (node: Node) => node.inputs.filter((name) => computed.has(name))

  for (const last of graph.nodes.toReversed()) {
    if (taken.has(last) || !ELEMENTWISE.has(last.op)) continue
    const whole = spelt(last)
    if (!whole) continue
    const behind = scaleBehind(last)
    const inner = behind ? [...whole.inner, last] : [...whole.inner]
    for (const node of inner) taken.add(node)
    found.push({
      input: whole.input,
      last: (behind ?? last).name,
      inner: new Set(inner.map(({ name }) => name)),
    })
  }
  return found

  /** A positive number that multiplies the whole, as in GELU and HardSwish. */
  function scaleBehind(last: Node): Node | undefined {
    const reader = wiring.soleReaderOf(last.outputs[0]!)
    if (reader?.op !== 'Mul' && !(reader?.op === 'Div' && reader.inputs[0] === last.outputs[0]))
      return undefined
    const constants = reader.inputs.flatMap((name) => graph.initializers.get(name) ?? [])
    return constants.length === 1 && constants[0]!.data.length === 1 && constants[0]!.data[0]! > 0
      ? reader
      : undefined
  }

  /** The nearest value that all paths to a node come from, and the nodes on the way. */
  function spelt(last: Node): { input: string; inner: Set<Node> } | undefined {
    const open = new Set(varyingOf(last))
    const inner = new Set<Node>()
    if (open.size === 1 && last.op !== 'Max' && last.op !== 'Min') return undefined
    while (open.size > 1) {
      // The value computed last may depend on the others.
      let at = -1
      for (const name of open) at = Math.max(at, places.get(name) ?? -1)
      const latest = graph.nodes[at]
      if (!latest || !ELEMENTWISE.has(latest.op)) return undefined
      inner.add(latest)
      for (const name of latest.outputs) open.delete(name)
      for (const name of varyingOf(latest)) open.add(name)
    }
    const [input] = open
    const output = last.outputs[0]!
    if (input === undefined || shapeOf(input).join() !== shapeOf(output).join()) return undefined
    const own = new Set([last, ...inner])
    const isRead = (name: string) =>
      results.has(name) || wiring.readersOf(name).some((reader) => !own.has(reader))
    if ([...inner].some(({ outputs }) => outputs.some(isRead))) return undefined
    if ([...own].every((node) => isLinear(node))) return undefined
    return { input, inner }
  }

  function isLinear(node: Node): boolean {
    if (ADDING.includes(node.op)) return true
    const byConstant = varyingOf(node).length === 1
    return byConstant && (node.op === 'Mul' || (node.op === 'Div' && computed.has(node.inputs[0]!)))
  }
}

/** The graph that rules walk, with a single Relu instead of each activation that is spelt out. */
export function withActivationsWhole(graph: Graph, activations: readonly Activation[]): Graph {
  const byLast = new Map(activations.map((each) => [each.last, each]))
  const inner = new Set(activations.flatMap((each) => [...each.inner]))
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (inner.has(node.name)) return []
    const activation = byLast.get(node.name)
    if (!activation) return [node]
    return [
      { op: 'Relu', name: node.name, inputs: [activation.input], outputs: node.outputs, attributes: {} },
    ]
  })
  return { ...graph, nodes }
}
