import type { OpenSizes } from '../graph/batch.ts'
import { graphOf, parseModel } from '../graph/file.ts'
import { externalFiles } from '../graph/proto.ts'
import type { Graph } from '../graph/types.ts'
import { type Files, readReferred } from './files.ts'

/** How an `.onnx` model is read. */
export interface OnnxOptions {
  /** The files of its folder, for weights that lie in files of their own. */
  readonly files?: Files
  /**
   * Sizes of dimensions that the model leaves open, such as `{ height: 224, width: 224 }`, or a function that gives
   * them for an input.
   */
  readonly sizes?: OpenSizes
  /** Whether nothing else needs the bytes: then the weights stay in them, moved a little, and are not copied. */
  readonly overwrite?: boolean
}

/**
 * Read an `.onnx` model, with the weights that lie in files beside it.
 *
 * @param path of the model, for messages
 * @throws UserError when it is cut short or not well formed, or when it refers to a file that is missing or outside
 *   its own folder (a model from a stranger must not be able to read other files)
 */
export async function readOnnx(bytes: Uint8Array, path: string, options: OnnxOptions = {}): Promise<Graph> {
  const { files, ...rest } = options
  const model = parseModel(bytes, path)
  const external = files && (await readReferred(externalFiles(model.graph), path, files))
  return graphOf(model, path, { external, ...rest })
}
