/** What the commands have in common that explain a whole data set: their flags, and the work. */

import { basename, dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { UsageError } from '../base/errors.ts'
import { requireWritableFolder } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { ReaderOptions } from '../datasets/readers.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { nodeEngine } from '../engine/node.ts'
import { type Evaluable, facesOf, trainingOverlap } from '../evaluation/evaluate.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import { explainFaces } from '../evaluation/explainFaces.ts'
import { NAMED_METHODS, type NamedMethod } from '../explanation/methods.ts'
import type { Alignment } from '../faces/align.ts'
import { compositeOf } from '../models/explain.ts'
import { DATA, REPAIR, requireUse, type Source, sourceFrom } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { FOLD, type FoldFlags, foldOf, SEED } from './fold.ts'
import { compositeFrom, type ModelFlags, withComposite, withModelFlags } from './model.ts'
import { countFrom } from './numbers.ts'

/** What the flags of {@link withExplainedFlags} say. */
export interface ExplainedFlags extends ModelFlags, ReaderOptions, DeviceFlag, FoldFlags {
  readonly data: Source
  readonly out: string
  readonly class: string
  readonly composite?: string
  readonly method?: NamedMethod['method']
  readonly task?: Task
  readonly alignment?: Alignment
  readonly limit?: number
}

/** Add the flags about a data set and how its faces are explained. */
export function withExplainedFlags(command: Command, out: string): Command {
  command
    .requiredOption('--data <kind:path>', DATA, sourceFrom)
    .option(...REPAIR)
    .option('--out <folder>', 'where the page and the figures go', out)
    .option(
      '--class <which>',
      "what is explained: the network's own answer (top), the class that the data set gives (truth), or a class by its name",
      'top',
    )
    .addOption(new Option('--method <name>', 'a method in place of a composite').choices(NAMED_METHODS))
    .option(...FOLD)
    .option(...SEED)
    .option('--limit <n>', 'no more than the first n faces', countFrom)
    .addOption(
      new Option('--task <task>', "what is read (default: the card's, or by its classes)").choices(
        Object.keys(CLASSES),
      ),
    )
    .addOption(
      new Option('--alignment <how>', "how faces are aligned (default: the card's)").choices(['r', 'i']),
    )
  return withComposite(withModelFlags(withDevice(command)))
}

/** What the help of these commands ends with. */
export const KEPT =
  '\nFaces that are explained are kept in OUT/explained: a stopped command goes on where it was.\n'

/** @throws UsageError where flags do not go together, UserError where nothing can be written into the folder */
export function requireFitting(flags: ExplainedFlags): void {
  requireUse([flags.data], flags)
  if (flags.method && flags.composite)
    throw new UsageError('--method stands in place of --composite: give one of them')
  requireWritableFolder(flags.out)
}

/** What explains a model: the name of the method, or of the composite. */
export function wayIn({ method, composite }: ExplainedFlags, model: Evaluable['model']): string {
  return method ?? compositeOf(model, compositeFrom(composite)).name ?? 'a composite of its own'
}

/**
 * Explain the faces that the flags take, or take up what an earlier command has explained.
 *
 * @param name what the network is called in the progress
 */
export async function explainAll(
  evaluable: Evaluable,
  name: string,
  dataset: Dataset,
  flags: ExplainedFlags,
  signal: AbortSignal,
): Promise<ExplainedFaces> {
  const { data, out, method, composite, device, limit } = flags
  const fold = foldOf(evaluable.model, flags, data.kind)
  const doubt = trainingOverlap(evaluable.model, data.kind, fold)
  if (doubt) console.error(`Warning: ${doubt}`)
  const faces = (fold ? facesOf(dataset, fold) : dataset.faces).slice(0, limit)
  let progress: Progress | undefined
  try {
    return await explainFaces(evaluable, dataset, faces, {
      engine: await nodeEngine({ device }),
      composite: compositeFrom(composite),
      method: method && ({ method } as NamedMethod),
      class: flags.class,
      folder: join(out, 'explained'),
      signal,
      progress(done, total) {
        progress ??= new Progress(`Explaining ${name}`, total)
        progress.update(done, `${done} of ${total} faces`)
      },
    })
  } finally {
    progress?.finish()
  }
}

/** What networks are called: by their files, or by the folders of these where the files have one name. */
export function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) => {
    const name = basename(path).replace(/\.[^.]+$/, '')
    return name === 'model' ? basename(dirname(path)) : name
  })
  return short.map((name, k) => (short.indexOf(name) === k ? name : `${name}-${k + 1}`))
}
