/** What the commands that explain networks over a data set share: flags, and how they get the explanations. */

import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { parseDocument } from 'yaml'
import { UsageError } from '../base/errors.ts'
import { readText, requireWritableFolder, writeAtomic } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import { Random } from '../base/random.ts'
import type { Dataset, Face } from '../datasets/dataset.ts'
import { type ReaderOptions, readDataset } from '../datasets/readers.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { nodeEngine } from '../engine/node.ts'
import { chooseComposite } from '../evaluation/chooseComposite.ts'
import { type Evaluable, facesOf, requireEvaluable } from '../evaluation/evaluate.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import { type ExplainFacesOptions, explainFaces, keyOf } from '../evaluation/explainFaces.ts'
import type { Mean } from '../evaluation/profile.ts'
import { trainingOverlap } from '../evaluation/seen.ts'
import { NAMED_METHODS, type NamedMethod } from '../explanation/methods.ts'
import type { Alignment } from '../faces/align.ts'
import { compositeOf } from '../models/explain.ts'
import { cardPathOf } from '../models/model.ts'
import { isBuiltIn } from '../networks/builtIn/index.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { composites } from '../rules/composites/presets.ts'
import { DATA, REPAIR, requireUse, type Source, sourceFrom } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { FOLD, type FoldFlags, foldOf, SEED } from './fold.ts'
import { answersFrom, compositeFrom, type ModelFlags, withComposite, withModelFlags } from './model.ts'
import { countFrom } from './numbers.ts'
import { untilStopped } from './signal.ts'

/** The flags of {@link withOverFaces}. */
export interface OverFacesFlags extends ModelFlags, ReaderOptions, DeviceFlag, FoldFlags {
  readonly data: Source
  readonly out: string
  readonly composite?: string
  readonly method?: NamedMethod['method']
  readonly task?: Task
  readonly alignment?: Alignment
  readonly limit?: number
}

/** Add the flags about the data set, the networks, and how they are explained. */
export function withOverFaces(command: Command, out: string): Command {
  command
    .addOption(
      new Option('--method <name>', 'a method to use in place of a composite').choices(NAMED_METHODS),
    )
    .option('--limit <n>', 'use only n faces, drawn from the whole data set', countFrom)
  return withComposite(
    withDataSet(command, out),
    ', or auto: the most faithful on these faces, which is also written into the card',
  )
}

/** `--class` of the commands with one question about each face. */
export const CLASS = [
  '--class <which>',
  "what to explain: the network's own answer (top), the data set's label (truth), or a class by name",
  'top',
] as const

/** Add the flags about the data set and the networks. */
export function withDataSet(command: Command, out: string): Command {
  command
    .requiredOption('--data <kind:path>', DATA, sourceFrom)
    .option(...REPAIR)
    .option('--out <folder>', 'the folder for the page and the figures', out)
    .option(...FOLD)
    .option(...SEED)
    .addOption(
      new Option(
        '--task <task>',
        'what the network reads (default: from the card, or from its classes)',
      ).choices(Object.keys(CLASSES)),
    )
    .addOption(
      new Option('--alignment <how>', 'how faces are aligned (default: from the card)').choices(['r', 'i']),
    )
  return withModelFlags(withDevice(command))
}

/** The end of the help of these commands. */
export const KEPT =
  '\nExplained faces are kept in OUT/explained: after a stop, the same command continues from there.\n'

/** A network that is explained over a data set. */
export interface Explainable extends Evaluable {
  /** Its name on pages and in files. */
  readonly name: string
  /** What explains it: the name of the method, or of the composite. */
  readonly by: string
  /** Undefined where a method replaces it. */
  readonly composite: Composite | undefined
}

/** The value of `--composite` that asks to choose one. */
const AUTO = 'auto'

/**
 * The networks that a command names, and the data set. With `--composite auto`, the composite of each is chosen on its
 * faces, printed, and written into its card.
 *
 * @param paths files, or names of built-in networks
 * @throws UserError if a network or the data set cannot be read; the signal's reason, when that stops it
 */
export async function networksOver(
  paths: readonly string[],
  flags: OverFacesFlags,
): Promise<{ networks: Explainable[]; dataset: Dataset }> {
  requireUse([flags.data], flags)
  const { method, composite, out } = flags
  if (method && composite) throw new UsageError('--method replaces --composite: give only one of them')
  requireWritableFolder(out)
  const asked = composite === AUTO ? undefined : compositeFrom(composite)
  const names = namesOf(paths)
  const evaluables: Evaluable[] = []
  for (const path of paths) evaluables.push(requireEvaluable(await answersFrom(path, flags), flags))
  const dataset = await readDataset(flags.data.kind, flags.data.root, flags)
  const networks = await untilStopped(async (signal) => {
    const all: Explainable[] = []
    for (const [k, evaluable] of evaluables.entries()) {
      const name = names[k]!
      const chosen =
        composite === AUTO
          ? await chooseFor({ ...evaluable, name }, dataset, flags, signal)
          : compositeOf(evaluable.model, asked)
      const by = method ?? chosen.name ?? 'a composite of its own'
      all.push({ ...evaluable, name, by, composite: method ? undefined : chosen })
    }
    return all
  })
  return { networks, dataset }
}

