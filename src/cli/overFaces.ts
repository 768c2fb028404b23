/** What the commands have in common that explain networks over a data set: flags, and the way to what they explain. */

import { basename, dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { UsageError } from '../base/errors.ts'
import { requireWritableFolder } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import type { Dataset, Face } from '../datasets/dataset.ts'
import { type ReaderOptions, readDataset } from '../datasets/readers.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { nodeEngine } from '../engine/node.ts'
import { type Evaluable, facesOf, requireEvaluable, trainingOverlap } from '../evaluation/evaluate.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import { type ExplainFacesOptions, explainFaces } from '../evaluation/explainFaces.ts'
import { NAMED_METHODS, type NamedMethod } from '../explanation/methods.ts'
import type { Alignment } from '../faces/align.ts'
import { compositeOf } from '../models/explain.ts'
import { DATA, REPAIR, requireUse, type Source, sourceFrom } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { FOLD, type FoldFlags, foldOf, SEED } from './fold.ts'
import { answersFrom, compositeFrom, type ModelFlags, withComposite, withModelFlags } from './model.ts'
import { countFrom } from './numbers.ts'

/** What the flags of {@link withOverFaces} say. */
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
    .addOption(new Option('--method <name>', 'a method in place of a composite').choices(NAMED_METHODS))
    .option('--limit <n>', 'no more than the first n faces', countFrom)
  return withComposite(withDataSet(command, out))
}

/** Add the flags about the data set and the networks. */
export function withDataSet(command: Command, out: string): Command {
  command
    .requiredOption('--data <kind:path>', DATA, sourceFrom)
    .option(...REPAIR)
    .option('--out <folder>', 'where the page and the figures go', out)
    .option(...FOLD)
    .option(...SEED)
    .addOption(
      new Option('--task <task>', "what is read (default: the card's, or by its classes)").choices(
        Object.keys(CLASSES),
      ),
    )
    .addOption(
      new Option('--alignment <how>', "how faces are aligned (default: the card's)").choices(['r', 'i']),
    )
  return withModelFlags(withDevice(command))
}

/** What is said at the end of the help of these commands. */
export const KEPT =
  '\nFaces that are explained are kept in OUT/explained: a stopped command goes on where it was.\n'

/** A network that is explained over a data set. */
export interface Explainable extends Evaluable {
  /** What it is called on pages and in files. */
  readonly name: string
  /** What explains it: the name of the method, or of the composite. */
  readonly by: string
}

/**
 * The networks that a command names, and the data set.
 *
 * @param paths files, or names of built-in networks
 */
export async function networksOver(
  paths: readonly string[],
  flags: OverFacesFlags,
): Promise<{ networks: Explainable[]; dataset: Dataset }> {
  requireUse([flags.data], flags)
  const { method, composite, out } = flags
  if (method && composite) throw new UsageError('--method stands in place of --composite: give one of them')
  requireWritableFolder(out)
  const names = namesOf(paths)
  const networks: Explainable[] = []
  for (const [k, path] of paths.entries()) {
    const evaluable = requireEvaluable(await answersFrom(path, flags), flags)
    const by =
      method ?? compositeOf(evaluable.model, compositeFrom(composite)).name ?? 'a composite of its own'
    networks.push({ ...evaluable, name: names[k]!, by })
  }
  return { networks, dataset: await readDataset(flags.data.kind, flags.data.root, flags) }
}

/** Explain the faces of a data set, or take up those that are explained already, with a progress line. */
export async function explainOver(
  network: Explainable,
  dataset: Dataset,
  flags: OverFacesFlags,
  {
    label = `Explaining ${network.name}`,
    ...rest
  }: Pick<ExplainFacesOptions, 'class' | 'rather' | 'signal'> & {
    readonly label?: string
  },
): Promise<ExplainedFaces> {
  const { out, method, composite, device, limit } = flags
  const faces = facesFor(network, dataset, flags, !rest.rather).slice(0, limit)
  let progress: Progress | undefined
  try {
    return await explainFaces(network, dataset, faces, {
      engine: await nodeEngine({ device }),
      composite: compositeFrom(composite),
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
 * The faces of a data set that a network is shown.
 *
 * @param warns whether to say that it may have been trained on them
 */
export function facesFor(
  { model }: Explainable,
  dataset: Dataset,
  flags: OverFacesFlags,
  warns = true,
): readonly Face[] {
  const { kind } = flags.data
  const fold = foldOf(model, flags, kind)
  const doubt = trainingOverlap(model, kind, fold)
  if (doubt && warns) console.error(`Warning: ${doubt}`)
  return fold ? facesOf(dataset, fold) : dataset.faces
}

/** What networks are called: by their files, or by the folders of these where the files have one name. */
function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) => {
    const name = basename(path).replace(/\.[^.]+$/, '')
    return name === 'model' ? basename(dirname(path)) : name
  })
  return short.map((name, k) => (short.indexOf(name) === k ? name : `${name}-${k + 1}`))
}
