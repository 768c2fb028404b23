import { existsSync, statSync } from 'node:fs'
import { dirname, extname, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { UsageError, UserError } from '../base/errors.ts'
import { requireWritable, writeAtomic } from '../base/files.ts'
import { fromHome } from '../base/home.ts'
import { type Dataset, type Face, labelOf } from '../datasets/dataset.ts'
import { DATASET_KINDS, type DatasetKind, readDataset } from '../datasets/readers.ts'
import { TASKS, type Task } from '../datasets/task.ts'
import { requireTrainable } from '../study/preparedData.ts'
import { quickSchedule } from '../training/presets.ts'
import { shellWord } from './shellWord.ts'

/** `regard init [DATA]` */
export function initCommand(): Command {
  return new Command('init')
    .description('Look at your photos, ask what to train on them, and write a plan that runs.')
    .argument(
      '[data]',
      'the folder of a data set, or a table of photos and labels, of any kind that regard reads (default: regard asks, or draws faces)',
    )
    .option('--out <file>', 'the plan to write', 'plan.yaml')
    .option('--yes', 'accept all suggestions without being asked, as without a terminal')
    .addHelpText(
      'after',
      '\nExamples:\n  $ regard init ~/Pictures/faces\n  $ regard init labels.csv --out ages.yaml --yes\n\n' +
        'The simplest data set is a folder that has a folder for each class: `f` and `m`, or ages such as `34` or\n' +
        '`25-32`. docs/datasets.md lists the other kinds. Photos stay where they are.',
    )
    .action(init)
}

interface Flags {
  readonly out: string
  readonly yes?: boolean
}

/** The sizes of studies to choose from, by a word for each. */
const SIZES = {
  small: {
    network: { name: 'adiencenet', input: 112, width: 0.5 },
    says: 'AdienceNet at half its width, on 112 pixels',
    hint: 'minutes on a laptop',
  },
  paper: {
    network: { name: 'adiencenet' },
    says: 'AdienceNet as published, on 227 pixels',
    hint: 'most of an hour',
  },
  trained: {
    network: { name: 'googlenet', start: 'imagenet' },
    says: 'GoogLeNet from ImageNet’s weights, as in the paper',
    hint: 'hours; the best answers; downloads 54 MB',
  },
} as const

type Size = keyof typeof SIZES

/** As in the paper. */
const FOLDS = 5
const SEED = 1

/** The choices for a plan. */
interface Choice {
  /** Undefined for drawn faces. */
  readonly data: { readonly kind: DatasetKind; readonly root: string; readonly faces: number } | undefined
  readonly tasks: readonly Task[]
  readonly size: Size
  /** How many folds the people are dealt into. */
  readonly folds: number
}

async function init(data: string | undefined, { out, yes }: Flags): Promise<void> {
  if (existsSync(out))
    throw new UsageError('already exists', out, 'Choose another name with --out, or remove it')
  requireWritable(out)
  const isAsking = !yes && process.stdin.isTTY && process.stdout.isTTY
  const choice = isAsking ? await asked(data) : await suggested(data)
  if (!choice) {
    console.error('Stopped. Nothing was written.')
    process.exitCode = 130
    return
  }
  writeAtomic(out, planOf(choice, out))
  const plan = shellWord(out)
  console.log(
    [
      `Plan: ${out}`,
      'Next:',
      ...(choice.data
        ? [
            `  npx regard dataset check ${shellWord(`${choice.data.kind}:${choice.data.root}`)}   finds what silently ruins a study`,
          ]
        : []),
      `  npx regard study plan ${plan}   estimates time, memory and disk`,
      `  npx regard study ${plan}   trains, tests, explains, and writes a report`,
    ].join('\n'),
  )
}

/** The suggested choices, without asking. */
async function suggested(root: string | undefined): Promise<Choice> {
  if (root === undefined) return { data: undefined, tasks: ['age', 'gender'], size: 'small', folds: FOLDS }
  const { kind, dataset } = await found(root)
  console.log(described(dataset))
  return {
    data: { kind, root, faces: dataset.faces.length },
    tasks: trainable(dataset),
    size: 'small',
    folds: foldCount(dataset.faces),
  }
}

/** The same, question by question; undefined where the user stops. */
async function asked(given: string | undefined): Promise<Choice | undefined> {
  const { intro, isCancel, log, multiselect, select, text } = await import('@clack/prompts')
  intro('A plan for a study')
  const place =
    given ??
    (await text({
      message: 'Where are your photos? Give a folder or a table, or nothing for faces that regard draws.',
      placeholder: 'nothing: drawn faces',
      defaultValue: '',
    }))
  if (isCancel(place)) return undefined
  const root = fromHome(place)
  const own = root === '' ? undefined : await found(root)
  if (own) log.info(described(own.dataset))
  const possible = own ? trainable(own.dataset) : TASKS
  const tasks = await multiselect({
    message: 'What should the networks read from a face?',
    options: possible.map((task) => ({ value: task, label: WORDS[task] })),
    initialValues: own ? possible.slice(0, 2) : possible.filter((task) => task !== 'years'),
    required: true,
  })
  if (isCancel(tasks)) return undefined
  const size = await select({
    message: 'Which network?',
    options: (Object.keys(SIZES) as Size[]).map((value) => ({
      value,
      label: SIZES[value].says,
      hint: SIZES[value].hint,
    })),
  })
  if (isCancel(size)) return undefined
  const folds = own ? foldCount(own.dataset.faces) : FOLDS
  const data = own && { kind: own.kind, root, faces: own.dataset.faces.length }
  return { data, tasks, size, folds }
}

const WORDS: Readonly<Record<Task, string>> = {
  age: 'age, in the paper’s eight groups',
  gender: 'gender, the two labels of the data set',
  years: 'age in years, from 0 to 100',
}

/**
 * The data set in a folder or a table, read as the kind that finds most faces.
 *
 * @throws UserError where no kind finds a face, with what each kind says
 */
async function found(root: string): Promise<{ readonly kind: DatasetKind; readonly dataset: Dataset }> {
  if (!existsSync(root)) throw new UserError('there is no such folder or table', root)
  const kinds: readonly DatasetKind[] = statSync(root).isFile()
    ? ['csv']
    : DATASET_KINDS.filter((kind) => kind !== 'csv')
  const complaints: string[] = []
  let best: { readonly kind: DatasetKind; readonly dataset: Dataset } | undefined
  for (const kind of kinds) {
    try {
      const dataset = await readDataset(kind, root)
      if (dataset.faces.length > (best?.dataset.faces.length ?? 0)) best = { kind, dataset }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const complaint = `  ${kind}: ${reasonOf(error, resolve(root))}`
      // That of the simplest kind comes first.
      if (kind === 'folder') complaints.unshift(complaint)
      else complaints.push(complaint)
    }
  }
  if (best) return best
  throw new UserError('is not a data set that regard reads', root, [
    'The simplest one is a folder of folders named by labels: `f` and `m`, or ages such as `25-32`; other labels cannot be ' +
      'trained. docs/datasets.md lists the other kinds. ' +
      'What each kind lacks here:',
    ...complaints,
  ])
}

/** What is wrong, without the remedy, which differs from kind to kind. */
function reasonOf(error: UserError, root: string): string {
  const { where } = error
  const wrong = withoutRemedy(error)
  const said = where && wrong.startsWith(where) ? wrong.slice(where.length + 2) : wrong
  const within = where ? relative(root, where) : ''
  return `${within} ${said}`.trim()
}

function withoutRemedy({ message }: UserError): string {
  return message.split(/\. (?=[A-Z])/)[0]!
}

function described({ kind, faces }: Dataset): string {
  const people = new Set(faces.map(({ subject }) => subject)).size
  return `${kind}: ${faces.length} faces of ${people} people`
}

/**
 * The tasks that a study by the plan can train, by the labels alone.
 *
 * @throws UserError where there is none, with what each lacks
 */
function trainable({ faces, root }: Dataset): Task[] {
  const folds = { count: foldCount(faces), test: [0] }
  const labelled = TASKS.filter((task) => faces.some((face) => labelOf(face, task) !== undefined))
  const complaints: string[] = []
  const tasks = labelled.filter((task) => {
    try {
      requireTrainable(faces, { tasks: [task], seed: SEED, folds })
      return true
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      complaints.push(`  ${withoutRemedy(error)}`)
      return false
    }
  })
  if (tasks.length > 0) return tasks
  throw new UserError(['no network can be trained on it:', ...complaints], root, [
    'Add photos: each class needs some to train, to validate and to test on. That takes a dozen or two; figures that say ' +
      'anything take hundreds',
  ])
}

/** As many as the publishers dealt, or five. */
function foldCount(faces: readonly Face[]): number {
  const published = new Set(faces.flatMap(({ fold }) => (fold === undefined ? [] : [fold]))).size
  return published || FOLDS
}

/** How often training sees each photo at most, where there are few: beyond that it learns them by heart. */
const EPOCHS = 60
const LEAST_ITERATIONS = 200

/** How long to train on few photos; undefined where there are enough for the whole schedule. */
function fewer({ data, folds }: Choice): number | undefined {
  if (!data) return undefined
  const { batch, iterations } = quickSchedule('random')
  const seen = (data.faces * (folds - 1)) / folds
  const enough = Math.max(LEAST_ITERATIONS, Math.ceil((EPOCHS * seen) / batch))
  return enough < iterations ? enough : undefined
}

/** The plan as a file that explains itself. */
function planOf(choice: Choice, out: string): string {
  const { data, tasks, size, folds } = choice
  const name = nameFrom(data?.root)
  const { network, says } = SIZES[size]
  const iterations = fewer(choice)
  const entry = { ...network, ...(iterations && { iterations }) }
  const dataset = data
    ? `{ kind: ${data.kind}, root: ${JSON.stringify(relative(dirname(resolve(out)), resolve(data.root)) || '.')} }`
    : '{ kind: synthetic, count: 1500, seed: 2017 }'
  return `# Made by \`regard init\`. docs/plan.md explains every field, and those that are not here.
name: ${name}

dataset: ${dataset}

# What networks read from a face: age (eight groups), gender (the data set's two labels), years (0 to 100).
tasks: [${tasks.join(', ')}]

# ${says}${iterations ? `, with fewer iterations than usual, since there are only ${data?.faces} photos` : ''}.
networks:
  - { ${Object.entries(entry)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }

# Photos are rotated until the eyes are level.
preprocessing: [r]

# People are dealt into ${folds} parts; the first is tested on. The paper tests on each in turn: [${Array.from({ length: folds }, (_, k) => k).join(', ')}].
folds: { count: ${folds}, test: [0] }

# A schedule for a laptop. \`paper\` trains as the paper did, which takes a GPU.
schedule: { policy: quick }

seed: ${SEED}

# Heat maps of up to eight test photos, and in numbers what the networks look at in up to a hundred.
explain: { photos: 8, profile: 100 }
`
}

/** The folder's or table's name, in letters that a study's name allows. */
function nameFrom(root: string | undefined): string {
  if (root === undefined) return 'drawn-faces'
  const path = resolve(root)
  const last = path.slice(path.search(/[^/\\]*$/))
  const name = last
    .slice(0, last.length - extname(last).length || undefined)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
  return name || 'faces'
}
