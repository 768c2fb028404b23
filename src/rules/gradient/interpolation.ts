/**
 * Resampling a line: which elements each output mixes, and with what weights, as ONNX's Resize defines it.
 *
 * Positions are computed in single precision, operation by operation as in ONNX Runtime, because half way between two
 * neighbours the last bit decides which one is nearest.
 */

import type { Matrix } from './alongAxis.ts'

const f = Math.fround

interface Line {
  readonly size: number
  readonly outputs: number
  /** Outputs for each element; not always outputs / size, which is rounded down. */
  readonly scale: number
}

/** From the index of an output to the position on the line, by ONNX's name. */
const POSITIONS: Record<string, (output: number, line: Line) => number> = {
  half_pixel: (output, { scale }) => f(f(f(output + 0.5) / f(scale)) - 0.5),
  pytorch_half_pixel: (output, line) => (line.outputs > 1 ? POSITIONS.half_pixel!(output, line) : 0),
  asymmetric: (output, { scale }) => f(output / f(scale)),
  align_corners: (output, { size, outputs }) =>
    outputs === 1 ? 0 : f(f(output * (size - 1)) / (outputs - 1)),
}

/** The nearest element, by ONNX's name for the rounding. */
const ROUNDED: Record<string, (position: number) => number> = {
  round_prefer_floor: (position) => (isHalfWay(position) ? Math.floor(position) : Math.round(position)),
  round_prefer_ceil: (position) => (isHalfWay(position) ? Math.ceil(position) : Math.round(position)),
  floor: Math.floor,
  ceil: Math.ceil,
}

/** Half way, up to the rounding of a position: ONNX Runtime's own tolerance. */
function isHalfWay(position: number): boolean {
  return Math.abs(position - Math.floor(position) - 0.5) <= 1e-6
}

/**
 * Resampling as a matrix: a row for each output, a column for each element of the line.
 *
 * @param coordinates ONNX's coordinate_transformation_mode
 * @param kind `linear`, or the way to round to the nearest element
 * @returns undefined where one of the names is unknown here
 */
export function interpolation({
  coordinates,
  kind,
  ...line
}: Line & { coordinates: string; kind: string }): Matrix | undefined {
  const position = POSITIONS[coordinates]
  const rounded = ROUNDED[kind]
  if (!position || !(rounded || kind === 'linear')) return undefined
  const last = line.size - 1
  return Array.from({ length: line.outputs }, (_, output) => {
    const row = new Array<number>(line.size).fill(0)
    if (rounded) {
      row[Math.min(Math.max(rounded(position(output, line)), 0), last)] = 1
      return row
    }
    const at = Math.min(Math.max(position(output, line), 0), last)
    const left = Math.floor(at)
    row[left] = 1 - (at - left)
    if (left < last) row[left + 1] = at - left
    return row
  })
}
