import { existsSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Tensor, TensorOf } from '../graph/types.ts'
import { readCaffeWeights } from './caffe/read.ts'
import { readOnnx } from './onnx.ts'
import { readSafetensors } from './safetensors.ts'

// One line a format.
const READERS: Readonly<Record<string, (path: string) => ReadonlyMap<string, Tensor>>> = {
  '.caffemodel': readCaffeWeights,
  '.onnx': (path) => readOnnx(path).initializers,
  '.safetensors': (path) => readSafetensors(readFileSync(path), path).tensors,
}

/**
 * Read the weights of a network by themselves: of a `.caffemodel`, an `.onnx` model, or a checkpoint of regard
 * (`.safetensors`).
 *
 * @returns the tensors called `<layer>.weight` and `<layer>.bias`
 * @throws UserError when the file is missing, of another format, or not well formed
 */
export function readWeights(path: string): Map<string, TensorOf<'float32'>> {
  const read = READERS[extname(path).toLowerCase()]
  if (!read) {
    throw new UserError(
      'holds no weights that regard reads, by its ending',
      path,
      `It reads ${Object.keys(READERS).join(', ')}`,
    )
  }
  if (!existsSync(path)) throw new UserError('there is no such file of weights', path)
  const isWeight = ([name, { type }]: [string, Tensor]) => type === 'float32' && /\.(weight|bias)$/.test(name)
  return new Map([...read(path)].filter(isWeight) as [string, TensorOf<'float32'>][])
}
