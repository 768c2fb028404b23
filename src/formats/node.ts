/** Other people's files on a disk: the only file in this room that needs Node. */

import { constants } from 'node:buffer'
import { open, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { impostor } from '../base/impostor.ts'
import type { OpenSizes } from '../graph/batch.ts'
import { writeGraph } from '../graph/file.ts'
import type { Graph, TensorOf } from '../graph/types.ts'
import { readMean } from './caffe/weights.ts'
import { type Files, MissingFile } from './files.ts'
import { readMatlab } from './matlab/read.ts'
import type { MatlabRecord } from './matlab/value.ts'
import { type Prototxt, type ReadModelOptions, readModel } from './model.ts'
import { readOnnx } from './onnx.ts'
import { readWeights } from './weights.ts'

/** What some formats need besides the model's own file. */
export interface ReadModelFileOptions extends Pick<ReadModelOptions, 'size'> {
  /** The path of a Caffe network's definition, where it does not stand beside its `.caffemodel`. */
  readonly prototxt?: string
}

/**
 * Read a network in any format that regard knows, by the ending of its file.
 *
 * @param path of a `.caffemodel`, a `model.json` of TensorFlow.js or an `.onnx` file
 * @throws UserError when a file is missing, of another format, or not well formed, or when it refers to a file
 *   outside its own folder
 */
export async function readModelFile(path: string, options: ReadModelFileOptions = {}): Promise<Graph> {
  const { prototxt, size } = options
  return readModel(path, filesBeside(path), {
    size,
    prototxt: prototxt === undefined ? undefined : await readPrototxt(prototxt),
    overwrite: true,
  })
}

/**
 * Read the definition of a Caffe network.
 *
 * @throws UserError when it cannot be read
 */
export async function readPrototxt(path: string): Promise<Prototxt> {
  try {
    return { text: new TextDecoder().decode(await readWhole(path)), path }
  } catch (error) {
    if (error instanceof MissingFile) throw new UserError('there is no such prototxt', path)
    throw error
  }
}

/**
 * Read an `.onnx` file, with the weights that lie in files beside it.
 *
 * @param options.sizes sizes of dimensions that the model leaves open, such as `{ height: 224, width: 224 }`, or a
 *   function that gives them for an input
 * @throws UserError as {@link readModelFile} does, and when a file cannot be read
 */
export async function readOnnxFile(path: string, options: { sizes?: OpenSizes } = {}): Promise<Graph> {
  return readOnnx(await readWhole(path), path, { ...options, files: filesBeside(path), overwrite: true })
}

/**
 * Write an `.onnx` file.
 *
 * @param options.external put weights of 1 KiB and more into `NAME.onnx.data` beside it (a single file is limited to 2
 * GiB)
 */
export function writeOnnxFile(path: string, graph: Graph, options: { external?: boolean } = {}): void {
  if (!options.external) {
    writeAtomic(path, writeGraph(graph))
    return
  }
  const weights: Uint8Array[] = []
  const location = `${basename(path)}.data`
  let offset = 0
  const place = (bytes: Uint8Array) => {
    weights.push(bytes)
    offset += bytes.length
    return { location, offset: offset - bytes.length }
  }
  const model = writeGraph(graph, { threshold: 1024, place })
  writeAtomic(join(dirname(path), location), ...weights)
  writeAtomic(path, model)
}

/**
 * Read only the weights of a network: see {@link readWeights}.
 *
 * @throws UserError when the file is missing, of another format, or not well formed
 */
export function readWeightsFile(path: string): Promise<Map<string, TensorOf<'float32'>>> {
  return readWeights(path, filesBeside(path), { overwrite: true })
}

/**
 * Read a mean picture of Caffe's (`.binaryproto`): float32 [3, height, width], the planes blue, green and red.
 *
 * @throws UserError when the file cannot be read or is not a mean picture
 */
export async function readMeanFile(path: string): Promise<TensorOf<'float32'>> {
  return readMean(await readWhole(path), path)
}

/**
 * Read the variables of a MATLAB file: see {@link readMatlab}.
 *
 * @throws UserError naming the file, when it cannot be read or is malformed
 */
export async function readMatlabFile(path: string): Promise<MatlabRecord> {
  return readMatlab(await readWhole(path), path)
}

/**
 * The files of a model's folder. One that the model refers to may be a link within that folder, or into the folder where
 * the model's own file really lies (caches keep models as links into one folder of contents), but not elsewhere.
 */
export function filesBeside(path: string): Files {
  return async (name, referred) => {
    const wanted = join(dirname(path), name)
    // The real path is read, so that no link can change in between.
    const real = referred ? await realOf(wanted) : undefined
    if (real === undefined) return readWhole(wanted)
    const [folder, model] = [await realOf(dirname(path)), await realOf(path)]
    const own = [folder, model && dirname(model)]
    if (!own.some((each) => each !== undefined && isInside(each, real))) {
      throw new UserError(`the model refers to ${name}, outside its own folder: refused`, path)
    }
    return readWhole(real, wanted)
  }
}

async function realOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined)
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/**
 * All bytes of a file, which may be larger than the 2 GiB that Node reads at once.
 *
 * @param name its name in messages
 * @throws MissingFile where there is no such file, UserError when it cannot be read, or something else was fetched
 *   instead
 */
export async function readWhole(path: string, name = path): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await bytesOf(path, name)
  const other = impostor(bytes, name)
  if (other) throw other
  return bytes
}

async function bytesOf(path: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const file = await open(path, 'r')
    try {
      const stat = await file.stat()
      if (stat.isDirectory()) throw new UserError('is a folder, not a file', name)
      // A pipe does not report its size.
      if (!stat.isFile()) return new Uint8Array(await file.readFile())
      if (stat.size > constants.MAX_LENGTH) {
        throw new UserError(
          `has ${stat.size} bytes, more than the ${constants.MAX_LENGTH} that Node ${process.version} can hold in one piece`,
          name,
          'Use a newer Node, or keep the weights in several files',
        )
      }
      const bytes = new Uint8Array(stat.size)
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, 1 << 30)
        const { bytesRead } = await file.read(bytes, done, length, done)
        if (bytesRead === 0) throw new UserError('became shorter while it was being read', name)
        done += bytesRead
      }
      return bytes
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    const what = `cannot be read (${messageOf(error)})`
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    throw isMissing ? new MissingFile(name, what) : new UserError(what, name)
  }
}
