import type { Graph } from '../../graph/types.ts'
import { rewrite } from './rewrite.ts'

/** Pad convolutions of a multiple of three channels with channels of zeros, up to a multiple of four. */
export function lowerConv(graph: Graph): Graph {
  return rewrite(graph, 'Conv', (g, { inputs, attributes, op }) => {
    const [x, weights, bias] = inputs.map((name) => (name === '' ? undefined : g.value(name)))
    const [filters, channels] = weights!.shape.map(Number) as [number, number]
    const wrong = channels > 3 && channels % 3 === 0 && channels % 4 !== 0 && filters % 4 === 0
    if (!wrong || attributes.group !== 1) return undefined
    const widened = [x!, weights!].map((value) => g.pad(value, [0, 0, 0, 0], [0, 4 - (channels % 4), 0, 0]))
    return g.op(op, [...widened, bias], attributes)
  })
}
