import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Graph } from '../graph/types.ts'
import { readOnnx } from './onnx.ts'

/** What some formats need beside the model's own file. */
export interface ReadModelOptions {
  /** The definition of a Caffe network, where it does not stand beside its `.caffemodel`. */
  readonly prototxt?: string
}

// One line a format.
const READERS: Readonly<Record<string, (path: string, options: ReadModelOptions) => Graph>> = {
  '.onnx': (path) => readOnnx(path),
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
