import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { readGraph, writeGraph } from '../graph/file.ts'
import type { ExternalReader } from '../graph/proto.ts'
import type { Graph } from '../graph/types.ts'

/**
 * Read an `.onnx` file, with the weights that lie in files beside it.
 *
 * @param options.sizes numbers for dimensions that the model leaves open, such as `{ height: 224, width: 224 }`
 * @throws UserError when the file is missing, cut short or not well formed, or when it refers to a file
 *   outside its own folder (a model from a stranger must not be able to read other files)
 */
export function readOnnx(path: string, options: { sizes?: Record<string, number> } = {}): Graph {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path)
  }
  return readGraph(bytes, path, readerBeside(path), options.sizes)
}

function readerBeside(path: string): ExternalReader {
  const folder = realpathSync(dirname(path))
  return (location, offset, length) => {
    const wanted = join(folder, location)
    if (!existsSync(wanted)) throw new UserError(`the model's weights are missing: there is no ${wanted}`)
    // The real path, so that a symbolic link cannot lead out of the folder either.
    if (!realpathSync(wanted).startsWith(folder + sep)) {
      throw new UserError(`the model refers to ${location}, outside its own folder: refused`)
    }
    const file = openSync(wanted, 'r')
    try {
      const size = fstatSync(file).size
      const bytes = new Uint8Array(length ?? Math.max(0, size - offset))
      if (offset + bytes.length > size) throw new UserError(`${location} is cut short: it has ${size} bytes`)
      for (let done = 0; done < bytes.length; ) {
        done += readSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30), offset + done)
      }
      return bytes
    } finally {
      closeSync(file)
    }
  }
}

/**
 * Write an `.onnx` file.
 *
 * @param options.external put weights of 1 KiB and more into `NAME.onnx.data` beside it (a single file ends at 2 GiB)
 */
export function writeOnnx(path: string, graph: Graph, options: { external?: boolean } = {}): void {
  if (!options.external) {
    writeAtomic(path, writeGraph(graph))
    return
  }
  const weights: Uint8Array[] = []
  const location = `${basename(path)}.data`
  const model = writeGraph(graph, { location, threshold: 1024, append: (bytes) => weights.push(bytes) })
  writeAtomic(join(dirname(path), location), ...weights)
  writeAtomic(path, model)
}
