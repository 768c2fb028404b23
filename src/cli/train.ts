import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../base/errors.ts'
import { requireWritableFolder } from '../base/files.ts'
import { nearest } from '../base/nearest.ts'
import { type Dataset, labelOf } from '../datasets/dataset.ts'
import { type ReaderOptions, readDataset } from '../datasets/readers.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { type NodeDevice, nodeEngine } from '../engine/node.ts'
import { facesOf } from '../evaluation/evaluate.ts'
import { chanceOf, type MeanError, percent, type Share, scoreOf } from '../evaluation/score.ts'
import { startOverlap } from '../evaluation/seen.ts'
import { type NetworkName, networks } from '../networks/index.ts'
import { clockLine } from '../study/clock.ts'
import { readSchedule, type ScheduleOverrides } from '../study/plan.ts'
import { parseStart } from '../study/pretrained.ts'
import { runFiles, runName } from '../study/record.ts'
import { bracketed, ownTest, TRAINING_PHOTOS, type TrainingPhotos } from '../study/setting.ts'
import {
  type FinishedRun,
  type Place,
  requirePlace,
  runOf,
  type TrainingSpec,
  trainSingle,
} from '../study/single.ts'
import { startMismatch } from '../study/startingWeights.ts'
import { DATA, foldFrom, REPAIR, requireUse, type Source, sourceFrom, tellSkipped } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { countFrom, positiveFrom } from './numbers.ts'
import { shellWord } from './shellWord.ts'
import { untilStopped } from './signal.ts'

interface Flags extends ScheduleOverrides, ReaderOptions, DeviceFlag {
  readonly data: Source
  readonly task: Task
  readonly network: NetworkName
  readonly start: string
  readonly alignment: TrainingPhotos
  readonly fold: { readonly fold: number; readonly of: number }
  readonly schedule: string
  readonly input?: number
  readonly width: number
  readonly seed: string
  readonly out?: string
  readonly aligned?: string
  readonly resume?: true
}

/** `regard train --data KIND:PATH --task TASK --network NAME …` */
export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train one network, test it on people whom it has not seen, and save it as a model.')
    .requiredOption('--data <kind:path>', DATA, sourceFrom)
    .option(...REPAIR)
    .addOption(
      new Option('--task <task>', 'what to read from faces')
        .choices(Object.keys(CLASSES))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--network <name>', 'which network to train')
        .choices(Object.keys(networks))
        .makeOptionMandatory(),
    )
    .option(
      '--start <what>',
      'what to start from: random weights; published weights (`imagenet` or `imdb-wiki`); or a .caffemodel, an .onnx model or a checkpoint, as `imagenet:FILE` if it was trained on ImageNet',
      'random',
    )
    .addOption(
      new Option('--alignment <how>', 'how faces are aligned: r, i, or m for both')
        .choices(TRAINING_PHOTOS)
        .default('r'),
    )
    .addOption(
      new Option('--fold <k/n>', 'divide the people into n folds and keep fold k (from 0) for testing')
        .argParser(foldFrom)
        .default({ fold: 0, of: 5 }, '0/5'),
    )
    .option('--schedule <name>', '`quick`, `paper`, or a .yaml file with a schedule', 'quick')
    .option('--iterations <n>', 'how many iterations to train (default: from the schedule)', countFrom)
    .option('--batch <n>', 'photos per iteration (default: from the schedule)', countFrom)
    .option('--rate <x>', 'learning rate at the start (default: from the schedule)', positiveFrom)
    .option(
      '--snapshot-every <n>',
      'save the network every n iterations, for learning curves (default: from the schedule, or never)',
      countFrom,
    )
    .option(
      '--input <n>',
      "height and width of the network's input, in pixels (default: the network's own)",
      countFrom,
    )
    .option('--width <x>', 'fraction of the channels that the published network has', widthFrom, 1)
    .option('--seed <text>', 'any text; decides folds, weights, order, crops and mirrors', '1')
    .option('--out <dir>', "the run's folder (default: out/TASK-NETWORK-SETTING-foldK)")
    .option('--aligned <dir>', 'the folder for aligned photos, which runs can share (default: data in --out)')
    .option('--resume', 'resume the run in the folder')
  return withDevice(command)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard train --data aaf:faces --task gender --network adiencenet --out out/gender\n' +
        '  $ regard train --data aaf:faces --task gender --network googlenet --start imagenet:googlenet.caffemodel --iterations 500\n',
    )
    .action(run)
}

async function run(flags: Flags): Promise<void> {
  requireUse([flags.data], flags)
  const spec = specFrom(flags)
  const folder = flags.out ?? join('out', runName(runOf(spec)))
  const place = { folder, aligned: flags.aligned ?? join(folder, 'data'), resume: flags.resume ?? false }
  requirePlace(place)
  requireWritableFolder(folder)
  if (flags.aligned !== undefined) requireWritableFolder(flags.aligned)
  const dataset = await readDataset(flags.data.kind, flags.data.root, flags)
  for (const doubt of startDoubts(spec, dataset)) console.error(`Warning: ${doubt}`)
  const single = await untilStopped((signal) => trainWith(spec, dataset, place, signal, flags.device), {
    heard: 'Stopping after a checkpoint; interrupt again to stop at once.',
    stopped: 'Stopped. Nothing is lost: the same command with --resume continues from here.',
  })
  if (single.kept) console.log(`${folder} is finished: there is nothing to resume.`)
  console.log(summary(flags, spec, place, single).join('\n'))
  tellSkipped(single.skipped)
}

