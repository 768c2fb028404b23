/** A network with what is needed to show it a photo: the model's file, its card beside it, its mean picture. */

import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf, UsageError, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { classNames } from '../explanation/classes.ts'
import { readMean as readBinaryProto } from '../formats/caffe/read.ts'
import { type ReadModelOptions, readModel } from '../formats/model.ts'
import { readNpy, writeNpy } from '../formats/npy.ts'
import { writeOnnx } from '../formats/onnx.ts'
import { type Graph, sizeOf, type TensorOf, type ValueInfo } from '../graph/types.ts'
import { verify } from '../graph/verify.ts'
import { logitsOf } from '../rules/logits.ts'
import { type Card, cardPathOf, formatCard, parseCard } from './card.ts'
import { type Preprocessing, preprocessingOf } from './preprocessing.ts'

/** A network, and all that is known of what it takes and what it says. */
export interface Model {
  /** Its file, for messages. */
  readonly path: string
  readonly network: Graph
  /** What its card says, with what the user says in its place. Without a card it says nothing. */
  readonly card: OpenedCard
  readonly input: ValueInfo
  /** The output that is explained. */
  readonly output: string
  /** How many logits that output has. */
  readonly logits: number
  /** The names of its classes, by index: two for a single logit. */
  readonly classes: readonly string[]
  /** How a photo becomes the input, or what of that is not known. */
  readonly preprocessing: Preprocessing | { readonly missing: readonly string[] }
}

/** What is said about a model from outside. */
export interface ModelOptions extends ReadModelOptions {
  /** Stands in place of what the card says, field by field. Files in it are looked for in the working folder. */
  readonly card?: Card
  /** The output to explain. */
  readonly output?: string
}

/** A card whose files are read: names of classes in place of a text file with them, and the mean picture. */
export type OpenedCard = Omit<Card, 'classes'> & {
  readonly classes?: string[]
  readonly meanPicture?: TensorOf<'float32'>
}

/** The card of a network that regard trained. */
export type TrainedCard = OpenedCard & Required<Pick<OpenedCard, 'meanPicture'>>

/**
 * Write a trained network as `NAME.onnx`, `NAME.card.yaml` and `NAME.mean.npy`. The model comes last: where it
 * is, the others are.
 *
 * @param path of the `.onnx` file
 * @throws UserError naming the file that cannot be written
 */
export function writeModel(path: string, network: Graph, { meanPicture, ...card }: TrainedCard): void {
  const meanPath = `${path.replace(/\.onnx$/, '')}.mean.npy`
  writeAtomic(meanPath, writeNpy(meanPicture))
  const input = { ...card.input, mean: basename(meanPath) }
  writeAtomic(cardPathOf(path), formatCard({ ...card, input }))
  writeOnnx(path, network)
}

/**
 * Read a model of any format, and its card and mean picture where it has them.
 *
 * @throws UserError when a file is missing or malformed, or names the field that does not fit the network;
 *   UsageError when the model has several outputs and nobody says which is meant
 */
export function openModel(path: string, options: ModelOptions = {}): Model {
  const cardPath = cardPathOf(path)
  const own = existsSync(cardPath) ? parseCard(textOf(cardPath), cardPath) : {}
  const said = options.card?.input ?? {}
  const sized = said.size === undefined && said.height === undefined ? own.input : said
  const [height, width] = [sized?.size ?? sized?.height, sized?.size ?? sized?.width]
  const size = height === undefined || width === undefined ? undefined : ([height, width] as const)
  const network = readModel(path, { size, ...options })
  const where = existsSync(cardPath) ? cardPath : path
  return modelOf(network, path, withFiles(own, dirname(path)), options, where)
}

/**
 * A network that is in memory already, with what is said of it.
 *
 * @param path what it is called in messages
 * @param card with its files read
 * @param where what is to blame where card and network do not fit
 */
export function modelOf(
  network: Graph,
  path: string,
  card: OpenedCard = {},
  options: ModelOptions = {},
  where = path,
): Model {
  const said = joined(card, withFiles(options.card ?? {}))
  const { mean, channels } = said.input ?? {}
  if (typeof mean === 'string' && /\.binaryproto$/i.test(mean) && channels === 'RGB') {
    throw new UserError(
      `${mean} has planes of blue, green and red, and the channels are RGB`,
      where,
      'Caffe has trained no network on RGB by itself: say `BGR`, or give the mean as an .npy file',
    )
  }
  const input = onlyInput(network, said, path)
  const output = outputOf(network, said, options.output, path)
  const logits = logitCount(network, output)
  // A card's names are those of its own output.
  const named = said.output === undefined || said.output === output ? said.classes : undefined
  return about(where, () => ({
    path,
    network,
    card: said,
    input,
    output,
    logits,
    classes: classNames(logits, named),
    preprocessing: preprocessingOf(said, input.shape, said.meanPicture),
  }))
}

/**
 * How a photo becomes the model's input.
 *
 * @throws UserError that says what is not known of it, and how to say it
 */
