import { Command, Option } from 'commander'
import { UsageError } from '../base/errors.ts'
import { requireWritable, writeAtomic } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import { type ReaderOptions, readDataset } from '../datasets/readers.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { nodeEngine } from '../engine/node.ts'
import {
  type Evaluable,
  type Evaluation,
  evaluate,
  type Fold,
  requireEvaluable,
} from '../evaluation/evaluate.ts'
import {
  chanceOf,
  errorOf,
  type MeanError,
  percent,
  type Share,
  scoreOf,
  shareOf,
} from '../evaluation/score.ts'
import { trainingOverlap } from '../evaluation/seen.ts'
import type { Crops } from '../evaluation/tenCrop.ts'
import type { Alignment } from '../faces/align.ts'
import { DEFAULT_NETWORK } from '../networks/builtIn/index.ts'
import { DATA, REPAIR, requireUse, type Source, sourceFrom, tellSkipped } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { FOLD, type FoldFlags, foldOf, SEED } from './fold.ts'
import { answersFrom, cutInWords, MODEL, type ModelFlags, withModelFlags } from './model.ts'
import { untilStopped } from './signal.ts'
import { inColumns } from './table.ts'

interface Flags extends ModelFlags, ReaderOptions, DeviceFlag, FoldFlags {
  readonly data: Source[]
  readonly crops?: '10' | '1'
  readonly task?: Task
  readonly alignment?: Alignment
  readonly json?: string
}

/** The flags, completed from the model. */
interface Settled extends Flags {
  readonly crops: '10' | '1'
}

/** `regard evaluate [MODEL] --data KIND:PATH …` */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('Measure how often a network is right on labelled faces, overall and for each group.')
    .argument('[model]', `${MODEL} (default: ${DEFAULT_NETWORK})`)
    .requiredOption(
      '--data <kind:path>',
      `${DATA}; may be given several times`,
      (text: string, before: Source[] = []) => [...before, sourceFrom(text)],
    )
    .option(...REPAIR)
    .option(...FOLD)
    .option(...SEED)
    .addOption(
      new Option(
        '--crops <n>',
        'score ten crops of each picture, or only its centre (default: 10 if the picture is larger than the input)',
      ).choices(['10', '1']),
    )
    .addOption(
      new Option(
        '--task <task>',
        'what the network reads (default: from the card, or from its classes)',
      ).choices(Object.keys(CLASSES)),
    )
    .addOption(
      new Option('--alignment <how>', "how faces are aligned (default: the card's)").choices(['r', 'i']),
    )
    .option('--json <file>', 'also write the figures to this file')
  return withModelFlags(withDevice(command))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard evaluate --task gender --data aaf:faces\n' +
        '  $ regard evaluate model.onnx --data aaf:faces --fold 0/5\n' +
        '  $ regard evaluate model.onnx --data aaf:faces --data synthetic:drawn --json figures.json\n',
    )
    .action(run)
}

async function run(path: string | undefined, given: Flags): Promise<void> {
  requireUse(given.data, given)
  if (given.json !== undefined) requireWritable(given.json)
  const evaluable = requireEvaluable(await answersFrom(path ?? DEFAULT_NETWORK, given), given)
  const { picture, size } = evaluable.preprocessing
  // Where nothing is cut off, the four corners equal the centre.
  const cut = picture.height > size.height || picture.width > size.width
  const flags: Settled = { ...given, crops: given.crops ?? (cut ? '10' : '1') }
  const { model } = evaluable
  const folds = flags.data.map(({ kind }) => foldOf(model, flags, kind))
  if (flags.fold && !folds.some(Boolean)) {
    throw new UsageError(
      `--fold is only for data of kind ${model.card.trainedOn!.dataset}, which the model was trained on`,
      model.path,
      'Leave it out: the model has seen nobody in other data sets',
    )
  }
  const records = await untilStopped(async (signal) => {
    const all: EvaluationRecord[] = []
    for (const [k, source] of flags.data.entries()) {
      const fold = folds[k]
      all.push(recordOf(evaluable, source, fold, await evaluateOn(evaluable, source, fold, flags, signal)))
    }
    return all
  })
  console.log(tables(evaluable, flags, records).join('\n'))
  const { task, alignment } = evaluable
  const figures = {
    model: model.path,
    task,
    classes: CLASSES[task],
    alignment,
    crops: Number(flags.crops),
    data: records,
  }
  if (flags.json) writeAtomic(flags.json, `${JSON.stringify(figures, undefined, 2)}\n`)
  tellSkipped(records.flatMap((record) => record.skipped))
}

async function evaluateOn(
  evaluable: Evaluable,
  { kind, root }: Source,
  fold: Fold | undefined,
  { crops, repairLabels, device }: Settled,
  signal: AbortSignal,
): Promise<Evaluation> {
  const dataset = await readDataset(kind, root, { repairLabels })
  for (const [reason, count] of Object.entries(dataset.dropped))
    console.error(`${kind}:${root}: ${count} left out: ${reason}`)
  const doubt = trainingOverlap(evaluable.model, dataset, fold)
  if (doubt) console.error(`Warning: ${doubt}`)
  let progress: Progress | undefined
  try {
    return await evaluate(evaluable, dataset, {
      engine: await nodeEngine({ device }),
      crops: Number(crops) as Crops,
      fold,
      signal,
      progress(done, total) {
        progress ??= new Progress(`Scoring ${kind}`, total)
        progress.update(done, `${done} of ${total} faces`)
      },
    })
  } finally {
    progress?.finish()
  }
}

