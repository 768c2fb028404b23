/**
 * Max pooling with a way back to its maxima, without positions.
 *
 * Instead of the position of each window's maximum, a mask says for each place in a window whether the first maximum
 * lies there; what arrives is multiplied by it, and every pixel adds up what it gets from each window that it lies in.
 * Both directions are a Gather with constant indices.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { withoutUnread } from '../../graph/fold.ts'
import type { Node, NodeOf } from '../../graph/operators.ts'
import { float32, type Graph, int64, sizeOf } from '../../graph/types.ts'
import { type Wiring, wiringOf } from '../../graph/wiring.ts'
import { firstLargest } from './first.ts'
import { rewrite } from './rewrite.ts'

/** Replace every ScatterElements to the positions of a MaxPool by Gathers, and drop positions that nothing reads. */
export function lowerMaxPool(graph: Graph): Graph {
  const { makerOf } = wiringOf(graph)
  const scattered = rewrite(graph, 'ScatterElements', (g, node) => {
    const sent = sentToMaxima(g, makerOf, node)
    return sent && g.reshape(toFirstMaxima(g, sent.pool, sent.arrived), [-1])
  })
  const { readersOf } = wiringOf(scattered)
  const results = new Set(scattered.outputs.map(({ name }) => name))
  const isRead = (name: string) => readersOf(name).length > 0 || results.has(name)
  const nodes = scattered.nodes.map((node): Node => {
    const unread = node.op === 'MaxPool' && node.outputs[1] !== undefined && !isRead(node.outputs[1])
    return unread ? ({ ...node, outputs: node.outputs.slice(0, 1) } as Node) : node
  })
  return withoutUnread({ ...scattered, nodes })
}

/**
 * What a ScatterElements sends to which maxima, if `scatterToPositions` wrote it (see rules/pooling.ts): a flat tensor
 * added into zeros, at positions that are those of a MaxPool or, where one picture has several explanations, those in
 * the copy of the picture that belongs to each.
 */
function sentToMaxima(
  g: GraphBuilder,
  makerOf: Wiring['makerOf'],
  { inputs, attributes }: NodeOf<'ScatterElements'>,
): { pool: NodeOf<'MaxPool'>; arrived: Value } | undefined {
  const [zeros, at, flat] = inputs.map(makerOf)
  const isZero = zeros?.op === 'ConstantOfShape' && Number(zeros.attributes.value.data[0]) === 0
  if (!isZero || attributes.reduction !== 'add' || at?.op !== 'Reshape' || flat?.op !== 'Reshape')
    return undefined
  const positions = makerOf(at.inputs[0]!)
  const pool = positions?.op === 'Add' ? makerOf(positions.inputs[0]!) : positions
  if (pool?.op !== 'MaxPool') return undefined
  const name = positions?.op === 'Add' ? positions.inputs[0] : at.inputs[0]
  const [x, y] = [g.value(pool.inputs[0]!), g.value(pool.outputs[0]!)]
  const ofOne = positions?.op !== 'Add' || copiesOf(g, makerOf, positions.inputs[1]!, x)
  const arrived = g.value(flat.inputs[0]!)
  const fits = arrived.shape.length === 4 && y.shape.slice(1).every((d, k) => d === arrived.shape[k + 1])
  return name === pool.outputs[1] && ofOne && fits ? { pool, arrived } : undefined
}

/** Whether a value holds the offset of each copy of one picture: 0, its size, twice its size and so on. */
function copiesOf(g: GraphBuilder, makerOf: Wiring['makerOf'], name: string, x: Value): boolean {
  const column = makerOf(name)
  const product = column?.op === 'Reshape' ? makerOf(column.inputs[0]!) : undefined
  const counted = product?.op === 'Mul' ? makerOf(product.inputs[0]!) : undefined
  if (counted?.op !== 'CumSum' || counted.attributes.exclusive !== 1) return false
  const ones = makerOf(counted.inputs[0]!)
  const size = g.constantOf(g.value(product!.inputs[1]!))?.data[0]
  return (
    ones?.op === 'ConstantOfShape' &&
    Number(ones.attributes.value.data[0]) === 1 &&
    x.shape[0] === 1 &&
    Number(size) === sizeOf(x.shape.slice(1).map(Number))
  )
}

