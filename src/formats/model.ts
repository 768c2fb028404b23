import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Graph, ValueInfo } from '../graph/types.ts'
import { findPrototxt, readCaffe } from './caffe/read.ts'
import { readOnnx } from './onnx.ts'
import { readTensorFlowJs } from './tensorflowjs/read.ts'

/** What some formats need beside the model's own file. */
export interface ReadModelOptions {
  /** The definition of a Caffe network, where it does not stand beside its `.caffemodel`. */
  readonly prototxt?: string
  /** Height and width of the pictures, in pixels, for a network that leaves them open. */
  readonly size?: readonly [height: number, width: number]
}

// One line a format.
const READERS: Readonly<Record<string, (path: string, options: ReadModelOptions) => Graph>> = {
  '.caffemodel': (path, { prototxt }) => readCaffe(findPrototxt(path, prototxt), path),
  '.json': (path, { size }) => readTensorFlowJs(path, { size }),
  '.onnx': (path, { size }) => readOnnx(path, { sizes: size && ((input) => sidesOf(input, size)) }),
}

/** The endings of the model files that regard reads. */
export const MODEL_ENDINGS: readonly string[] = Object.keys(READERS)

/**
 * Read a network in any format that regard knows, by the ending of its file.
 *
 * @throws UserError when the file is missing, of another format, or not well formed
 */
export function readModel(path: string, options: ReadModelOptions = {}): Graph {
  const read = READERS[extname(path).toLowerCase()]
  if (!read) {
    throw new UserError(
      'is no model that regard reads, by its ending',
      path,
      `It reads ${MODEL_ENDINGS.join(', ')}`,
    )
  }
  if (!existsSync(path)) throw new UserError('there is no such model', path)
  return read(path, options)
}

/** Numbers for the sides that an input of pictures leaves open. */
function sidesOf({ shape }: ValueInfo, size: readonly [number, number]): Record<string, number> {
  if (shape.length !== 4) return {}
  // [batch, height, width, channels], or else [batch, channels, height, width].
  const first = shape[3] === 1 || shape[3] === 3 ? 1 : 2
  const open = size.flatMap((side, k) => {
    const dimension = shape[first + k]!
    return typeof dimension === 'string' ? [[dimension, side] as const] : []
  })
  return Object.fromEntries(open)
}
