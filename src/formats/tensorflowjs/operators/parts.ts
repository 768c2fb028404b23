/** Operators that concatenate, split, slice and pad values. */

import type { Shape, Tensor } from '../../../graph/types.ts'
import type { Importer, Rule } from '../importer.ts'
import { axisIn, type Held, heldSizes, isNumber, knownSizes, shapeOf } from '../layout.ts'
import type { TensorFlowNode } from '../model.ts'
import { besideEachOther } from './elementwise.ts'
import { anyForm, withoutAxes } from './reduce.ts'

/** "To the end", in ONNX's slices. */
const END = 2 ** 31 - 1
/** "To the start", where the step is negative. */
const START = -(2 ** 31)

/** Values one after another; the axis is the last input. */
export const concat: Rule = (importer, node) => {
  const parts = importer.inputsOf(node).slice(0, -1)
  const [axis] = importer.integers(node, parts.length, 'its axis')
  const sizes = parts.map(knownSizes)
  if (sizes.every((one) => one) && shapeOf(parts[0]!).length === 1) {
    return heldSizes(sizes.flatMap((one) => [...one!]))
  }
  const rank = shapeOf(parts[0]!).length
  // A constant keeps its four axes here, even where it has a single element.
  const wholes = parts.map(
    (part): Held => (part.form === 'constant' ? { form: 'written', value: importer.written(part) } : part),
  )
  const { form, values } = besideEachOther(importer, wholes)
  const positive = axis! < 0 ? axis! + rank : axis!
  const along = form === 'picture' ? axisIn({ form, value: values[0]! }, positive) : positive
  return { form, value: importer.emit(node.name, 'Concat', values, { axis: along }) }
}

/** axis, value: into `num_split` equal parts. */
export const split: Rule = (importer, node) => {
  const [axis] = importer.integers(node, 0, 'its axis')
  const x = importer.input(node, 1)
  const size = shapeOf(x).at(axis!)
  const count = node.integer('num_split') ?? 1
  if (!size || !isNumber(size) || size % count !== 0) {
    throw new Error(`it splits ${size} into ${count} equal parts`)
  }
  return splitInto(importer, node, x, axis!, new Array(count).fill(size / count))
}

/** value, sizes, axis; one size may be −1, for the rest. */
export const splitV: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const sizes = importer.integers(node, 1, 'the sizes of its parts')
  const [axis] = importer.integers(node, 2, 'its axis')
  const known = sizes.filter((size) => size >= 0).reduce((sum, size) => sum + size, 0)
  const whole = shapeOf(x).at(axis!)
  const filled = sizes.map((size) => (size >= 0 ? size : Number(whole) - known))
  return splitInto(importer, node, x, axis!, filled)
}

function splitInto(
  importer: Importer,
  node: TensorFlowNode,
  x: Held,
  axis: number,
  sizes: readonly number[],
): Held[] {
  const inputs = [anyForm(importer, x), importer.vector(sizes, `${node.name}.sizes`)]
  const form = x.form === 'picture' ? 'picture' : 'written'
  return importer
    .emitMany(node.name, 'Split', sizes.length, inputs, { axis: axisIn(x, axis) })
    .map((value) => ({ form, value }))
}

/** What is cut out of one axis; `drop` removes the axis afterwards. */
interface Range {
  readonly from: number
  readonly to: number
  readonly step: number
  readonly drop: boolean
}

/** value, start, size; a size of −1 goes to the end. */
export const slice: Rule = (importer, node) => {
  const starts = importer.integers(node, 1, 'its start')
  const sizes = importer.integers(node, 2, 'its size')
  const ranges = starts.map((from, axis) => ({
    from,
    to: sizes[axis] === -1 ? END : from + sizes[axis]!,
    step: 1,
    drop: false,
  }))
  return cut(importer, node, ranges)
}

