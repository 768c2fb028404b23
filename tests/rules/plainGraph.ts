/**
 * A slow, plain interpreter of graphs in double precision, written from the operators' definitions and sharing no
 * code with `src/`, types aside: the independent judge of rules. One picture at a time, loops only.
 */

import type { Node, NodeOf } from '../../src/graph/operators.ts'
import type { Graph } from '../../src/graph/types.ts'
import { type Places, placesOf, repeatedPlaces, size } from './plainMoves.ts'

/** A tensor in double precision. */
export interface Plain {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** A tensor of some shape; zeros where no data is given. */
export function plain(shape: readonly number[], data?: ArrayLike<number | bigint>): Plain {
  return { shape, data: data ? Float64Array.from(data, Number) : new Float64Array(size(shape)) }
}

/**
 * Every value of a graph, by name. A fed value may also replace a constant.
 *
 * @param known earlier values: what does not depend on anything new is not computed again
 */
export function plainForward(
  graph: Graph,
  fed: Readonly<Record<string, Plain>>,
  known: ReadonlyMap<string, Plain> = new Map(),
): Map<string, Plain> {
  const values = new Map(
    [...graph.initializers].map(([name, { shape, data }]) => [name, known.get(name) ?? plain(shape, data)]),
  )
  for (const [name, value] of Object.entries(fed)) values.set(name, value)
  for (const node of graph.nodes) {
    const isOld = node.inputs.every((name) => known.get(name) === values.get(name))
    const outputs =
      isOld && node.outputs.every((name) => known.has(name))
        ? node.outputs.map((name) => known.get(name)!)
        : plainNode(
            node,
            node.inputs.map((name) => values.get(name)!),
          )
    node.outputs.forEach((name, k) => {
      if (outputs[k]) values.set(name, outputs[k])
    })
  }
  return values
}

/** A node's outputs for its inputs. */
export function plainNode(node: Node, inputs: readonly Plain[]): Plain[] {
  const [x] = inputs as [Plain]
  const each = (apply: (v: number, k: number) => number) => [{ shape: x.shape, data: x.data.map(apply) }]
  switch (node.op) {
    case 'Conv':
    case 'ConvTranspose':
    case 'Gemm':
    case 'MatMul':
      return [linear(node, inputs)]
    case 'MaxPool':
    case 'GlobalMaxPool':
      return [overWindows(node, x, (window) => Math.max(...window.map((i) => x.data[i]!)))]
    case 'AveragePool':
    case 'GlobalAveragePool':
    case 'ReduceMean':
      return [overWindows(node, x, (w, slots) => w.reduce((sum, i) => sum + x.data[i]!, 0) / slots)]
    case 'BatchNormalization': {
      const [, scale, shift, mean, variance] = inputs.map(({ data }) => data)
      const area = size(x.shape.slice(2))
      return each((v, k) => {
        const c = Math.floor(k / area) % x.shape[1]!
        const deviation = Math.sqrt(variance![c]! + node.attributes.epsilon)
        return ((v - mean![c]!) / deviation) * scale![c]! + shift![c]!
      })
    }
    case 'LRN': {
      const { size: n, alpha, beta, bias } = node.attributes
      return each((v, k) => {
        const squares = channelsAround(x, k, n).reduce((sum, i) => sum + x.data[i]! ** 2, 0)
        return v / (bias + (alpha / n) * squares) ** beta
      })
    }
    case 'Relu':
      return each((v) => Math.max(v, 0))
    case 'LeakyRelu':
      return each((v) => (v < 0 ? node.attributes.alpha * v : v))
    case 'Clip': {
      const [low, high] = [inputs[1]?.data[0] ?? -Infinity, inputs[2]?.data[0] ?? Infinity]
      return each((v) => Math.min(Math.max(v, low), high))
    }
    case 'Sigmoid':
      return each((v) => 1 / (1 + Math.exp(-v)))
    case 'HardSigmoid':
      return each((v) => Math.min(Math.max(node.attributes.alpha * v + node.attributes.beta, 0), 1))
    case 'HardSwish':
      return each((v) => (v * Math.min(Math.max(v + 3, 0), 6)) / 6)
    case 'Tanh':
      return each(Math.tanh)
    case 'Softmax': {
      const [rows, columns] = x.shape as [number, number]
      const sums = Array.from({ length: rows }, (_, row) =>
        x.data.subarray(row * columns, (row + 1) * columns).reduce((sum, v) => sum + Math.exp(v), 0),
      )
      return each((v, k) => Math.exp(v) / sums[Math.floor(k / columns)]!)
    }
    case 'Add':
    case 'Sum':
      return [combined(inputs, (a, b) => a + b)]
    case 'Sub':
      return [combined(inputs, (a, b) => a - b)]
    case 'Mul':
      return [combined(inputs, (a, b) => a * b)]
    case 'Div':
      return [combined(inputs, (a, b) => a / b)]
    default:
      return [gather(inputs, placesOf(node, inputs))]
  }
}

/** One output of a linear layer: which elements of the input it reads, and which weight each of them has. */
export interface Field {
  readonly inputs: Int32Array
  readonly weights: Int32Array
  /** The index of its bias. */
  readonly bias: number
}

type Linear = 'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul'

const fields = new WeakMap<Node, { shape: string; list: Field[]; outputs: number[] }>()

/** The fields of all outputs of a linear layer, without padding, and the outputs' shape. */
export function fieldsOf(
  node: NodeOf<Linear>,
  x: Plain,
  w: Plain,
): { list: readonly Field[]; outputs: readonly number[] } {
  const shape = x.shape.join()
  const kept = fields.get(node as Node)
  if (kept?.shape === shape) return kept
  const found =
    node.op === 'Conv'
      ? convolutionFields(node as NodeOf<'Conv'>, x, w)
      : node.op === 'ConvTranspose'
        ? transposedFields(node as NodeOf<'ConvTranspose'>, x, w)
        : rowFields(node, x, w)
  fields.set(node as Node, { shape, ...found })
  return found
}

function convolutionFields({ attributes }: NodeOf<'Conv'>, x: Plain, w: Plain) {
  const [, channels, height, width] = x.shape as [number, number, number, number]
  const [filters, perGroup, kernelHeight, kernelWidth] = w.shape as [number, number, number, number]
  const { strides, pads, dilations, group } = attributes
  const rows = windowCount(height, kernelHeight, strides[0]!, pads[0]!, pads[2]!, dilations[0]!)
  const columns = windowCount(width, kernelWidth, strides[1]!, pads[1]!, pads[3]!, dilations[1]!)
  const list: Field[] = []
  for (let o = 0; o < filters; o++) {
    const firstChannel = Math.floor(o / (filters / group)) * (channels / group)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        const inputs: number[] = []
        const weights: number[] = []
        for (let i = 0; i < perGroup; i++)
          for (let a = 0; a < kernelHeight; a++)
            for (let b = 0; b < kernelWidth; b++) {
              const row = r * strides[0]! + a * dilations[0]! - pads[0]!
              const column = c * strides[1]! + b * dilations[1]! - pads[1]!
              if (row < 0 || column < 0 || row >= height || column >= width) continue
              inputs.push(((firstChannel + i) * height + row) * width + column)
              weights.push(((o * perGroup + i) * kernelHeight + a) * kernelWidth + b)
            }
        list.push({ inputs: Int32Array.from(inputs), weights: Int32Array.from(weights), bias: o })
      }
  }
  return { list, outputs: [1, filters, rows, columns] }
}