/** Whether the network to start from has seen faces that the trained one is tested on, or other pictures. */
function startDoubts({ start, task, fold, folds, seed }: TrainingSpec, dataset: Dataset): string[] {
  if (!start) return []
  const tested = facesOf(dataset, { fold, of: folds, seed })
  const overlap = startOverlap(
    start.weights,
    tested.filter((face) => labelOf(face, task) !== undefined),
  )
  return [startMismatch(start) ?? [], overlap ?? []].flat()
}

function specFrom(flags: Flags): TrainingSpec {
  const { task, network, start, alignment, fold, width, seed } = flags
  const { input: published, leastInput } = networks[network]
  const { input = published } = flags
  if (input < leastInput) {
    throw new UsageError(`--input must be at least ${leastInput} for ${network}, not ${input}`)
  }
  const { iterations, batch, rate, snapshotEvery } = flags
  const overrides = Object.entries({ iterations, batch, rate, snapshotEvery })
  return {
    task,
    network,
    input,
    width,
    photos: alignment,
    start: parseStart(start, network, width),
    fold: fold.fold,
    folds: fold.of,
    seed,
    schedule: scheduleFrom(flags.schedule),
    overrides: Object.fromEntries(overrides.filter(([, value]) => value !== undefined)),
  }
}

function scheduleFrom(text: string): TrainingSpec['schedule'] {
  if (text === 'quick' || text === 'paper') return { policy: text }
  if (/\.ya?ml$/i.test(text)) return readSchedule(text)
  const near = nearest(text, ['quick', 'paper'])
  throw new UsageError(
    `there is no schedule '${text}'${near ? `; did you mean '${near}'?` : ''}`,
    undefined,
    'There are quick and paper, or your own as a .yaml file',
  )
}

async function trainWith(
  spec: TrainingSpec,
  dataset: Dataset,
  place: Place,
  signal: AbortSignal,
  device?: NodeDevice,
): Promise<FinishedRun> {
  const { clock, finish } = clockLine('train')
  try {
    const engine = await nodeEngine({ device })
    return await trainSingle(spec, dataset, place, { engine, clock, signal })
  } finally {
    finish()
  }
}

/** How well the network does, and what to do with it next. */
function summary(
  { data, repairLabels }: Flags,
  { task, fold, folds }: TrainingSpec,
  { folder }: Place,
  { record, tested }: FinishedRun,
): string[] {
  const { run, iterations } = record
  const test = record.tests[ownTest(run.setting)]!
  const { n, accuracy, oneOff, error } = scoreOf(test)
  const { majority, error: chance } = chanceOf(test)
  const model = runFiles.model(folder)
  // The same face by the same cut as in training.
  const published = tested.published?.[ownTest(run.setting)]
  const landmarks = tested.landmarks ? ` --landmarks ${shellWord(tested.landmarks)}` : ''
  const how = published ? ' --as-is' : landmarks
  // Its interval reaches what needs no network.
  const isChance = error ? error.interval.high >= chance!.years : accuracy.interval.low <= majority.accuracy
  return [
    `${networks[run.network].title} ${bracketed(run.setting)}, ${task}, after ${iterations} iterations:`,
    `  ${error ? `${yearsShown(error)} off` : `${shown(accuracy)} right`} on ${n} faces of fold ${fold} of ${folds}, by ten crops`,
    ...(task === 'age' ? [`  ${shown(oneOff)} right or one group off`] : []),
    chance
      ? `  ${chance.years.toFixed(1)} years by always answering ${chance.median}`
      : `  ${percent(majority.accuracy)} % by always answering ${CLASSES[task][majority.class]}`,
    ...(isChance ? ['  So it may be no better than that: train it for longer, or with another --rate'] : []),
    '',
    `Model: ${model}`,
    'See what it looks at, and how it does group by group:',
    `  npx regard explain ${shellWord(model)} ${shellWord(published ?? tested.photo)}${how}`,
    `  npx regard evaluate ${shellWord(model)} --data ${shellWord(`${data.kind}:${data.root}`)} --fold ${fold}/${folds}${repairLabels ? ` ${REPAIR[0]}` : ''}`,
  ]
}

function yearsShown({ years, interval: { low, high } }: MeanError): string {
  return `${years.toFixed(1)} years [${low.toFixed(1)}, ${high.toFixed(1)}]`
}

function shown({ share, interval: { low, high } }: Share): string {
  return `${percent(share)} % [${percent(low)}, ${percent(high)}]`
}

function widthFrom(text: string): number {
  const number = positiveFrom(text)
  if (number > 1) throw new InvalidArgumentError('Give a number above 0 and up to 1.')
  return number
}