/** One data set's figures, as `--json` writes them. Shares go from 0 to 1; rows of `confusion` are true classes. */
interface EvaluationRecord extends Source, Evaluated {
  /** The scored part, or all of it. */
  readonly scored: 'all' | Fold
  /** Always giving the most frequent class; for ages in years, also always giving the median. */
  readonly chance: {
    readonly class: string
    readonly accuracy: number
    readonly median?: number
    readonly error?: number
  }
  readonly groups: readonly ({ readonly group: string } & Evaluated)[]
  readonly confusion: Evaluation['confusion']
  readonly unlabelled: number
  readonly skipped: Evaluation['skipped']
}

interface Evaluated {
  readonly n: number
  /** For ages in years: the mean absolute error of the expected age. */
  readonly error?: number
  /** 95 %, by the normal distribution. */
  readonly errorInterval?: readonly [low: number, high: number]
  readonly accuracy: number
  /** 95 %, by Wilson's score. */
  readonly interval: readonly [low: number, high: number]
  /** Right or in an adjacent class, for age. */
  readonly oneOff?: number
  readonly oneOffInterval?: readonly [low: number, high: number]
}

function recordOf(
  { task }: Evaluable,
  { kind, root }: Source,
  fold: Fold | undefined,
  evaluation: Evaluation,
): EvaluationRecord {
  const { n, accuracy, oneOff, error } = scoreOf(evaluation)
  const { majority, error: chance } = chanceOf(evaluation)
  const near = task === 'age' ? { oneOff: oneOff.share, oneOffInterval: ends(oneOff) } : {}
  return {
    kind,
    root,
    scored: fold ?? 'all',
    n,
    ...errorFields(error),
    accuracy: accuracy.share,
    interval: ends(accuracy),
    ...near,
    chance: {
      class: CLASSES[task][majority.class]!,
      accuracy: majority.accuracy,
      ...(chance && { median: chance.median, error: chance.years }),
    },
    groups: evaluation.groups.map(({ group, n, correct, errors }) => {
      const share = shareOf(correct, n)
      return {
        group,
        n,
        ...errorFields(errors && errorOf(errors)),
        accuracy: share.share,
        interval: ends(share),
      }
    }),
    confusion: evaluation.confusion,
    unlabelled: evaluation.unlabelled,
    skipped: evaluation.skipped,
  }
}

function errorFields(error: MeanError | undefined): Pick<Evaluated, 'error' | 'errorInterval'> {
  return error ? { error: error.years, errorInterval: ends(error) } : {}
}

function ends({ interval: { low, high } }: Pick<Share, 'interval'>): [number, number] {
  return [low, high]
}

/** What is printed: all data sets in one table, then each by its groups and its confusions. */
function tables(
  { model, task, alignment }: Evaluable,
  flags: Settled,
  records: readonly EvaluationRecord[],
): string[] {
  const crops = flags.crops === '10' ? 'ten crops' : 'the centre'
  const names = CLASSES[task]
  const years = task === 'years'
  const head = [
    'data',
    'faces',
    'n',
    ...(years ? ['error, years', 'chance, years'] : []),
    'accuracy %',
    ...(task === 'age' ? ['1-off %'] : []),
    'chance %',
  ]
  const whole = records.map((record) => [
    nameOf(record),
    facesOf(record),
    String(record.n),
    ...shownError(record),
    ...(years ? [`${record.chance.error!.toFixed(1)} (always ${record.chance.median})`] : []),
    shown(record.accuracy, record.interval),
    ...(record.oneOff === undefined ? [] : [shown(record.oneOff, record.oneOffInterval!)]),
    `${percent(record.chance.accuracy)} (always ${record.chance.class})`,
  ])
  const each = records.flatMap((record) => [
    '',
    `${nameOf(record)}, group by group:`,
    ...inColumns([
      ['label', 'n', ...(years ? ['error, years'] : []), 'accuracy %'],
      ...record.groups.map((one) => [
        one.group,
        String(one.n),
        ...shownError(one),
        shown(one.accuracy, one.interval),
      ]),
    ]),
    // A hundred ages by a hundred are left to --json.
    ...(years
      ? []
      : ['', `${nameOf(record)}, true class by row, answer by column:`, ...confusionLines(record, names)]),
    ...(record.unlabelled > 0
      ? ['', `${record.unlabelled} faces have no label for ${task} and were left out.`]
      : []),
  ])
  return [
    `${model.path}: ${task}, ${crops} of faces ${cutInWords(alignment)}; 95 % intervals count each face by itself`,
    '',
    ...inColumns([head, ...whole]),
    ...each,
  ]
}

function confusionLines({ confusion }: EvaluationRecord, names: readonly string[]): string[] {
  return inColumns([['', ...names], ...confusion.map((row, truth) => [names[truth]!, ...row.map(String)])])
}

function nameOf({ kind, root }: Source): string {
  return `${kind}:${root}`
}

function facesOf({ scored }: EvaluationRecord): string {
  return scored === 'all' ? 'all' : `fold ${scored.fold} of ${scored.of}, seed ${scored.seed}`
}

/** A cell with the mean error, where there is one. */
function shownError({ error, errorInterval }: Evaluated): string[] {
  return error === undefined
    ? []
    : [`${error.toFixed(1)} [${errorInterval!.map((end) => end.toFixed(1)).join(', ')}]`]
}

function shown(share: number, [low, high]: readonly [number, number]): string {
  return `${percent(share)} [${percent(low)}, ${percent(high)}]`
}