/** Each pixel is stamped, by each kernel, onto a larger picture. */
function transposedFields({ attributes }: NodeOf<'ConvTranspose'>, x: Plain, w: Plain) {
  const [, channels, height, width] = x.shape as [number, number, number, number]
  const [, perGroup, kernelHeight, kernelWidth] = w.shape as [number, number, number, number]
  const { strides, pads, dilations, group, output_padding } = attributes
  const [rows, columns] = [height, width].map(
    (size, k) =>
      (size - 1) * strides[k]! +
      ([kernelHeight, kernelWidth][k]! - 1) * dilations[k]! +
      1 -
      pads[k]! -
      pads[k + 2]! +
      output_padding[k]!,
  ) as [number, number]
  const filters = perGroup * group
  const found = Array.from({ length: filters * rows * columns }, (_, j) => ({
    inputs: [] as number[],
    weights: [] as number[],
    bias: Math.floor(j / (rows * columns)),
  }))
  for (let i = 0; i < channels; i++)
    for (let o = 0; o < perGroup; o++)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++)
          for (let a = 0; a < kernelHeight; a++)
            for (let b = 0; b < kernelWidth; b++) {
              const r = row * strides[0]! + a * dilations[0]! - pads[0]!
              const c = column * strides[1]! + b * dilations[1]! - pads[1]!
              if (r < 0 || c < 0 || r >= rows || c >= columns) continue
              const filter = Math.floor(i / (channels / group)) * perGroup + o
              const { inputs, weights } = found[(filter * rows + r) * columns + c]!
              inputs.push((i * height + row) * width + column)
              weights.push(((i * perGroup + o) * kernelHeight + a) * kernelWidth + b)
            }
  const list = found.map(({ inputs, weights, bias }) => ({
    inputs: Int32Array.from(inputs),
    weights: Int32Array.from(weights),
    bias,
  }))
  return { list, outputs: [1, filters, rows, columns] }
}

function rowFields(node: NodeOf<Linear>, x: Plain, w: Plain) {
  const transposed = node.op === 'Gemm' && (node as NodeOf<'Gemm'>).attributes.transB === 1
  const length = x.shape.at(-1)!
  const outputs = transposed ? w.shape[0]! : w.shape[1]!
  const list: Field[] = []
  for (let row = 0; row < x.data.length / length; row++)
    for (let o = 0; o < outputs; o++)
      list.push({
        inputs: Int32Array.from({ length }, (_, i) => row * length + i),
        weights: Int32Array.from({ length }, (_, i) => (transposed ? o * length + i : i * outputs + o)),
        bias: o,
      })
  return { list, outputs: [...x.shape.slice(0, -1), outputs] }
}

