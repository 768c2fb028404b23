import { readFileSync } from 'node:fs'
import { messageOf, UserError } from '../../base/errors.ts'
import type { Graph } from '../../graph/types.ts'
import { readerBeside } from '../onnx.ts'
import { type ImportOptions, importGraphModel } from './graphModel.ts'

/**
 * Read a TensorFlow.js graph model: a `model.json`, with its weights in files beside it.
 *
 * @param path of the model.json
 * @returns its graph; see {@link importGraphModel} for its inputs and outputs
 * @throws UserError when a file is missing, cut short or outside the model's folder, when it is no graph model,
 *   or when it uses what regard does not read
 */
export function readTensorFlowJs(path: string, options: ImportOptions = {}): Graph {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path, 'Give the model.json of a graph model')
  }
  const beside = readerBeside(path)
  const read = (location: string) => {
    try {
      return beside(location, 0, undefined)
    } catch (error) {
      throw new UserError(messageOf(error), path)
    }
  }
  return importGraphModel(json, read, path, options)
}
