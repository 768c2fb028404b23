import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../base/errors.ts'
import { requireWritable, writeAtomic } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import { type Dataset, labelOf } from '../datasets/dataset.ts'
import { type ReaderOptions, readDataset } from '../datasets/readers.ts'
import { type SampleOptions, samples } from '../datasets/samples.ts'
import { contactSheet } from '../datasets/sheet.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { DATA, REPAIR, requireUse, type Source, sourceFrom, tellSkipped } from './data.ts'
import { countFrom } from './numbers.ts'
import { untilStopped } from './signal.ts'

interface Flags extends ReaderOptions {
  readonly task?: Task
  readonly perClass: number
  readonly as: SampleOptions['as']
  readonly seed: string
  readonly out?: string
}

/** The side of a picture, in pixels. */
const SIDE = 112

/** `regard dataset show KIND:PATH`: some faces of every class, as one picture. */
export function showCommand(): Command {
  return new Command('show')
    .description('Show some faces of every class in one picture.')
    .argument('<kind:path>', DATA, sourceFrom)
    .addOption(
      new Option(
        '--task <task>',
        'the task whose classes to show (default: age and gender, if the data set has them)',
      ).choices(Object.keys(CLASSES)),
    )
    .option('--per-class <n>', 'how many faces of each class, at most 100', perClassFrom, 8)
    .addOption(
      new Option('--as <how>', 'how faces are aligned; photo shows whole photos')
        .choices(['r', 'i', 'photo'])
        .default('r'),
    )
    .option('--seed <text>', 'any text; the same seed gives the same faces', '1')
    .option('--out <file.png>', 'the picture, or a folder for it (default: out/show-KIND.png)')
    .option(...REPAIR)
    .addHelpText('after', '\nExample:\n  $ regard dataset show aaf:faces --task age --as i --out ages.png\n')
    .action(show)
}

async function show(source: Source, flags: Flags): Promise<void> {
  requireUse([source], flags)
  const path = pathOf(flags.out ?? 'out', source)
  requireWritable(path)
  const dataset = await readDataset(source.kind, source.root, flags)
  const { perClass, as, seed } = flags
  const tasks = tasksOf(dataset, flags.task)
  let line: Progress | undefined
  const drawn = await untilStopped((signal) =>
    samples(dataset, {
      tasks,
      perClass,
      as,
      seed,
      side: SIDE,
      signal,
      progress(done, total) {
        line ??= new Progress('Drawing faces', total)
        line.update(done, `${done} of ${total}`)
      },
    }),
  ).finally(() => line?.finish())
  const { parts, skipped } = drawn
  const people = new Set(dataset.faces.map(({ subject }) => subject)).size
  const title = `${dataset.kind}: ${dataset.faces.length} faces of ${people} people${as === 'photo' ? '' : `, aligned [${as}]`}`
  writeAtomic(path, await contactSheet(title, parts, SIDE))
  console.log(path)
  tellSkipped([...dataset.skipped, ...skipped])
}

function tasksOf(dataset: Dataset, asked: Task | undefined): Task[] {
  const tasks = asked ? [asked] : (['age', 'gender'] as const)
  const given = tasks.filter((task) => dataset.faces.some((face) => labelOf(face, task) !== undefined))
  if (given.length > 0) return given
  throw new UsageError(
    `the data set has no labels for ${tasks.join(' or ')}`,
    dataset.root,
    'Choose another with --task',
  )
}

function pathOf(out: string, { kind }: Source): string {
  return /\.png$/i.test(out) ? out : join(out, `show-${kind}.png`)
}

// A picture can only be this wide.
function perClassFrom(text: string): number {
  const count = countFrom(text)
  if (count > 100) throw new InvalidArgumentError('Give a number from 1 to 100.')
  return count
}
