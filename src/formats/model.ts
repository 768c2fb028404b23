import { UserError } from '../base/errors.ts'
import type { Graph, ValueInfo } from '../graph/types.ts'
import { type Files, MissingFile, nameOf } from './files.ts'

/** What some formats need besides the model's own file. */
export interface ReadModelOptions {
  /** The definition of a Caffe network, where it does not stand beside its `.caffemodel`. */
  readonly prototxt?: Prototxt
  /** Height and width of the pictures, in pixels, for a network that leaves them open. */
  readonly size?: readonly [height: number, width: number]
  /** Whether nothing else needs the bytes that `files` gives: then large weights stay in them, moved a little. */
  readonly overwrite?: boolean
}

/** The definition of a Caffe network. */
export interface Prototxt {
  readonly text: string
  /** Its file, for messages. */
  readonly path: string
}

type Read = (bytes: Uint8Array, path: string, files: Files, options: ReadModelOptions) => Promise<Graph>

// One line a format. Each is loaded when the first model of it is read.
const READERS: Readonly<Record<string, Read>> = {
  '.caffemodel': async (bytes, path, files, { prototxt, overwrite }) =>
    (await import('./caffe/read.ts')).readCaffe(bytes, path, { files, prototxt, overwrite }),
  '.json': async (bytes, path, files, { size }) =>
    (await import('./tensorflowjs/read.ts')).readTensorFlowJs(bytes, path, { files, size }),
  '.onnx': async (bytes, path, files, { size, overwrite }) => {
    const sizes = size && ((input: ValueInfo) => sidesOf(input, size))
    return (await import('./onnx.ts')).readOnnx(bytes, path, { files, sizes, overwrite })
  },
}

/** The endings of the model files that regard reads. */
export const MODEL_ENDINGS: readonly string[] = Object.keys(READERS)

/**
 * Read a network in any format that regard knows, by the ending of its file.
 *
 * @param path of its file: its last part is the name that `files` is asked for; messages show all of it
 * @param files gives the model's own file, and those beside it that it needs
 * @throws UserError when a file is missing, of another format, or not well formed
 */
export async function readModel(path: string, files: Files, options: ReadModelOptions = {}): Promise<Graph> {
  const ending = endingOf(path)
  if (ending === '.prototxt') {
    throw new UserError('defines a network without its weights', path, 'Give its .caffemodel as well')
  }
  const read = READERS[ending]
  if (!read) {
    throw new UserError(
      'does not have the ending of a model that regard reads',
      path,
      `It reads ${MODEL_ENDINGS.join(', ')}`,
    )
  }
  let bytes: Uint8Array
  try {
    bytes = await files(nameOf(path))
  } catch (error) {
    if (error instanceof MissingFile) throw new UserError('there is no such model', path)
    throw error
  }
  return read(bytes, path, files, options)
}

/** The ending of a file's name, in lower case, with its dot. */
export function endingOf(path: string): string {
  return /.(\.[^.]*)$/s.exec(nameOf(path))?.[1]?.toLowerCase() ?? ''
}

/** Sizes for the sides that an input of pictures leaves open. */
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
