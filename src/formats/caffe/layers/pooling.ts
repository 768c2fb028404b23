/**
 * Pooling, with Caffe's sizes (`pooling_layer.cpp`): the number of windows is rounded up, the last one may reach beyond
 * the end, and one that would begin beyond the picture and its leading padding is dropped.
 */

import type { Value } from '../../../graph/builder.ts'
import { float32 } from '../../../graph/types.ts'
import { pictures, refuse, sizeAt, type Translation, type Visit, window } from './translation.ts'

/** Windows along one side of a picture. */
interface Side {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly pad: number
  readonly windows: number
}

export const pooling: Translation = (visit) => {
  const { g, layer } = visit
  const p = layer.parameters.message('pooling_param')
  const kind = p.choice('pool', ['MAX', 'AVE', 'STOCHASTIC'], 'MAX')
  if (kind === 'STOCHASTIC') {
    throw refuse(layer, 'stochastic pooling is not supported', 'Train the network with pool: MAX or AVE')
  }
  const x = pictures(visit)
  const strides = window(p, 'stride', layer, 1)
  const pads = window(p, 'pad', layer, 0)
  if (p.flag('global_pooling', false)) {
    if (strides.some((stride) => stride !== 1) || pads.some((pad) => pad !== 0))
      throw refuse(layer, 'with global_pooling, its stride must be 1 and its pad 0')
    p.has('round_mode')
    return [g.op(kind === 'MAX' ? 'GlobalMaxPool' : 'GlobalAveragePool', [x], {}, layer.name)]
  }
  const kernels = window(p, 'kernel', layer)
  if (pads.some((pad, k) => pad >= kernels[k]!)) throw refuse(layer, 'its padding is as wide as its kernel')
  const ceil = p.choice('round_mode', ['CEIL', 'FLOOR'], 'CEIL') === 'CEIL'
  const sides = kernels.map((kernel, k): Side => {
    const side = { size: sizeAt(x, k + 2), kernel, stride: strides[k]!, pad: pads[k]! }
    return { ...side, windows: countWindows(visit, side, ceil, pads) }
  })
  if (kind === 'AVE') return [average(visit, x, sides)]
  const shape = { kernel_shape: kernels, strides, pads: [...pads, ...pads] }
  return [g.op('MaxPool', [x], { ...shape, ceil_mode: ceil ? 1 : 0 }, layer.name)]
}

function countWindows(
  { layer }: Visit,
  { size, kernel, stride, pad }: Omit<Side, 'windows'>,
  ceil: boolean,
  pads: readonly number[],
): number {
  const steps = (size + 2 * pad - kernel) / stride
  if (steps < 0)
    throw refuse(layer, `a kernel of ${kernel} does not fit a picture of ${size} and its padding`)
  const windows = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1
  if ((windows - 1) * stride < size + pad) return windows
  if (pads.some((other) => other > 0)) return windows - 1
  // Without any padding, Caffe keeps such a window and fills it with −3.4e38 or NaN.
  throw refuse(
    layer,
    `its last window begins beyond the picture of ${size} pixels and is empty`,
    'Set round_mode: FLOOR, or change the kernel and stride',
  )
}

/**
 * Caffe divides by the size of the window within the padded picture: padding counts, what lies beyond does not. ONNX
 * has no such option once there is padding (`count_include_pad` counts all or nothing). So all windows are made whole
 * by padding at the end, and where that changes a window's size, the mean is corrected.
 */
function average({ g, layer }: Visit, x: Value, sides: readonly Side[]): Value {
  const padded = sides.some(({ pad }) => pad > 0)
  const behind = sides.map(({ size, kernel, stride, pad, windows }) =>
    Math.max(0, (windows - 1) * stride + kernel - pad - size),
  )
  const attributes = {
    kernel_shape: sides.map(({ kernel }) => kernel),
    strides: sides.map(({ stride }) => stride),
    pads: [...sides.map(({ pad }) => pad), ...behind],
    // If the layer has no padding, only the picture itself counts.
    count_include_pad: padded ? 1 : 0,
  }
  const isWhole = sides.every(({ pad }, k) => behind[k]! <= pad)
  if (!padded || isWhole) return g.op('AveragePool', [x], attributes, layer.name)
  const mean = g.scope(layer.name, () => g.op('AveragePool', [x], attributes, 'whole'))
  const [rows, columns] = sides.map((side) =>
    Array.from({ length: side.windows }, (_, k) => {
      const start = k * side.stride - side.pad
      return side.kernel / (Math.min(start + side.kernel, side.size + side.pad) - start)
    }),
  )
  const factors = rows!.flatMap((row) => columns!.map((column) => row * column))
  const correction = float32([1, 1, rows!.length, columns!.length], factors)
  return g.op('Mul', [mean, g.constant(correction, `${layer.name}.correction`)], {}, layer.name)
}
