/**
 * Derivatives without a single formula of differentiation: central differences in double precision. Shares no code
 * with `src/`.
 */

import type { Node } from '../../src/graph/operators.ts'
import type { Graph } from '../../src/graph/types.ts'
import type { Spelt } from './patterns.ts'
import { fieldsOf, type Plain, plain, plainForward, plainNode, windowsOf } from './plainGraph.ts'
import { placesOf } from './plainMoves.ts'

const STEP = 1e-6

/** The derivative of a function of some values by each number of one of them. */
export function plainGradient(fed: Plain, score: (moved: Plain) => number): Plain {
  return plain(
    fed.shape,
    fed.data.map((value, k) => {
      const moved = Float64Array.from(fed.data)
      moved[k] = value + STEP
      const above = score({ shape: fed.shape, data: moved })
      moved[k] = value - STEP
      return (above - score({ shape: fed.shape, data: moved })) / (2 * STEP)
    }),
  )
}

// The activations that guided backpropagation and the deconvnet change; gates keep their derivative.
const ACTIVATIONS = ['Relu', 'LeakyRelu', 'Clip', 'HardSwish']

/**
 * Guided backpropagation and deconvnet: backwards node by node, each by the central differences of that node
 * alone; what passes an activation is cut off below zero first, and the deconvnet leaves the activation's own
 * derivative out.
 *
 * @param spelt activations of several nodes, which are cut as one
 * @returns what arrives at the input
 */
export function plainCutGradient(
  graph: Graph,
  input: string,
  picture: Plain,
  start: { readonly name: string; readonly weights: Plain },
  rule: 'guided-backprop' | 'deconvnet',
  spelt: readonly Spelt[] = [],
): Plain {
  const values = plainForward(graph, { [input]: picture })
  const arrived = new Map([[start.name, start.weights]])
  for (const node of [...graph.nodes].reverse()) {
    const before = arrived.get(node.outputs[0]!)
    if (!before) continue
    const [output] = node.outputs as [string]
    const whole = spelt.find((each) => each.output === output)
    const inside = spelt.some(({ inner }) => inner.includes(output))
    const cut = whole !== undefined || (ACTIVATIONS.includes(node.op) && !inside)
    const dy = cut
      ? plain(
          before.shape,
          before.data.map((v) => Math.max(v, 0)),
        )
      : before
    const inputs = node.inputs.map((name) => values.get(name)!)
    if (whole && rule === 'deconvnet') {
      arrived.set(whole.input, dy)
      continue
    }
    node.inputs.forEach((name, k) => {
      if (name === '' || graph.initializers.has(name)) return
      const part = cut && rule === 'deconvnet' ? dy : localGradient(node, inputs, k, dy)
      const sum = arrived.get(name)
      arrived.set(
        name,
        sum
          ? plain(
              part.shape,
              sum.data.map((v, i) => v + part.data[i]!),
            )
          : part,
      )
    })
  }
  return arrived.get(input)!
}

/** What arrives at one input of a node. Linear layers and moves are their own derivative. */
function localGradient(node: Node, inputs: readonly Plain[], k: number, dy: Plain): Plain {
  const x = inputs[k]!
  switch (node.op) {
    case 'Conv':
    case 'Gemm':
    case 'MatMul': {
      const result = plain(x.shape)
      fieldsOf(node, x, inputs[1]!).list.forEach((field, j) => {
        field.inputs.forEach((i, n) => {
          result.data[i]! += inputs[1]!.data[field.weights[n]!]! * dy.data[j]!
        })
      })
      return result
    }
    case 'Concat':
    case 'Flatten':
    case 'Reshape':
    case 'Dropout': {
      const result = plain(x.shape)
      placesOf(node, inputs).from.forEach((place, j) => {
        if (place?.[0] === k) result.data[place[1]]! += dy.data[j]!
      })
      return result
    }
    case 'MaxPool': {
      // Windows of nothing but zeros are common after a Relu: the first maximum counts, as everywhere.
      const result = plain(x.shape)
      windowsOf(node, x).windows.forEach((window, j) => {
        const values = window.map((i) => x.data[i]!)
        result.data[window[values.indexOf(Math.max(...values))]!]! += dy.data[j]!
      })
      return result
    }
    default:
      return plainGradient(x, (moved) => {
        const [y] = plainNode(
          node,
          inputs.map((input, n) => (n === k ? moved : input)),
        )
        return y!.data.reduce((sum, value, j) => sum + value * dy.data[j]!, 0)
      })
  }
}
