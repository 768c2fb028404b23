/** Models, photos and their explanations, read from and written to disk. */

import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../base/cache.ts'
import { UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { nodeEngine } from '../engine/node.ts'
import { type Cut, cutFaces } from '../faces/cut.ts'
import { faceModels, packagedFaceFinder } from '../faces/node.ts'
import {
  filesBeside,
  type ReadModelFileOptions,
  readModelFile,
  readPrototxt,
  readWhole,
  writeOnnxFile,
} from '../formats/node.ts'
import { readNpy, writeNpy } from '../formats/npy.ts'
import type { Graph, TensorOf } from '../graph/types.ts'
import { type BuiltInName, builtIn, isBuiltIn } from '../networks/builtIn/index.ts'
import type { BuiltInNetwork } from '../networks/builtIn/network.ts'
import type { Image } from '../pictures/image.ts'
import { readPhoto } from '../pictures/node.ts'
import { answersAsked } from './answersAsked.ts'
import { type Card, formatCard } from './card.ts'
import { type ExplainOptions, explain, inputFrom, type ModelExplanation } from './explain.ts'
import {
  answersOf,
  cardPathOf,
  joinedCard,
  type Model,
  modelOf,
  type OpenedCard,
  openCard,
  openModel,
  requirePreprocessing,
} from './model.ts'

/** What the caller knows about a model. */
export interface ModelFileOptions extends ReadModelFileOptions {
  /** Overrides the card, field by field. Files that it names are looked for in the working folder. */
  readonly card?: Card
  /** The output to explain. */
  readonly output?: string
}

/** What to explain, and how. */
export interface ExplainFileOptions extends ModelFileOptions, Partial<ExplainOptions> {
  /** Use the photo as it is: it shows one face that is already cut out. */
  readonly asIs?: boolean
}

/** The card of a network that regard trained. */
export type TrainedCard = OpenedCard & Required<Pick<OpenedCard, 'meanPicture'>>

/**
 * Read a model of any format, and its card and mean picture where it has them: see {@link openModel}.
 *
 * @throws UserError when a file is missing or malformed, or naming the field that does not fit the network; UsageError
 *   when the model has several outputs and nothing says which is meant
 */
export async function openModelFile(path: string, options: ModelFileOptions = {}): Promise<Model> {
  const { card = {}, output, prototxt, size } = options
  return openModel(path, filesBeside(path), {
    card: await openCard(card, '', (name) => readWhole(name)),
    output,
    prototxt: prototxt === undefined ? undefined : await readPrototxt(prototxt),
    size,
    overwrite: true,
  })
}

/**
 * Open a network that needs no training; messages call it by its name.
 *
 * @throws UserError when it is not on this machine, or the options do not fit it
 */
export async function openBuiltIn(
  name: BuiltInName,
  { card = {}, output }: Pick<ModelFileOptions, 'card' | 'output'> = {},
): Promise<Model> {
  const said = await openCard(card, '', (file) => readWhole(file))
  return modelOf(await readBuiltIn(name), name, joinedCard(builtIn[name].card, said), {
    output,
    given: said,
  })
}

/**
 * Read a network that needs no training, without its card.
 *
 * @throws UserError when it is not on this machine
 */
export async function readBuiltIn(name: BuiltInName): Promise<Graph> {
  const path = builtInPath(name)
  if (existsSync(path)) return readModelFile(path)
  throw new UserError(
    `is not on this machine (${path})`,
    name,
    `Download it: npx regard networks add ${name}`,
  )
}

/** Where the model file of a built-in network lies, or will lie, on this machine. */
export function builtInPath(name: BuiltInName): string {
  const network: BuiltInNetwork = builtIn[name]
  return join(builtInFolder(network), Object.keys(network.files)[0]!)
}

/** The folder of a built-in network's files. */
export function builtInFolder(network: BuiltInNetwork): string {
  return network.package === 'human' ? fileURLToPath(faceModels()) : join(cacheFolder(), 'networks')
}

/**
 * Write a trained network as `NAME.onnx`, `NAME.card.yaml`, `NAME.mean.npy` and, where it is known which photos it has
 * seen, `NAME.photos.npy`. The model is written last: where it exists, so do the others.
 *
 * @param path of the `.onnx` file
 * @param seen the photos that it was trained on, uint8 [n, 8]: see `evaluation/seen.ts`
 * @throws UserError naming the file that cannot be written
 */
export function writeModel(
  path: string,
  network: Graph,
  { meanPicture, trainedOn, ...card }: TrainedCard,
  seen?: TensorOf<'uint8'>,
): void {
  const [meanPath, seenPath] = ['mean', 'photos'].map((what) => `${path.replace(/\.onnx$/, '')}.${what}.npy`)
  writeAtomic(meanPath!, writeNpy(meanPicture))
  if (seen) writeAtomic(seenPath!, writeNpy(seen))
  const told = trainedOn && { trainedOn: { ...trainedOn, ...(seen && { photos: basename(seenPath!) }) } }
  const input = { ...card.input, mean: basename(meanPath!) }
  writeAtomic(cardPathOf(path), formatCard({ ...card, input, ...told }))
  writeOnnxFile(path, network)
}

/**
 * Explain what a network says of one photo; of its main face, where the network's card says how faces are cut out.
 *
 * @param model the path of a model in any format, with its card beside it, or the name of a built-in network
 * @param photo a photo, or an `.npy` file with preprocessed input
 * @param options `class` is looked for among all answers that the card lists; `engine`: by default ONNX Runtime on the
 * CPU
 * @throws UserError when something cannot be read, does not fit, or it is not known how photos become the input; the
 *   signal's reason, when that stops it
 */
export async function explainFile(
  model: string,
  photo: string,
  options: ExplainFileOptions = {},
): Promise<ModelExplanation> {
  const { engine = await nodeEngine(), asIs, ...rest } = options
  const opened = await answerAsked(model, options)
  const { alignment } = opened.card
  const whole = asIs || !alignment || isPreprocessed(photo)
  const input = whole
    ? await readInput(photo, opened)
    : inputFrom(await mainFaceOf(photo, opened, alignment), opened)
  return explain(opened, input, { engine, ...rest })
}

/** A model with the first of its answers that has what is asked for, where nothing says which is meant. */
async function answerAsked(path: string, options: ExplainFileOptions): Promise<Model> {
  const { output, class: asked = 'top', minus } = options
  const model = isBuiltIn(path) ? await openBuiltIn(path, options) : await openModelFile(path, options)
  if (output !== undefined) return model
  const against = minus === undefined ? undefined : String(minus)
  return answersAsked(answersOf(model), [String(asked)], against)[0]!
}

/** @throws UserError where there is no face, or it cannot be used */
async function mainFaceOf(photo: string, model: Model, as: Cut): Promise<Image> {
  const image = await readPhoto(photo)
  const finder = await packagedFaceFinder()
  try {
    const size = requirePreprocessing(model).picture.height
    const { faces, refused } = cutFaces(image, await finder.find(image), { as, size, all: false })
    if (faces.length === 0) throw new UserError(refused[0]!, photo)
    return faces[0]!.picture
  } finally {
    await finder.release()
  }
}

/**
 * A file as a network's input.
 *
 * @param path a photo, or an `.npy` file with preprocessed input
 * @throws UserError when the file cannot be used, or it is not known how photos become the input
 */
export async function readInput(path: string, model: Model): Promise<TensorOf<'float32'>> {
  if (!isPreprocessed(path)) return inputFrom(await readPhoto(path), model)
  return inputFrom(readNpy(await readWhole(path), path) as TensorOf<'float32'>, model, path)
}

/** Whether a file holds preprocessed input. */
export function isPreprocessed(path: string): boolean {
  return extname(path).toLowerCase() === '.npy'
}