function linear(node: NodeOf<Linear>, [x, w, b]: readonly Plain[]): Plain {
  const { list, outputs } = fieldsOf(node, x!, w!)
  const y = plain(outputs)
  list.forEach(({ inputs, weights, bias }, j) => {
    let sum = b ? b.data[b.data.length === 1 ? 0 : bias]! : 0
    for (let k = 0; k < inputs.length; k++) sum += x!.data[inputs[k]!]! * w!.data[weights[k]!]!
    y.data[j] = sum
  })
  return y
}

type Pooling = 'MaxPool' | 'GlobalMaxPool' | 'AveragePool' | 'GlobalAveragePool' | 'ReduceMean'

/** A pooling of a picture: the elements in the window of each output, row by row, and how many slots it has. */
export function windowsOf(
  node: NodeOf<Pooling>,
  x: Plain,
): { windows: number[][]; slots: number[]; outputs: number[] } {
  const [, channels, height, width] = x.shape as [number, number, number, number]
  const whole = {
    kernel_shape: [height, width],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    ceil_mode: 0,
    dilations: [1, 1],
    count_include_pad: 0,
  }
  const a = { ...whole, ...(node.attributes as object) } as typeof whole
  const [size0, size1] = [height, width].map((length, k) =>
    windowCount(
      length,
      a.kernel_shape[k]!,
      a.strides[k]!,
      a.pads[k]!,
      a.pads[k + 2]!,
      a.dilations[k]!,
      a.ceil_mode,
    ),
  )
  const windows: number[][] = []
  const slots: number[] = []
  for (let i = 0; i < channels; i++)
    for (let r = 0; r < size0!; r++)
      for (let c = 0; c < size1!; c++) {
        const window: number[] = []
        let count = 0
        for (let p = 0; p < a.kernel_shape[0]!; p++)
          for (let q = 0; q < a.kernel_shape[1]!; q++) {
            const row = r * a.strides[0]! + p * a.dilations[0]! - a.pads[0]!
            const column = c * a.strides[1]! + q * a.dilations[1]! - a.pads[1]!
            // What exceeds the padded picture, where sizes are rounded up, is not a slot.
            if (row < height + a.pads[2]! && column < width + a.pads[3]!) count++
            if (row < 0 || column < 0 || row >= height || column >= width) continue
            window.push((i * height + row) * width + column)
          }
        windows.push(window)
        slots.push(a.count_include_pad ? count : window.length)
      }
  const kept = node.op === 'ReduceMean' && (node as NodeOf<'ReduceMean'>).attributes.keepdims === 0
  return { windows, slots, outputs: kept ? [1, channels] : [1, channels, size0!, size1!] }
}

function overWindows(
  node: NodeOf<Pooling>,
  x: Plain,
  reduce: (window: number[], slots: number) => number,
): Plain {
  const { windows, slots, outputs } = windowsOf(node, x)
  return plain(
    outputs,
    windows.map((window, j) => reduce(window, slots[j]!)),
  )
}

/** How often a window fits a padded line; rounded up, except for a window that would begin beyond the line. */
function windowCount(
  length: number,
  kernel: number,
  stride: number,
  before: number,
  after: number,
  dilation: number,
  ceil = 0,
): number {
  let count = 0
  for (let start = 0; start < length + before + after; start += stride) {
    const end = start + (kernel - 1) * dilation + 1
    const fits = end <= length + before + after
    const hangsOver = ceil === 1 && start < length + before && !fits
    if (fits) count++
    else if (hangsOver && start - stride + (kernel - 1) * dilation + 1 < length + before + after) count++
  }
  return count
}

/** The elements at the same pixel in the channels that LRN sums over. */
export function channelsAround(x: Plain, k: number, n: number): number[] {
  const area = size(x.shape.slice(2))
  const channel = Math.floor(k / area) % x.shape[1]!
  const first = Math.max(0, channel - Math.floor((n - 1) / 2))
  const last = Math.min(x.shape[1]! - 1, channel + Math.ceil((n - 1) / 2))
  return Array.from({ length: last - first + 1 }, (_, i) => k + (first + i - channel) * area)
}

/** Element by element, with values repeated as numpy repeats them. */
function combined(inputs: readonly Plain[], apply: (a: number, b: number) => number): Plain {
  const shape = inputs.map((input) => input.shape).reduce(repeatedShape)
  const parts = inputs.map((input) => repeatedPlaces(input.shape, shape).map((i) => input.data[i]!))
  return plain(
    shape,
    parts[0]!.map((v, k) => parts.slice(1).reduce((sum, part) => apply(sum, part[k]!), v)),
  )
}

function repeatedShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  const at = (shape: readonly number[], k: number) => shape[k - rank + shape.length] ?? 1
  return Array.from({ length: rank }, (_, k) => Math.max(at(a, k), at(b, k)))
}

function gather(inputs: readonly Plain[], { shape, from }: Places): Plain {
  return plain(
    shape,
    from.map((place) => (place ? inputs[place[0]]!.data[place[1]]! : 0)),
  )
}
