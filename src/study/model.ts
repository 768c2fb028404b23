/** A trained network on disk: `NAME.onnx`, its card `NAME.card.yaml`, and its mean picture. */

import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { readNpy, writeNpy } from '../formats/npy.ts'
import { readOnnx, writeOnnx } from '../formats/onnx.ts'
import { float32, type Graph } from '../graph/types.ts'
import { type Card, cardPathOf, formatCard, parseCard } from '../networks/card.ts'

/** A trained network with all that it takes to show it a photo. */
export interface Model {
  readonly network: Graph
  readonly card: Card
  /** The mean picture: 3 · picture² numbers, planes of blue, green and red. */
  readonly mean: Float32Array
}

/** A card before it is known which file its mean picture is in. */
export type CardWithoutMean = Omit<Card, 'input'> & { readonly input: Omit<Card['input'], 'mean'> }

/**
 * Write a trained network as `NAME.onnx`, `NAME.card.yaml` and `NAME.mean.npy`. The model comes last: where it
 * is, the others are.
 *
 * @param path of the `.onnx` file
 * @throws UserError naming the file that cannot be written
 */
export function writeModel(
  path: string,
  { network, card, mean }: { network: Graph; card: CardWithoutMean; mean: Float32Array },
): void {
  const meanPath = `${path.replace(/\.onnx$/, '')}.mean.npy`
  const { picture } = card
  writeAtomic(meanPath, writeNpy(float32([3, picture, picture], mean)))
  const input = { ...card.input, mean: basename(meanPath) }
  writeAtomic(cardPathOf(path), formatCard({ ...card, input }))
  writeOnnx(path, network)
}

/**
 * Read a network that regard trained, with its card and its mean picture.
 *
 * @param path of the `.onnx` file
 * @throws UserError naming the file that is missing or malformed, or the field of the card that does not fit
 *   the network
 */
export function readModel(path: string): Model {
  if (!existsSync(path)) throw new UserError('there is no such model', path)
  const cardPath = cardPathOf(path)
  if (!existsSync(cardPath)) {
    throw new UserError(
      'the model has no card',
      cardPath,
      'It says how a photo becomes the input; `regard study` writes it beside each model, so keep the two together',
    )
  }
  const card = parseCard(textOf(cardPath), cardPath)
  const network = readOnnx(path)
  checkFit(network, card, cardPath)
  return { network, card, mean: meanOf(card, dirname(path)) }
}

function checkFit(network: Graph, { input, output, classes }: Card, where: string): void {
  const [images] = network.inputs
  const shape = [3, input.size, input.size]
  const image = images?.shape.slice(1)
  if (images?.name !== input.name || image?.join() !== shape.join()) {
    const found = network.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
    throw new UserError(
      `the card says the input ${input.name} [batch, ${shape.join(', ')}], and the model has ${found || 'none'}`,
      where,
      'Card and model do not belong together',
    )
  }
  const [logits] = network.outputs
  if (logits?.name !== output || logits.shape.length !== 2 || logits.shape[1] !== classes.length) {
    const found = network.outputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
    throw new UserError(
      `the card says the output ${output} [batch, ${classes.length}], and the model has ${found || 'none'}`,
      where,
      'Card and model do not belong together',
    )
  }
}

function meanOf({ input, picture }: Card, folder: string): Float32Array {
  const area = picture * picture
  if (typeof input.mean !== 'string') {
    const { mean } = input
    return Float32Array.from({ length: 3 * area }, (_, k) => mean[Math.floor(k / area)]!)
  }
  const path = join(folder, input.mean)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UserError(
      `the mean picture cannot be read (${messageOf(error)})`,
      path,
      'Keep it beside the model',
    )
  }
  const { type, shape, data } = readNpy(bytes, path)
  if (type !== 'float32' || shape.join() !== [3, picture, picture].join()) {
    throw new UserError(
      `the mean picture must be float32 [3, ${picture}, ${picture}], as the card says, and is ${type} [${shape.join(', ')}]`,
      path,
    )
  }
  return data
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path)
  }
}
