/** What the commands that read a model share: flags about it, and the composite. */

import { existsSync, statSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../base/errors.ts'
import { readText } from '../base/files.ts'
import { nearest } from '../base/nearest.ts'
import type { Cut } from '../faces/cut.ts'
import { endingOf, MODEL_ENDINGS } from '../formats/model.ts'
import type { Graph } from '../graph/types.ts'
import type { Card } from '../models/card.ts'
import { compositeOf } from '../models/explain.ts'
import { answersOf, type Model } from '../models/model.ts'
import { openBuiltIn, openModelFile } from '../models/node.ts'
import { isBuiltIn, requireBuiltIn } from '../networks/builtIn/index.ts'
import { FITS } from '../pictures/fit.ts'
import { CHANNELS, LAYOUTS } from '../pictures/layout.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { type CompositeName, composites } from '../rules/composites/presets.ts'
import { parseComposite } from '../rules/composites/read.ts'
import { runFiles } from '../study/record.ts'

type Input = NonNullable<Card['input']>

/** The flags of {@link withModelFlags}. */
export interface ModelFlags {
  readonly prototxt?: string
  readonly output?: string
  readonly size?: Pick<Input, 'size' | 'height' | 'width'>
  readonly layout?: Input['layout']
  readonly channels?: Input['channels']
  readonly scale?: number[]
  readonly mean?: Input['mean']
  readonly picture?: Card['picture']
  readonly fit?: Card['fit']
  readonly classes?: string | string[]
}

/** Add the flags about a Caffe model's second file. */
export function withPrototxt(command: Command): Command {
  return command.option(
    '--prototxt <file>',
    "a Caffe model's definition, unless it is NAME.prototxt, NAME_deploy.prototxt or deploy.prototxt beside the model",
  )
}

/** Add the flag about the rules that explain a model. */
export function withComposite(command: Command, also = ''): Command {
  return command.option(
    '--composite <name|file.yaml>',
    `the rules: ${Object.keys(composites).join(', ')}, or a file of your own${also} (default: from the card, or else attnlrp-gamma if the network has attention and paper if not)`,
  )
}

/** Add the flags about a model, and how photos become its input. */
export function withModelFlags(command: Command): Command {
  const said = 'How a photo becomes the input (overrides the card):'
  return withPrototxt(command)
    .option('--output <name>', 'which output to use, if the model has several')
    .option(
      '--classes <names|file>',
      'names of the classes, separated by commas, or a file with one name per line',
      classesFrom,
    )
    .optionsGroup(said)
    .option('--size <n|HxW>', 'height and width of the input, in pixels', sizeFrom)
    .addOption(new Option('--channels <order>', 'the order of the channels').choices(CHANNELS))
    .option('--scale <n|n,n,n>', 'value = (pixel - mean) * scale, for pixels from 0 to 255', scaleFrom)
    .option(
      '--mean <n|n,n,n|file>',
      'one number, one for each channel, or an .npy or .binaryproto file',
      meanFrom,
    )
    .addOption(new Option('--layout <axes>', 'the order of the axes').choices(LAYOUTS))
    .option(
      '--picture <n|HxW>',
      'the size to fit a photo to before the input is cut from its centre',
      sideFrom,
    )
    .addOption(new Option('--fit <how>', 'how the photo is fitted to that size').choices(FITS))
    .optionsGroup('Options:')
}

/** The help text of an argument for a model. */
export const MODEL =
  'the network: a file (with its card, if any, beside it as NAME.card.yaml), the folder of a run, or the name of a built-in network (`regard networks`)'

/**
 * Read the model that a command names, and its card, which flags override.
 *
 * @param named its file, the folder of a run of a study, or the name of a built-in network
 */
async function modelFrom(named: string, flags: ModelFlags): Promise<Model> {
  const path = modelIn(named) ?? named
  announce(path)
  const { prototxt, output, size, layout, channels, scale, mean, picture, fit, classes } = flags
  const said = { ...size, layout, channels, scale, mean }
  const input = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  const card = { input, picture, fit, classes }
  if (isNamed(path)) return openBuiltIn(requireBuiltIn(path), { output, card })
  const model = await openModelFile(path, { prototxt, output, card })
  tellReading(path, model.network, output ?? model.card.output)
  return model
}

/** The model in the folder of a run. */
export function modelIn(folder: string): string | undefined {
  const path = runFiles.model(folder)
  return existsSync(path) ? path : undefined
}

/** Whether an argument for a model is meant as the name of a built-in network. */
export function isNamed(path: string): boolean {
  return isBuiltIn(path) || (endingOf(path) === '' && !existsSync(path))
}

/**
 * Print what in a model's file was read differently from how it is written, and what was not read.
 *
 * @param output the one that the user asked for: then the others do not matter
 */
export function tellReading(path: string, { reading }: Graph, output?: string): void {
  for (const note of reading?.notes ?? []) console.error(`${path}: ${note}.`)
  if (output !== undefined) return
  for (const [name, reason] of reading?.refused ?? [])
    console.error(`${path}: its output ${name} is left out because it cannot be read: ${reason}.`)
}

/** Whether a path is a model's, by its ending. */
export function isModelFile(path: string): boolean {
  return [...MODEL_ENDINGS, '.prototxt'].includes(endingOf(path))
}

/** How faces are cut out for a model, in words. */
export function cutInWords(cut: Cut): string {
  if (typeof cut === 'string') return `aligned [${cut}]`
  const { box } = cut
  return `cut out upright, ${typeof box === 'number' ? box : box.join(' × ')} times their box`
}

/** A model, once for each question that it answers, or only for the one that `--output` names. */
export async function answersFrom(path: string, flags: ModelFlags): Promise<Model[]> {
  const model = await modelFrom(path, flags)
  return flags.output === undefined ? answersOf(model) : [model]
}

/** Print that a large model is being read or written, since that takes a while. */
export function announce(
  path: string,
  bytes = existsSync(path) ? statSync(path).size : 0,
  doing = 'Reading',
): void {
  const megabytes = bytes / 2 ** 20
  if (megabytes >= LARGE) console.error(`${doing} ${path} (${Math.round(megabytes)} MB) …`)
}

/** The megabytes from which on a model is large. */
const LARGE = 50

/**
 * The composite of `--composite`; undefined without the flag.
 *
 * @throws UsageError for an unknown name, UserError for a file that is not a composite
 */
export function compositeFrom(text: string | undefined): Composite | undefined {
  if (text === undefined) return undefined
  if (Object.hasOwn(composites, text)) return composites[text as CompositeName]
  if (text === 'auto') {
    throw new UsageError(
      'choosing a composite needs the faces of a data set',
      undefined,
      'Run regard profile MODEL --data KIND:PATH --composite auto once: it writes what it chose into the card',
    )
  }
  if (!/\.ya?ml$/i.test(text)) {
    const near = nearest(text, Object.keys(composites))
    throw new UsageError(
      `there is no composite '${text}'${near ? `; did you mean '${near}'?` : ''}`,
      undefined,
      `There are ${Object.keys(composites).join(', ')}, or your own as a .yaml file`,
    )
  }
  return parseComposite(readText(text, { what: 'the composite' }), text)
}

/**
 * The composite that a command explains a model with. If neither the command nor the card names one, and it is not the
 * paper's, that is printed.
 *
 * @param asked the composite of `--composite`
 */
export function chosenComposite(model: Model, asked: Composite | undefined): Composite {
  const composite = compositeOf(model, asked)
  if (!asked && !model.card.composite && composite !== composites.paper)
    console.error(`The network has attention: explained by ${composite.name}; --composite chooses another`)
  return composite
}

function sizeFrom(text: string): Pick<Input, 'size' | 'height' | 'width'> {
  const side = sideFrom(text)
  return typeof side === 'number' ? { size: side } : { height: side[0], width: side[1] }
}

function sideFrom(text: string): number | [height: number, width: number] {
  const sides = text.split('x').map(Number)
  if (sides.length > 2 || !sides.every((side) => Number.isInteger(side) && side > 0)) {
    throw new InvalidArgumentError('Give a whole number of pixels, or HEIGHTxWIDTH.')
  }
  return sides.length === 1 ? sides[0]! : [sides[0]!, sides[1]!]
}

/**
 * Names separated by commas, such as `m,f`, unless there is a file of that name; a comma in brackets belongs to a name.
 */
function classesFrom(text: string): string | string[] {
  const names = text.split(/,(?![^(]*\))/).map((name) => name.trim())
  return names.length === 1 || existsSync(text) ? text : names
}

function numbersFrom(text: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError('Give a number, or one for each channel, separated by commas.')
  }
  return numbers
}

/** The factor of the pixels: with 0, every photo would be the same. */
function scaleFrom(text: string): number[] {
  const numbers = numbersFrom(text)
  if (numbers.includes(0)) throw new InvalidArgumentError('It must not be 0.')
  return numbers
}

function meanFrom(text: string): number[] | string {
  return /\.(npy|binaryproto)$/i.test(text) ? text : numbersFrom(text)
}