/** value, start, end, step; masks in which bit k is about the k-th of them. */
export const stridedSlice: Rule = (importer, node) => {
  const starts = importer.integers(node, 1, 'its start')
  const ends = importer.integers(node, 2, 'its end')
  const steps = importer.integers(node, 3, 'its steps')
  const mask = (name: string, k: number) => (((node.integer(name) ?? 0) >> k) & 1) === 1
  const rank = shapeOf(importer.input(node, 0)).length
  const ranges: Range[] = []
  for (let k = 0; k < starts.length; k++) {
    if (mask('new_axis_mask', k)) throw new Error('a slice that adds an axis is not supported')
    if (mask('ellipsis_mask', k)) {
      const all = { from: 0, to: END, step: 1, drop: false }
      ranges.push(...new Array<Range>(rank - starts.length + 1).fill(all))
      continue
    }
    const step = steps[k]!
    const drop = mask('shrink_axis_mask', k)
    const from = mask('begin_mask', k) ? (step > 0 ? 0 : END) : starts[k]!
    const to = mask('end_mask', k) ? (step > 0 ? END : START) : ends[k]!
    ranges.push(drop ? { from, to: from === -1 ? END : from + 1, step: 1, drop } : { from, to, step, drop })
  }
  return cut(importer, node, ranges)
}

function cut(importer: Importer, node: TensorFlowNode, ranges: readonly Range[]): Held {
  const x = importer.input(node, 0)
  const sizes = knownSizes(x)
  if (sizes && shapeOf(x).length === 1 && ranges.length === 1) return cutSizes(sizes, ranges[0]!)
  const dropped = ranges.flatMap(({ drop }, axis) => (drop ? [axis] : []))
  const ready = withoutAxes(importer, x, dropped)
  let value = anyForm(importer, ready)
  const axes = ranges.flatMap((range, axis) =>
    range.from === 0 && range.to === END && range.step === 1 ? [] : [axis],
  )
  if (axes.length > 0) {
    const vector = (what: string, of: (range: Range) => number) =>
      importer.vector(
        axes.map((axis) => of(ranges[axis]!)),
        `${node.name}.${what}`,
      )
    value = importer.emit(dropped.length > 0 ? `${node.name}/slice` : node.name, 'Slice', [
      value,
      vector('from', ({ from }) => from),
      vector('to', ({ to }) => to),
      importer.vector(
        axes.map((axis) => axisIn(ready, axis)),
        `${node.name}.axes`,
      ),
      vector('step', ({ step }) => step),
    ])
  }
  if (dropped.length === 0) return { form: ready.form === 'picture' ? 'picture' : 'written', value }
  const gone = importer.vector(
    dropped.map((axis) => axisIn(ready, axis)),
    `${node.name}.dropped`,
  )
  return { form: 'written', value: importer.emit(node.name, 'Squeeze', [value, gone]) }
}

function cutSizes(sizes: Shape, { from, to, step, drop }: Range): Held {
  if (step !== 1) throw new Error('sizes can be sliced only in steps of 1')
  return heldSizes(sizes.slice(from, to), drop)
}

/** value, [before, after] of each axis, and the element to pad with. */
export const pad: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const paddings = importer.integers(node, 1, 'its paddings')
  const mode = node.op === 'MirrorPad' ? node.text('mode') : 'CONSTANT'
  if (mode !== 'CONSTANT' && mode !== 'REFLECT')
    throw new Error(`padding in the mode ${mode} is not supported`)
  const filler: Tensor | undefined =
    node.op === 'PadV2' ? importer.constantInput(node, 2, 'the element to pad with') : undefined
  const rank = shapeOf(x).length
  const pads = new Array<number>(2 * rank).fill(0)
  for (let axis = 0; axis < rank; axis++) {
    pads[axisIn(x, axis)] = paddings[2 * axis]!
    pads[axisIn(x, axis) + rank] = paddings[2 * axis + 1]!
  }
  const value = importer.emit(
    node.name,
    'Pad',
    [
      anyForm(importer, x),
      importer.vector(pads, `${node.name}.pads`),
      ...(filler ? [importer.constant(filler, `${node.name}.filler`)] : []),
    ],
    { mode: mode.toLowerCase() },
  )
  return { form: x.form === 'picture' ? 'picture' : 'written', value }
}