/** Choose a network's composite on its faces, print it, and write it into its card. */
async function chooseFor(
  network: Evaluable & Pick<Explainable, 'name'>,
  dataset: Dataset,
  flags: OverFacesFlags,
  signal: AbortSignal,
): Promise<Composite> {
  let progress: Progress | undefined
  const label = `Choosing a composite for ${network.name}`
  try {
    const faces = limited(facesFor(network, dataset, flags, false), flags.limit)
    const chosen = await chooseComposite(network, dataset, faces, {
      engine: await nodeEngine({ device: flags.device }),
      folder: join(flags.out, 'measured'),
      signal,
      progress(done, total) {
        progress ??= new Progress(label, total)
        progress.update(done, `${done} of ${total} maps`)
      },
    })
    progress?.finish()
    const shown = ({ mean, interval }: Mean) =>
      `${mean.toPrecision(3)}${interval ? ` [${interval.low.toPrecision(3)}, ${interval.high.toPrecision(3)}]` : ''}`
    const { composite, faithfulness, before, tried, faces: used } = chosen
    console.error(
      `${network.name}: of ${tried} composites ${composite.name} is the most faithful on ${used[0]} faces; ` +
        `on ${used[1]} others its faithfulness (ABPC) is ${shown(faithfulness)}, that of ${before.name} ${shown(before.faithfulness)}`,
    )
    writeIntoCard(network.model, composite)
    return composite
  } finally {
    progress?.finish()
  }
}

/** Keep the chosen composite for next time, if the network has a file that a card can lie beside. */
function writeIntoCard({ path }: Evaluable['model'], composite: Composite): void {
  if (isBuiltIn(path)) {
    console.error(
      `${path} comes with regard, so its card stays as it is: use --composite with the composite's name, or with a file that holds it`,
    )
    return
  }
  const card = cardPathOf(path)
  const document = parseDocument(existsSync(card) ? readText(card) : '')
  // Custom rules may have the name of a preset.
  const known = Object.values<Composite>(composites).includes(composite)
  document.set('composite', known ? composite.name : document.createNode(composite))
  writeAtomic(card, document.toString({ lineWidth: 0 }))
  console.error(`It is written into ${card}`)
}

/** Explain the faces of a data set, except those already explained, with a progress line. */
export async function explainOver(
  network: Explainable,
  dataset: Dataset,
  flags: OverFacesFlags,
  {
    label = `Explaining ${network.name}`,
    faces = facesFor(network, dataset, flags),
    ...rest
  }: Pick<ExplainFacesOptions, 'class' | 'rather' | 'signal'> & {
    readonly label?: string
    /** By default those that {@link facesFor} gives. */
    readonly faces?: readonly Face[]
  },
): Promise<ExplainedFaces> {
  const { out, method, device, limit } = flags
  let progress: Progress | undefined
  try {
    return await explainFaces(network, dataset, limited(faces, limit), {
      engine: await nodeEngine({ device }),
      composite: network.composite,
      method: method && ({ method } as NamedMethod),
      folder: join(out, 'explained'),
      ...rest,
      progress(done, total) {
        progress ??= new Progress(label, total)
        progress.update(done, `${done} of ${total} faces`)
      },
    })
  } finally {
    progress?.finish()
  }
}

/**
 * At most so many faces, in their order. They are drawn by their ids, since data sets often list one class after the
 * other; those of a smaller limit are among those of a larger one.
 */
function limited(faces: readonly Face[], limit: number | undefined): readonly Face[] {
  if (limit === undefined || faces.length <= limit) return faces
  const lots = faces.map(({ id }) => new Random(`limit ${id}`).uniform())
  const highest = [...lots].sort((a, b) => a - b)[limit - 1]!
  return faces.filter((_, k) => lots[k]! <= highest)
}

/** The name of the folder in OUT/explained that {@link explainOver} keeps faces in. */
export function keyOfExplained(
  network: Explainable,
  dataset: Dataset,
  { method }: OverFacesFlags,
  asked: Pick<ExplainFacesOptions, 'class'>,
): string {
  return keyOf(network, dataset, {
    composite: network.composite,
    method: method && ({ method } as NamedMethod),
    ...asked,
  })
}

/**
 * The faces of a data set to show a network.
 *
 * @param warns whether to say that it may have been trained on them
 */
export function facesFor(
  { model }: Evaluable,
  dataset: Dataset,
  flags: OverFacesFlags,
  warns = true,
): readonly Face[] {
  const { kind } = flags.data
  const fold = foldOf(model, flags, kind)
  const doubt = warns && trainingOverlap(model, dataset, fold)
  if (doubt) console.error(`Warning: ${doubt}`)
  return fold ? facesOf(dataset, fold) : dataset.faces
}

/** The names of networks: those of their files, or of the folders of these where the files share a name. */
function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) => {
    const name = basename(path).replace(/\.[^.]+$/, '')
    return name === 'model' ? basename(dirname(path)) : name
  })
  const taken = new Set<string>()
  for (const name of short) {
    let [free, k] = [name, 1]
    while (taken.has(free)) free = `${name}-${++k}`
    taken.add(free)
  }
  return [...taken]
}
