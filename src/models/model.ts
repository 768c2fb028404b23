/** A network with what it needs to read a photo: the model's file, its card beside it, its mean picture. */

import { UserError } from '../base/errors.ts'
import { textOf } from '../base/text.ts'
import { classNames } from '../explanation/classes.ts'
import { type Files, MissingFile, nameOf, pathBeside, readIfThere } from '../formats/files.ts'
import { type ReadModelOptions, readModel } from '../formats/model.ts'
import { readNpy } from '../formats/npy.ts'
import { combinesPictures, openBatch } from '../graph/batch.ts'
import { lookOf, PICTURES_ONLY } from '../graph/otherKinds.ts'
import type { Graph, TensorOf, ValueInfo } from '../graph/types.ts'
import type { OutputKind } from '../rules/logits.ts'
import { answerOf } from './answer.ts'
import type { Card } from './card.ts'
import { Misfit, type Preprocessing, pictureShape, preprocessingOf } from './preprocessing.ts'

/** A network, and all that is known about its input and its answers. */
export interface Model {
  /** Its file, for messages. */
  readonly path: string
  readonly network: Graph
  /** Its card, with the user's fields instead of the card's where given. Empty without either. */
  readonly card: OpenedCard
  readonly input: ValueInfo
  /** The output that is explained. */
  readonly output: string
  /** What that output holds; a single number that is not a yes or no, such as an age in years, is a `number`. */
  readonly kind: OutputKind | 'number'
  /** How many logits that output has. */
  readonly logits: number
  /** The names of its classes, by index: two for a single logit; for a number, its name. */
  readonly classes: readonly string[]
  /** For a number: what is subtracted from it, where it is explained against something. */
  readonly reference?: number
  /** The task of that output, where its card says so: `age`, `gender`, `years`. */
  readonly task: string | undefined
  /** How a photo becomes the input, or the fields that are missing to know it. */
  readonly preprocessing: Preprocessing | { readonly missing: readonly string[] }
}

/** What the caller knows about a model. */
export interface ModelOptions extends ReadModelOptions {
  /** Overrides the card, field by field. */
  readonly card?: OpenedCard
  /** The output to explain. */
  readonly output?: string
}

/** What a card says about one output. */
type Answer = Pick<OpenedCard, 'task' | 'classes' | 'ages'> & { readonly plain?: boolean }

/**
 * A card whose files are read: it holds the names of the classes instead of the name of a text file, and the mean
 * picture.
 */
export type OpenedCard = Omit<Card, 'classes'> & {
  readonly classes?: string[]
  readonly meanPicture?: TensorOf<'float32'>
}

/**
 * Read a model of any format, and its card and mean picture where it has them.
 *
 * @param path of its file: the last part is its name for `files`; messages have all of it
 * @param files gives the model's own file and the files beside it
 * @throws UserError when a file is missing or malformed, or naming the field that does not fit the network; UsageError
 *   when the model has several outputs and nothing says which is meant
 */
export async function openModel(path: string, files: Files, options: ModelOptions = {}): Promise<Model> {
  const { card = {}, output, ...reading } = options
  const cardPath = cardPathOf(path)
  const cardFile = await readIfThere(files, nameOf(cardPath))
  // YAML is read by a library that a page without cards need not load.
  const own = cardFile ? (await import('./card.ts')).parseCard(textOf(cardFile), cardPath) : {}
  const said = card.input ?? {}
  const sized = said.size === undefined && said.height === undefined ? own.input : said
  const [height, width] = [sized?.size ?? sized?.height, sized?.size ?? sized?.width]
  const size = height === undefined || width === undefined ? undefined : ([height, width] as const)
  const network = await readModel(path, files, { ...reading, size: reading.size ?? size })
  const opened = await openCard(own, path, files)
  return modelOf(network, path, joinedCard(opened, card), {
    output,
    where: cardFile ? cardPath : path,
    given: card,
  })
}

/** Where the card of a model lies: `faces.onnx` → `faces.card.yaml`. */
export function cardPathOf(model: string): string {
  return `${model.replace(/\.[^./\\]+$/, '')}.card.yaml`
}

/**
 * A model made of a network in memory and what is known about it.
 *
 * @param path its name in messages
 * @param said its card, whose files are read
 * @param options.output the output to explain, instead of the card's
 * @param options.where the name of the card in messages, where card and network do not fit
 * @param options.given the fields that were given instead of the card's, such as by flags: messages blame these instead
 * of the card
 * @throws UserError, UsageError as {@link openModel} does
 */
