/** Caffe's files on disk. */

import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, UserError } from '../../base/errors.ts'
import type { Graph, TensorOf } from '../../graph/types.ts'
import { caffeGraph } from './graph.ts'
import { openWeights, readAllWeights, readMeanFrom } from './weights.ts'
import type { ByteSource } from './wire.ts'

/**
 * Read a Caffe network: its definition and its weights. What it becomes, {@link caffeGraph} says.
 *
 * The weights go straight from the file to where they stay, so that a large network takes little more memory
 * than its file has bytes.
 *
 * @param prototxt the definition for use (`deploy.prototxt`), not for training
 * @param caffemodel the weights
 * @throws UserError when a file cannot be read, is not what it should be, or the two do not belong together
 */
export function readCaffe(prototxt: string, caffemodel: string | undefined): Graph {
  let text: string
  try {
    text = readFileSync(prototxt, 'utf8')
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, prototxt)
  }
  if (caffemodel === undefined) {
    throw new UserError('defines a network without its weights', prototxt, 'Give its .caffemodel too')
  }
  return withFile(caffemodel, (source) => caffeGraph(text, prototxt, openWeights(source, caffemodel)))
}

/**
 * Read the weights of a `.caffemodel` by themselves: see {@link readAllWeights}.
 *
 * @throws UserError when the file cannot be read or is no caffemodel
 */
export function readCaffeWeights(path: string): Map<string, TensorOf<'float32'>> {
  return withFile(path, (source) => readAllWeights(source, path))
}

/**
 * Read a mean picture (`.binaryproto`): float32 [3, height, width], the planes blue, green and red.
 *
 * @throws UserError when the file cannot be read or is no mean picture
 */
export function readMean(path: string): TensorOf<'float32'> {
  return withFile(path, (source) => readMeanFrom(source, path))
}

/**
 * Find the definition of the network whose weights are `NAME.caffemodel`: the file that is given, or beside it
 * `NAME.prototxt`, `NAME_deploy.prototxt` or `deploy.prototxt`.
 *
 * @throws UserError when there is none
 */
export function findPrototxt(caffemodel: string, given?: string): string {
  const name = caffemodel.replace(/\.caffemodel$/, '')
  const candidates = [
    `${name}.prototxt`,
    `${name}_deploy.prototxt`,
    join(dirname(caffemodel), 'deploy.prototxt'),
  ]
  const found = given ?? candidates.find((path) => existsSync(path))
  if (found && existsSync(found)) return found
  if (given) throw new UserError('there is no such prototxt', given)
  throw new UserError(
    'its prototxt is not beside it',
    caffemodel,
    `Give it with --prototxt FILE, or put it there as one of ${candidates.join(', ')}`,
  )
}

function withFile<T>(path: string, use: (source: ByteSource) => T): T {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path)
  }
  try {
    const stat = fstatSync(file)
    if (stat.isDirectory()) throw new UserError('is a folder, not a file', path)
    return use({ size: stat.size, read: (offset, into) => readAll(file, path, offset, into) })
  } finally {
    closeSync(file)
  }
}

// A single read takes at most 2 GiB, and may give less than was asked for.
function readAll(file: number, path: string, offset: number, into: Uint8Array): void {
  for (let done = 0; done < into.length; ) {
    const length = Math.min(into.length - done, 1 << 30)
    const read = readSync(file, into, done, length, offset + done)
    if (read === 0) throw new UserError('became shorter while it was read', path)
    done += read
  }
}
