import { UserError } from '../base/errors.ts'
import type { Tensor, TensorOf } from '../graph/types.ts'
import { type Files, MissingFile, nameOf } from './files.ts'
import { endingOf } from './model.ts'

/** How weights are read. */
export interface ReadWeightsOptions {
  /** Whether nothing else needs the bytes that `files` gives: then large weights stay in them, moved a little. */
  readonly overwrite?: boolean
}

type Read = (
  bytes: Uint8Array,
  path: string,
  files: Files,
  overwrite: boolean | undefined,
) => Promise<ReadonlyMap<string, Tensor>>

// One line a format. Each is loaded when the first file of it is read.
const READERS: Readonly<Record<string, Read>> = {
  '.caffemodel': async (bytes, path, _, overwrite) =>
    (await import('./caffe/weights.ts')).readCaffeWeights(bytes, path, overwrite),
  '.onnx': async (bytes, path, files, overwrite) =>
    (await (await import('./onnx.ts')).readOnnx(bytes, path, { files, overwrite })).initializers,
  '.safetensors': async (bytes, path) =>
    (await import('./safetensors.ts')).readSafetensors(bytes, path).tensors,
}

/**
 * Read only the weights of a network, from a `.caffemodel`, an `.onnx` model, or a checkpoint of regard
 * (`.safetensors`).
 *
 * @param path of their file: its last part is the name that `files` is asked for; messages show all of it
 * @param files gives the file, and those beside it that it needs
 * @returns the tensors called `<layer>.weight` and `<layer>.bias`
 * @throws UserError when the file is missing, of another format, or not well formed
 */
export async function readWeights(
  path: string,
  files: Files,
  { overwrite }: ReadWeightsOptions = {},
): Promise<Map<string, TensorOf<'float32'>>> {
  const read = READERS[endingOf(path)]
  if (!read) {
    throw new UserError(
      'does not have the ending of weights that regard reads',
      path,
      `It reads ${Object.keys(READERS).join(', ')}`,
    )
  }
  let bytes: Uint8Array
  try {
    bytes = await files(nameOf(path))
  } catch (error) {
    if (error instanceof MissingFile) throw new UserError('there is no such weights file', path)
    throw error
  }
  const isWeight = ([name, { type }]: [string, Tensor]) => type === 'float32' && /\.(weight|bias)$/.test(name)
  const tensors = await read(bytes, path, files, overwrite)
  return new Map([...tensors].filter(isWeight) as [string, TensorOf<'float32'>][])
}