export function modelOf(
  given: Graph,
  path: string,
  said: OpenedCard = {},
  options: { readonly output?: string; readonly where?: string; readonly given?: OpenedCard } = {},
): Model {
  const { where = path, given: outside = {} } = options
  const { mean, channels } = said.input ?? {}
  if (typeof mean === 'string' && !said.meanPicture) {
    throw new UserError(`the mean ${mean} is a file that was not read`, where, 'Give it as `meanPicture`')
  }
  if (typeof mean === 'string' && /\.binaryproto$/i.test(mean) && channels === 'RGB') {
    throw new UserError(
      `${mean} has planes of blue, green and red, but the channels are RGB`,
      where,
      'Caffe does not train networks on RGB by itself: write `BGR`, or give the mean as an .npy file',
    )
  }
  const network = severalApart(given, path)
  const input = onlyInput(network, said, path)
  const layout = pictureShape(input.shape, said.input?.layout)?.layout
  const asked = options.output ?? said.output ?? said.answers?.[0]?.output
  const found = answerOf(network, asked, path, layout)
  const { output, logits } = found
  const { task, classes, plain } = answerAt(said, output)
  const isNumber =
    logits === 1 && (task === 'years' || (!classes && !plain && ['logits', 'other'].includes(found.kind)))
  const blame = (misfit: Misfit) => misfit.blaming(where, path, outside)
  return about(where, blame, () => ({
    ...found,
    path,
    card: said,
    input,
    kind: isNumber ? 'number' : plain ? 'other' : found.kind,
    classes: isNumber ? [task ?? output] : namesOf(logits, classes),
    task,
    preprocessing: preprocessingOf(said, input.shape, said.meanPicture),
  }))
}

/**
 * The model once for each answer that its card lists, in that order; or the model alone. All are of one network: each
 * part of an output that is an answer is an output of it.
 */
export function answersOf(model: Model): Model[] {
  const { path, card } = model
  if (!card.answers) return [model]
  let { network } = model
  const answers = card.answers.map(({ output }) => {
    const answer = modelOf(network, path, card, { output })
    network = answer.network
    return answer
  })
  return answers.map((answer) => ({ ...answer, network }))
}

/** Whether an answer is one number that is used as it is, such as an age or the probability of the second class. */
export function isPlain({ kind, logits }: Pick<Model, 'kind' | 'logits'>): boolean {
  return kind === 'number' || (kind === 'other' && logits === 1)
}

/**
 * How a photo becomes the model's input.
 *
 * @throws UserError naming what is not known, and how to give it
 */
export function requirePreprocessing({ path, input, preprocessing }: Model): Preprocessing {
  if (!('missing' in preprocessing)) return preprocessing
  const { missing } = preprocessing
  const takes = `${input.name} [${input.shape.join(', ')}]`
  const look = lookOf([input])
  if (look) {
    throw new UserError(
      `looks like a model for ${look}, by its input ${takes}`,
      path,
      `${PICTURES_ONLY}; input that is ready for it may be given as .npy files`,
    )
  }
  if (missing.length === 0) {
    throw new UserError(`the network takes no photos: its input is ${takes}`, path, 'Give it .npy files')
  }
  const list = missing.length > 1 ? `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}` : missing[0]
  throw new UserError(
    `it is unknown how a photo becomes the input ${takes}: ${list} ${missing.length > 1 ? 'are' : 'is'} missing`,
    path,
    [
      `Give what the network was trained with, by ${missing.map((field) => `--${field}`).join(', ')} or in ${cardPathOf(path)}:`,
      '',
      'input:',
      ...missing.map((field) => `  ${CARD_LINES[field]}`),
    ],
  )
}

/** Example lines of a card, for the fields that a photo needs. */
const CARD_LINES: Readonly<Record<string, string>> = {
  layout: 'layout: NCHW      # or NHWC',
  size: 'size: 224         # or height and width, in pixels',
  channels: 'channels: RGB     # or BGR, or gray',
  scale: 'scale: 1          # value = (pixel - mean) * scale, for pixels from 0 to 255',
  mean: 'mean: 0           # or one number for each channel, or an .npy or .binaryproto file beside the card',
}

/**
 * Read the files that a card names: the names of its classes, and its mean.
 *
 * @param path of the card or its model: the files lie beside it
 * @throws UserError when one is missing or malformed
 */
export async function openCard(card: Card, path: string, files: Files): Promise<OpenedCard> {
  const { classes, input } = card
  return {
    ...card,
    classes: typeof classes === 'string' ? await classesIn(classes, path, files) : classes,
    meanPicture: typeof input?.mean === 'string' ? await meanIn(input.mean, path, files) : undefined,
  }
}

