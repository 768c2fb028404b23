import { float32, type Graph } from '../../graph/types.ts'
import { rewrite } from './rewrite.ts'

/**
 * Convolutions that would be computed as products although they are padded, but only below or right of the picture: the
 * kernel gets a first row and column of zeros, and the picture that much padding above and left.
 */
export function lowerPadding(graph: Graph): Graph {
  return rewrite(graph, 'Conv', (g, { op, inputs, attributes }) => {
    const [x, weights, bias] = inputs.map((name) => (name === '' ? undefined : g.value(name)))
    const kernel = weights!.shape.slice(2)
    const { pads, dilations, group } = attributes
    const [before, after] = [pads.slice(0, kernel.length), pads.slice(kernel.length)]
    const isAfter = before.every((pad) => pad === 0) && after.some((pad) => pad > 0)
    const isPixel = kernel.every((size) => size === 1)
    const isWhole = kernel.every((size, k) => size === x!.shape[k + 2])
    if (group !== 1 || !isAfter || !(isPixel || isWhole)) return undefined
    // Not a Pad: before a convolution, even of its weights, it would be taken for padding of the picture.
    let wider = weights!
    for (const axis of kernel.keys()) {
      const first = wider.shape.map((size, k) => (k === axis + 2 ? 1 : Number(size)))
      wider = g.op('Concat', [g.constant(float32(first)), wider], { axis: axis + 2 })
    }
    return g.op(op, [x, wider, bias], { ...attributes, pads: [...dilations, ...after] })
  })
}
