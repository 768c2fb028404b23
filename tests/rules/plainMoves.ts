/** Where the elements of a value come from, for operators that only move or repeat them: part of the plain judge. */

import type { Node, Operator } from '../../src/graph/operators.ts'
import type { Plain } from './plainGraph.ts'

/** The number of elements of a shape. */
export function size(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1)
}

/** For each element of a shape, the element of a smaller one that is repeated there. */
export function repeatedPlaces(from: readonly number[], to: readonly number[]): number[] {
  return Array.from({ length: size(to) }, (_, k) => {
    let [rest, place, stride] = [k, 0, 1]
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const index = rest % to[axis]!
      rest = Math.floor(rest / to[axis]!)
      const length = from[axis - to.length + from.length]
      if (length === undefined) continue
      if (length !== 1) place += index * stride
      stride *= length
    }
    return place
  })
}

/** For an operator that moves elements: the output's shape, and the input and index of each element. */
export interface Places {
  readonly shape: readonly number[]
  /** [input, index]; undefined for a zero of the padding. */
  readonly from: readonly (readonly [number, number] | undefined)[]
}

export function placesOf(node: Node, inputs: readonly Plain[]): Places {
  const [x] = inputs as [Plain]
  const asTheyAre = Array.from(x.data, (_, k) => [0, k] as const)
  switch (node.op) {
    case 'Dropout':
    case 'Identity':
      return { shape: x.shape, from: asTheyAre }
    case 'Flatten':
      return { shape: [1, x.data.length], from: asTheyAre }
    case 'Reshape': {
      const wanted = Array.from(inputs[1]!.data, (d, k) => (d === 0 ? x.shape[k]! : d))
      const rest = x.data.length / Math.abs(size(wanted))
      return { shape: wanted.map((d) => (d === -1 ? rest : d)), from: asTheyAre }
    }
    case 'Concat': {
      // In one picture, channels side by side are elements side by side.
      const shape = [1, inputs.reduce((sum, { shape: s }) => sum + s[1]!, 0), ...x.shape.slice(2)]
      return { shape, from: inputs.flatMap(({ data }, n) => Array.from(data, (_, k) => [n, k] as const)) }
    }
    case 'Pad': {
      const by = inputs[1]!.data
      const shape = x.shape.map((d, k) => d + by[k]! + by[k + x.shape.length]!)
      const from = Array.from({ length: size(shape) }, (_, k) => {
        let [rest, place, stride] = [k, 0, 1]
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          const index = (rest % shape[axis]!) - by[axis]!
          if (index < 0 || index >= x.shape[axis]!) return undefined
          rest = Math.floor(rest / shape[axis]!)
          place += index * stride
          stride *= x.shape[axis]!
        }
        return [0, place] as const
      })
      return { shape, from }
    }
    default:
      throw new Error(`the judge does not know the operator ${node.op satisfies Operator}`)
  }
}