/** A card, overridden by what the caller says. */
export function joinedCard(own: OpenedCard, said: OpenedCard): OpenedCard {
  const given = Object.entries(said).filter(([, value]) => value !== undefined)
  const { size, height, width, ...rest } = own.input ?? {}
  const otherSize = said.input?.size !== undefined || said.input?.height !== undefined
  return {
    ...own,
    ...Object.fromEntries(given),
    input: { ...rest, ...(otherSize ? {} : { size, height, width }), ...said.input },
    meanPicture: said.meanPicture ?? (said.input?.mean === undefined ? own.meanPicture : undefined),
  }
}

/**
 * A network that was made for several pictures at once, opened to any number; others as they are.
 *
 * @throws UserError where it combines them
 */
function severalApart(network: Graph, path: string): Graph {
  const [pictures] = network.inputs[0]?.shape ?? []
  const list = network.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
  const together = (takes: string, remedy: string) =>
    new UserError(
      `the network takes ${takes} pictures at once (${list}) and combines them: its answer to one of them alone cannot be explained`,
      path,
      remedy,
    )
  if (typeof pictures === 'string') {
    const at = combinesPictures(network)
    if (!at) return network
    throw together(
      'any number of',
      `Its ${at.op} ${at.name} runs along the batch. If another axis is meant, export the network with that one, or else with one picture`,
    )
  }
  if (pictures === undefined || pictures < 2) return network
  const opened = openBatch(network)
  if (opened !== network) return opened
  throw together(String(pictures), 'Export it with one picture, or with a dynamic batch size')
}

function onlyInput(network: Graph, { input }: OpenedCard, path: string): ValueInfo {
  const [only] = network.inputs
  const list = network.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
  const look = lookOf(network.inputs)
  if (look && (network.inputs.length > 1 || only?.type !== 'float32'))
    throw new UserError(`looks like a model for ${look}, by what it takes: ${list}`, path, PICTURES_ONLY)
  if (!only || network.inputs.length > 1) {
    throw new UserError(
      `the network has ${network.inputs.length} inputs (${list}); regard explains networks with one`,
      path,
    )
  }
  if (only.type !== 'float32') {
    throw new UserError(`the network's input ${only.name} is ${only.type}; regard explains float32`, path)
  }
  if (input?.name !== undefined && input.name !== only.name) {
    throw new UserError(
      `its card names the input ${input.name}, but the model has ${list}`,
      path,
      'Card and model do not belong together',
    )
  }
  return only
}

/**
 * What a card says about one output. Names of classes that are given besides a card's answers apply to every output.
 */
export function answerAt(card: OpenedCard, output: string): Answer {
  // What is said of an output applies to its mean over all places too.
  const whole = output.replace(/\[mean\]$/, '')
  const answer =
    card.answers?.find((each) => each.output === output) ??
    card.answers?.find((each) => each.output === whole)
  if (answer) return { ...answer, classes: card.classes ?? answer.classes }
  const own = [undefined, output, whole].includes(card.output)
  return own ? card : { task: card.task }
}

async function classesIn(file: string, model: string, files: Files): Promise<string[]> {
  const names = textOf(await files(file)).split(/\r?\n/)
  if (names.at(-1) === '') names.pop()
  const empty = names.findIndex((name) => name.trim() === '')
  if (empty >= 0 || names.length === 0)
    throw new UserError(`line ${Math.max(empty, 0) + 1} is empty and names no class`, pathBeside(model, file))
  return names.map((name) => name.trim())
}

/** A mean picture or one number for each channel, from a file. */
async function meanIn(file: string, model: string, files: Files): Promise<TensorOf<'float32'>> {
  const path = pathBeside(model, file)
  let bytes: Uint8Array
  try {
    bytes = await files(file)
  } catch (error) {
    if (!(error instanceof MissingFile)) throw error
    throw new UserError('the mean cannot be read (there is no such file)', path, 'Keep it beside the model')
  }
  if (/\.binaryproto$/i.test(file)) return (await import('../formats/caffe/weights.ts')).readMean(bytes, path)
  const mean = readNpy(bytes, path)
  if (mean.type !== 'float32' && mean.type !== 'float64') {
    throw new UserError(`the mean must be float32, not ${mean.type}`, path)
  }
  return { type: 'float32', shape: mean.shape, data: Float32Array.from(mean.data) }
}

/** Run `act`, and add the file to what a user did wrong. */
function about<T>(where: string, blame: (misfit: Misfit) => UserError, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof Misfit) throw blame(error)
    if (error instanceof UserError) throw new UserError(error.message, where)
    throw error
  }
}

function namesOf(logits: number, classes: readonly string[] | undefined): readonly string[] {
  try {
    return classNames(logits, classes)
  } catch (error) {
    throw error instanceof UserError ? new Misfit(['classes'], error.message) : error
  }
}
