/** Caffe's files: a network's weights with its definition, weights by themselves, and mean pictures. */

import { UserError } from '../../base/errors.ts'
import { textOf } from '../../base/text.ts'
import type { Graph } from '../../graph/types.ts'
import { type Files, nameOf, pathBeside, readIfThere } from '../files.ts'
import type { Prototxt } from '../model.ts'
import { caffeGraph } from './graph.ts'
import { openWeights } from './weights.ts'

/** What a `.caffemodel` needs besides its bytes: `prototxt`, or `files` to find it in. */
export interface CaffeOptions {
  /** The definition for inference (`deploy.prototxt`), not for training. */
  readonly prototxt?: Prototxt
  /** The files of its folder, to find a definition beside it. */
  readonly files?: Files
  /** Whether nothing else needs the bytes: then large weights stay in them, moved a little, and are not copied. */
  readonly overwrite?: boolean
}

/**
 * Read a Caffe network: its weights, with its definition. {@link caffeGraph} describes the result.
 *
 * @param caffemodel the weights
 * @param path of their file, for messages
 * @throws UserError when one of the two is missing or malformed, or they do not belong together
 */
export async function readCaffe(
  caffemodel: Uint8Array,
  path: string,
  { prototxt, files, overwrite }: CaffeOptions = {},
): Promise<Graph> {
  const definition = prototxt ?? (await findPrototxt(path, files))
  return caffeGraph(definition.text, definition.path, openWeights(caffemodel, path, overwrite))
}

/**
 * Find the definition of the network whose weights are `NAME.caffemodel`: beside it `NAME.prototxt`,
 * `NAME_deploy.prototxt` or `deploy.prototxt`.
 *
 * @throws UserError when there is none
 */
export async function findPrototxt(caffemodel: string, files?: Files): Promise<Prototxt> {
  const name = nameOf(caffemodel).replace(/\.caffemodel$/, '')
  const candidates = [`${name}.prototxt`, `${name}_deploy.prototxt`, 'deploy.prototxt']
  for (const candidate of files ? candidates : []) {
    const bytes = await readIfThere(files!, candidate)
    if (bytes) return { text: textOf(bytes), path: pathBeside(caffemodel, candidate) }
  }
  const paths = candidates.map((candidate) => pathBeside(caffemodel, candidate))
  throw new UserError(
    'its prototxt is not beside it',
    caffemodel,
    `Give it with --prototxt FILE, or put it there as one of ${paths.join(', ')}`,
  )
}
