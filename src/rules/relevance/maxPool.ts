/**
 * Max pooling: which inputs get the relevance of a window.
 *
 * The first maximum, as in Caffe's gradient (`first`); all maxima in equal shares, so that ties do not depend on the
 * order of the pixels (`equal`); or every input in proportion to its value (`proportional`).
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import { float32 } from '../../graph/types.ts'
import { scatterToPositions } from '../pooling.ts'
import type { BackwardRule } from '../walk.ts'
import { stabilised } from './stabilise.ts'

export function maxPoolRelevance(share: 'first' | 'equal' | 'proportional'): BackwardRule<'MaxPool'> {
  return ({ builder: g, node, inputs, outputs }, [arrived]) => {
    const [x, y] = [inputs[0]!, outputs[0]!]
    if (share === 'first') return [scatterToPositions(g, x, outputs[1]!, arrived!)]
    const outside = g.scalar(share === 'equal' ? OUTSIDE : 0)
    const windows = windowsOf(g, node, x, y, outside)
    const weights =
      share === 'proportional'
        ? windows
        : windows.map((window) => g.op('Cast', [g.op('Equal', [window, y])], { to: 'float32' }))
    const s = g.div(arrived!, stabilised(g, g.sum(weights), 0))
    return [
      putBack(
        g,
        node,
        x,
        weights.map((weight) => g.mul(weight, s)),
      ),
    ]
  }
}

/** For each place in the kernel, the elements there of all windows: [batch, channels, outputs…]. */
function windowsOf(g: GraphBuilder, node: NodeOf<'MaxPool'>, x: Value, y: Value, outside: Value): Value[] {
  const { strides, dilations } = node.attributes
  const { before, after } = paddingOf(node, x, y)
  const padded = [...before, ...after].some((p) => p > 0)
    ? g.op('Pad', [x, g.integers([0, 0, ...before, 0, 0, ...after]), outside])
    : x
  const outputs = y.shape.slice(2).map(Number)
  return kernelPlaces(node).map((place) => {
    const range = (k: number): [number, number, number] => {
      const start = place[k]! * dilations[k]!
      return [start, start + (outputs[k]! - 1) * strides[k]! + 1, strides[k]!]
    }
    return g.slice(padded, { 2: range(0), 3: range(1) })
  })
}

/** Lower than any activation, so that nothing outside the picture is ever the maximum. */
const OUTSIDE = -1e30

/** Add up, for each pixel, what each window that covers it gives to its place there. */
function putBack(g: GraphBuilder, node: NodeOf<'MaxPool'>, x: Value, parts: readonly Value[]): Value {
  const [, channels, height, width] = x.shape.map(Number)
  const { kernel_shape: kernel, strides, dilations } = node.attributes
  const [rows, columns] = parts[0]!.shape.slice(2).map(Number)
  const places = kernelPlaces(node)
  // The same transposed convolution for all channels: each place of the kernel is an input channel of its own.
  const stacked = g.concat(
    parts.map((part) => g.reshape(part, [-1, 1, rows!, columns!])),
    1,
  )
  const size = places.length
  const kernels = new Float32Array(size * size)
  for (let k = 0; k < size; k++) kernels[k * size + k] = 1
  const weights = g.derived(`places(${kernel.join()})`, () => float32([size, 1, ...kernel], kernels))
  const [top, left] = node.attributes.pads
  const pads = [top!, left!]
  const rest = [height!, width!].map((length, k) => {
    const reached = ([rows, columns][k]! - 1) * strides[k]! + (kernel[k]! - 1) * dilations[k]! + 1
    return length + pads[k]! - reached
  })
  // Where the last window reaches beyond the end, the excess is cut off; where it ends earlier, zeros follow.
  const spread = g.op('ConvTranspose', [stacked, weights], {
    strides,
    dilations,
    pads: [...pads, ...rest.map((r) => Math.max(-r, 0))],
    output_padding: rest.map((r) => Math.max(r, 0)),
  })
  return g.reshape(spread, [-1, channels!, height!, width!])
}

function kernelPlaces({ attributes: { kernel_shape: kernel } }: NodeOf<'MaxPool'>): [number, number][] {
  return Array.from({ length: kernel[0]! * kernel[1]! }, (_, k) => [
    Math.floor(k / kernel[1]!),
    k % kernel[1]!,
  ])
}

/**
 * Zeros before and after the picture, so that every window lies inside: with ceil_mode the last one reaches beyond the
 * end.
 */
function paddingOf({ attributes: a }: NodeOf<'MaxPool'>, x: Value, y: Value) {
  const before = a.pads.slice(0, 2)
  const after = before.map((pad, k) => {
    const size = Number(x.shape[k + 2])
    const reach =
      (Number(y.shape[k + 2]) - 1) * a.strides[k]! + (a.kernel_shape[k]! - 1) * a.dilations[k]! + 1
    return Math.max(0, reach - size - pad)
  })
  return { before, after }
}