/** Each element of what arrived, added at the first maximum of its window: of the shape of x, with the batch of s. */
function toFirstMaxima(g: GraphBuilder, pool: NodeOf<'MaxPool'>, s: Value): Value {
  const [x, y] = [g.value(pool.inputs[0]!), g.value(pool.outputs[0]!)]
  const [channels, height, width] = x.shape.slice(1).map(Number) as [number, number, number]
  const windows = windowsOf(pool, [height, width], y.shape.slice(2).map(Number))
  const { places, count } = windows
  const key = `${pool.name} `
  const pixels = g.derived(`${key}pixels`, () => int64([places * count], windows.pixels))
  const ranks = g.derived(`${key}ranks`, () => float32([places, count], windows.ranks))
  const seen = g.op('Gather', [g.reshape(x, [0, channels, height * width]), pixels], { axis: 2 })
  const inWindows = g.reshape(seen, [0, channels, places, count])
  const first = firstLargest(g, inWindows, g.reshape(y, [0, channels, 1, count]), ranks, 2)
  const sent = g.reshape(g.mul(first, g.reshape(s, [0, channels, 1, count])), [0, channels, places * count])

  // A zero at the end, for pixels that lie in fewer windows than others.
  const padded = g.pad(sent, [0, 0, 0], [0, 0, 1])
  const { readers, most } = readersOf(windows, height * width)
  const back = g.derived(`${key}readers`, () => int64([most * height * width], readers))
  const got = g.reshape(g.op('Gather', [padded, back], { axis: 2 }), [0, channels, most, height * width])
  return g.reshape(g.reduceSum(got, [2], false), [0, channels, height, width])
}

/** The windows of a pooling: for each place in a window, in row-major order, and each window. */
interface Windows {
  /** Places in a window, and windows. */
  readonly places: number
  readonly count: number
  /** [places · count]: the pixel there; 0 outside the picture. */
  readonly pixels: readonly number[]
  /** [places · count]: falling from place to place; 0 outside the picture. */
  readonly ranks: readonly number[]
}

function windowsOf(
  { attributes }: NodeOf<'MaxPool'>,
  [height, width]: readonly [number, number],
  outputs: readonly number[],
): Windows {
  const { kernel_shape: kernel, strides, dilations, pads } = attributes
  const [places, count] = [sizeOf(kernel), sizeOf(outputs)]
  const [pixels, ranks] = [new Array<number>(places * count), new Array<number>(places * count)]
  for (let place = 0; place < places; place++) {
    const [down, right] = [Math.floor(place / kernel[1]!), place % kernel[1]!]
    for (let window = 0; window < count; window++) {
      const [row, column] = [Math.floor(window / outputs[1]!), window % outputs[1]!]
      const i = row * strides[0]! - pads[0]! + down * dilations[0]!
      const j = column * strides[1]! - pads[1]! + right * dilations[1]!
      const inside = i >= 0 && i < height && j >= 0 && j < width
      pixels[place * count + window] = inside ? i * width + j : 0
      ranks[place * count + window] = inside ? places - place : 0
    }
  }
  return { places, count, pixels, ranks }
}

/** For each pixel its places in windows, window by window; padded with the zero where it has fewer than others. */
function readersOf({ places, count, pixels, ranks }: Windows, area: number) {
  const lists = Array.from({ length: area }, (): number[] => [])
  for (let window = 0; window < count; window++) {
    for (let place = 0; place < places; place++) {
      const at = place * count + window
      if (ranks[at] !== 0) lists[pixels[at]!]!.push(at)
    }
  }
  const most = lists.reduce((longest, { length }) => Math.max(longest, length), 1)
  const readers = Array.from({ length: most }, (_, k) =>
    lists.map((list) => list[k] ?? places * count),
  ).flat()
  return { readers, most }
}
