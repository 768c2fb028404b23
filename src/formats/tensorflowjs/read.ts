import { messageOf, UserError } from '../../base/errors.ts'
import type { Graph } from '../../graph/types.ts'
import { type Files, readReferred } from '../files.ts'
import { graphOf, type ImportOptions, parseGraphModel } from './graphModel.ts'
import { pathsOf } from './weights.ts'

/** What a model needs besides its bytes. */
export interface TensorFlowJsOptions extends ImportOptions {
  /** The files of its folder, for its weights. */
  readonly files?: Files
}

/**
 * Read a TensorFlow.js graph model: a `model.json`, with its weights in files beside it.
 *
 * @param bytes of the model.json
 * @param path of the model.json, for messages
 * @returns its graph; see `importGraphModel` for its inputs and outputs
 * @throws UserError when a file is missing, cut short or outside the model's folder, when it is not a graph model, or
 *   uses something that regard does not read
 */
export async function readTensorFlowJs(
  bytes: Uint8Array,
  path: string,
  { files, ...options }: TensorFlowJsOptions = {},
): Promise<Graph> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path, 'Give the model.json of a graph model')
  }
  const parsed = parseGraphModel(json, path)
  const weights = files && (await readReferred(pathsOf(parsed.model), path, files))
  return graphOf(parsed, weights ?? new Map(), path, options)
}