export function requirePreprocessing({ path, input, preprocessing }: Model): Preprocessing {
  if (!('missing' in preprocessing)) return preprocessing
  const { missing } = preprocessing
  const takes = `${input.name} [${input.shape.join(', ')}]`
  if (missing.length === 0) {
    throw new UserError(`the network takes no photos: its input is ${takes}`, path, 'Give it .npy files')
  }
  const list = missing.length > 1 ? `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}` : missing[0]
  throw new UserError(
    `how a photo becomes the input ${takes} is not known: ${list} ${missing.length > 1 ? 'are' : 'is'} missing`,
    path,
    [
      `Say it as the network was trained, by ${missing.map((field) => `--${field}`).join(', ')} or in ${cardPathOf(path)}:`,
      '',
      'input:',
      ...missing.map((field) => `  ${CARD_LINES[field]}`),
    ].join('\n'),
  )
}

/** How the fields that a photo needs look in a card. */
const CARD_LINES: Readonly<Record<string, string>> = {
  layout: 'layout: NCHW      # or NHWC',
  size: 'size: 224         # or height and width, in pixels',
  channels: 'channels: RGB     # or BGR, or gray',
  scale: 'scale: 1          # value = (pixel - mean) * scale, for pixels from 0 to 255',
  mean: 'mean: 0           # or one number a channel, or an .npy or .binaryproto file beside the card',
}

/** @param folder where a card's files lie; without it they are as somebody typed them, from the working folder */
function withFiles(card: Card, folder?: string): OpenedCard {
  const { classes, input } = card
  const path = (file: string) => (folder === undefined ? file : join(folder, file))
  return {
    ...card,
    classes: typeof classes === 'string' ? readClasses(path(classes)) : classes,
    meanPicture: typeof input?.mean === 'string' ? readMean(path(input.mean)) : undefined,
  }
}

/** What a card says, and in place of it what somebody says against it. */
function joined(own: OpenedCard, said: OpenedCard): OpenedCard {
  const given = Object.entries(said).filter(([, value]) => value !== undefined)
  const { size, height, width, ...rest } = own.input ?? {}
  const otherSize = said.input?.size !== undefined || said.input?.height !== undefined
  return {
    ...own,
    ...Object.fromEntries(given),
    input: { ...rest, ...(otherSize ? {} : { size, height, width }), ...said.input },
    meanPicture: said.input?.mean === undefined ? own.meanPicture : said.meanPicture,
  }
}

function onlyInput(network: Graph, { input }: OpenedCard, path: string): ValueInfo {
  const [only] = network.inputs
  const list = network.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
  if (!only || network.inputs.length > 1) {
    throw new UserError(
      `the network has ${network.inputs.length} inputs (${list}), and regard explains those with one`,
      path,
    )
  }
  if (only.type !== 'float32') {
    throw new UserError(`the network's input ${only.name} is ${only.type}, and regard explains float32`, path)
  }
  if (input?.name !== undefined && input.name !== only.name) {
    throw new UserError(
      `its card says the input ${input.name}, and the model has ${list}`,
      path,
      'Card and model do not belong together',
    )
  }
  return only
}

function outputOf(network: Graph, card: OpenedCard, asked: string | undefined, path: string): string {
  const names = network.outputs.map(({ name }) => name)
  const wanted = asked ?? card.output ?? (names.length === 1 ? names[0]! : undefined)
  if (wanted !== undefined && names.includes(wanted)) return wanted
  const list = network.outputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
  if (wanted === undefined) {
    throw new UsageError(
      `the network has several outputs: ${list}`,
      path,
      'Say which one is to be explained, by --output or in its card',
    )
  }
  throw new UsageError(`the network has no output ${wanted}, but ${list}`, path)
}

function logitCount(network: Graph, output: string): number {
  const { shape } = verify(network).get(logitsOf(network, output).name)!
  const rest = shape.slice(1).map(Number)
  const count = sizeOf(rest)
  if (shape.length < 2 || !Number.isInteger(count)) {
    throw new UserError(`the output ${output} is no list of scores: its shape is [${shape.join(', ')}]`)
  }
  return count
}

function readClasses(path: string): string[] {
  const names = textOf(path).split(/\r?\n/)
  if (names.at(-1) === '') names.pop()
  const empty = names.findIndex((name) => name.trim() === '')
  if (empty >= 0 || names.length === 0)
    throw new UserError(`line ${Math.max(empty, 0) + 1} names no class`, path)
  return names.map((name) => name.trim())
}

/** A mean picture or one number a channel, from a file. */
function readMean(path: string): TensorOf<'float32'> {
  if (/\.binaryproto$/i.test(path)) return readBinaryProto(path)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UserError(`the mean cannot be read (${messageOf(error)})`, path, 'Keep it beside the model')
  }
  const mean = readNpy(bytes, path)
  if (mean.type !== 'float32' && mean.type !== 'float64') {
    throw new UserError(`the mean must be float32, and is ${mean.type}`, path)
  }
  return { type: 'float32', shape: mean.shape, data: Float32Array.from(mean.data) }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path)
  }
}

/** What a user did wrong, with the file that it is about. */
function about<T>(where: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.message, where)
    throw error
  }
}
