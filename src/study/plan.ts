/**
 * A plan: everything that decides what a study is, in one YAML file. `docs/plan.md` explains every field.
 */

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from '../base/errors.ts'
import { readText } from '../base/files.ts'
import { fromHome } from '../base/home.ts'
import { parseYaml } from '../base/yaml.ts'
import { ADIENCE_FOLDS } from '../datasets/adience.ts'
import { type Face, mustBeFound } from '../datasets/dataset.ts'
import { REPEATED } from '../datasets/folds.ts'
import { PARTS } from '../datasets/synthetic/parts.ts'
import { MARK_TEXT, parseMark, SHOWING } from '../datasets/synthetic/planting.ts'
import { TASKS, type Task } from '../datasets/task.ts'
import type { Alignment } from '../faces/align.ts'
import { FACE_PARTS } from '../faces/parts.ts'
import { type NetworkName, networks } from '../networks/index.ts'
import { HIDE_WAYS } from '../training/hiding.ts'
import { paperSchedule, quickSchedule } from '../training/presets.ts'
import type { Schedule } from '../training/schedule.ts'
import { type PretrainedWeights, requireFile, start, withFile } from './pretrained.ts'
import type { Run } from './record.ts'
import { ALIGNMENTS, type Setting, TRAINING_PHOTOS, type TrainingPhotos } from './setting.ts'

const count = z.int().positive()
const seed = z.union([z.int(), z.string().min(1)])
/** Letters, digits, dot, dash and underscore: safe as the name of a folder. */
const folderName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, dots, dashes and underscores')

const preprocessing = distinct(z.enum(TRAINING_PHOTOS))

const networkFields = z
  .strictObject({
    name: z.enum(Object.keys(networks) as NetworkName[]),
    /** Side of the square crop that the network sees, in pixels; by default the paper's. */
    input: count.optional(),
    /** Fraction of the channels of the published network. */
    width: z.number().positive().max(1).default(1),
    /** Trained weights; by default random ones. */
    start,
    /** Initial learning rate, instead of the schedule's. */
    rate: z.number().positive().optional(),
    /** How long it is trained, instead of the schedule's length. */
    iterations: count.optional(),
    /** What it is trained on, instead of the plan's. */
    preprocessing: preprocessing.optional(),
  })
  .superRefine(({ name, input, width, start }, context) => {
    const { leastInput } = networks[name]
    const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (input !== undefined && input < leastInput) {
      complain(['input'], `must be at least ${leastInput} for ${name}, not ${input}`)
    }
    if (start) requireFile(name, width, start, complain)
  })
  .transform(({ input, start, ...rest }) => ({
    ...rest,
    start: start && withFile(rest.name, start),
    input: input ?? networks[rest.name].input,
  }))
/** A bare name stands for `{ name }`. */
const network = z.preprocess((item) => (typeof item === 'string' ? { name: item } : item), networkFields)

const momentum = z.number().min(0).lt(1)
const decay = z.number().min(0)
const gamma = z.number().positive().max(1)
const rate = z.number().positive()
const length = {
  batch: count,
  /** One of the two. */
  iterations: count.optional(),
  epochs: z.number().positive().optional(),
}
const rest = {
  validateEvery: count,
  checkpointEvery: count,
  snapshotEvery: count.optional(),
  warmup: count.optional(),
  patience: count.optional(),
  augmentation: z
    .strictObject({
      zoom: z.number().min(0).max(1).optional(),
      turn: z.number().min(0).max(180).optional(),
      light: z.number().min(0).max(1).optional(),
      hide: z
        .strictObject({
          part: z.enum([...new Set([...PARTS, ...FACE_PARTS])]),
          probability: z.number().positive().max(1),
          how: z.enum(HIDE_WAYS),
        })
        .optional(),
    })
    .optional(),
}

/** The fields of one policy, in the order in which a run's configuration is hashed. */
function policy<Name extends z.ZodType, Fields extends z.ZodRawShape>(name: Name, fields: Fields) {
  const override = z
    .strictObject({ rate, ...fields, ...length, momentum, decay, ...rest })
    .partial()
    .optional()
  return z.strictObject({
    policy: name,
    rate,
    ...fields,
    ...length,
    momentum: momentum.default(0.9),
    decay: decay.default(0.0005),
    ...rest,
    age: override,
    gender: override,
    years: override,
  })
}

const schedule = z
  .discriminatedUnion('policy', [
    policy(z.literal('multistep').optional(), { gamma, steps: z.array(count) }),
    policy(z.literal('step'), { gamma, every: count }),
    policy(z.literal('poly'), { power: z.number().positive() }),
    policy(z.literal('cosine'), {}),
    z.strictObject({ policy: z.literal('paper'), snapshotEvery: count.optional() }),
    z.strictObject({ policy: z.literal('quick'), snapshotEvery: count.optional() }),
  ])
  .superRefine((value, context) => {
    if (value.policy === 'paper' || value.policy === 'quick') return
    for (const task of TASKS) {
      const own: Partial<typeof value> = value[task] ?? {}
      const { iterations, epochs } = lengthOf(value, own)
      const complain = (field: 'steps' | 'iterations', message: string) =>
        context.addIssue({ code: 'custom', path: field in own ? [task, field] : [field], message })
      if ((iterations === undefined) === (epochs === undefined)) {
        complain(
          'iterations',
          iterations === undefined
            ? 'is missing, and so is epochs'
            : 'and epochs mean the same: give one of them',
        )
        return
      }
      if (!('steps' in value)) continue
      const { steps } = { ...value, ...(own as Partial<typeof value>) }
      const end = iterations ?? Number.POSITIVE_INFINITY
      if (steps.every((step, i) => step < end && (i === 0 || steps[i - 1]! < step))) continue
      complain('steps', iterations ? `must ascend and lie below the ${iterations} iterations` : 'must ascend')
      return
    }
  })

/** How long a task is trained: its own length replaces both fields. */
function lengthOf(
  common: { iterations?: number; epochs?: number },
  own: { iterations?: number; epochs?: number },
): { iterations?: number; epochs?: number } {
  const { iterations, epochs } = own.iterations === undefined && own.epochs === undefined ? common : own
  return { iterations, epochs }
}

const root = z.string().min(1)
/** A table of faces that are left out. */
const without = z.string().min(1).optional()

const dataset = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['aaf', 'csv', 'fairface', 'folder', 'imdb-wiki', 'utkface']),
    root,
    without,
  }),
  z.strictObject({
    kind: z.literal('adience'),
    root,
    without,
    /** Keep the ages of the 72 rows that the published lists lose to a typing error. */
    repairLabels: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('synthetic'),
    count,
    seed,
    root: root.optional(),
    without,
    /** What is planted in the faces. */
    only: z.enum(SHOWING).optional(),
    mark: z
      .string()
      .transform((text, context) => {
        const mark = parseMark(text)
        if (mark) return mark
        context.addIssue({ code: 'custom', message: `must be ${MARK_TEXT}` })
        return z.NEVER
      })
      .optional(),
  }),
])

const planFields = z.strictObject({
  name: folderName,
  dataset,
  tasks: distinct(z.enum(TASKS)),
  networks: distinct(network, (item) => [item.name, item.start?.kind].join()),
  preprocessing,
  folds: z
    .strictObject({
      count: z.int().min(2),
      test: distinct(z.int().min(0)),
      /** Where photos that occur more than once, byte for byte, go; by default together. */
      repeated: z.enum(REPEATED).optional(),
    })
    .refine(({ count, test }) => test.every((fold) => fold < count), {
      path: ['test'],
      message: 'has a fold that does not exist: they are numbered from 0 to count − 1',
    }),
  schedule,
  seed,
  explain: z
    .strictObject({
      /** Test faces of each run that have heat maps in the report. */
      photos: z.int().min(0).default(4),
      /** Test faces of each run for the profile of what the network looks at. */
      profile: z.int().min(0).default(0),
    })
    .prefault({}),
  /** Write every crop's probabilities of the test photos to crops.parquet. */
  crops: z.boolean().default(false),
})

const planSchema = planFields
  .superRefine(({ dataset, folds }, context) => {
    if (dataset.kind !== 'adience' || folds.count === ADIENCE_FOLDS) return
    const message = `must be ${ADIENCE_FOLDS} for adience, not ${folds.count}: its folds are published`
    context.addIssue({ code: 'custom', path: ['folds', 'count'], message })
  })
  .transform(({ preprocessing, networks, ...rest }) => ({
    ...rest,
    networks: networks.map((one) => ({ ...one, preprocessing: one.preprocessing ?? preprocessing })),
  }))

/**
 * A plan as read: with the file's names of fields, defaults filled in and paths absolute. Each network says what it is
 * trained on.
 */
export type Plan = z.infer<typeof planSchema>

/**
 * The alignments that a plan's networks are tested on: those that any of them is trained on, and the other one, unless
 * that would require looking for faces, which takes long.
 */
export function alignmentsOf(
  { networks }: { readonly networks: readonly Pick<Plan['networks'][number], 'preprocessing'>[] },
  faces: readonly Face[],
): Alignment[] {
  const photos = networks.flatMap(({ preprocessing }) => preprocessing)
  return ALIGNMENTS.filter(
    (as) => photos.some((one) => one === as || one === 'm') || !faces.some((face) => mustBeFound(face, as)),
  )
}

/** The setting of a network that is trained on these photos. */
export function settingOf(photos: TrainingPhotos, start: PretrainedWeights | undefined): Setting {
  return { photos, start: start?.kind ?? 'random' }
}

/** What a plan says about a run's network. */
export function plannedFor(
  plan: Plan,
  { network, setting }: { network: NetworkName; setting: Setting },
): Plan['networks'][number] {
  return plan.networks.find(
    ({ name, start }) => name === network && (start?.kind ?? 'random') === setting.start,
  )!
}

/**
 * Read a plan file.
 *
 * @throws UserError naming the file, and where it can, the line and the field
 */
export function readPlan(path: string): Plan {
  const text = readPlanned(
    path,
    'plan file',
    'examples/ has plans to start from, and docs/plan.md explains them',
  )
  const { dataset, networks, ...rest } = parseYaml(text, path, planSchema)
  const beside = (file: string) => resolve(dirname(path), fromHome(file))
  return {
    ...rest,
    dataset: {
      ...dataset,
      ...(dataset.root !== undefined && { root: beside(dataset.root) }),
      ...(dataset.without !== undefined && { without: beside(dataset.without) }),
    },
    networks: networks.map(({ start, ...one }) => ({
      ...one,
      start: start && { ...start, weights: beside(start.weights) },
    })),
  }
}

/**
 * Read only a schedule: a file with what a plan has under `schedule`.
 *
 * @throws UserError naming the file, and where it can, the line and the field
 */
export function readSchedule(path: string): Plan['schedule'] {
  return parseYaml(readPlanned(path, 'schedule', 'docs/plan.md explains the fields of one'), path, schedule)
}

function readPlanned(path: string, what: string, remedy: string): string {
  if (!existsSync(path)) throw new UserError(`there is no such ${what}`, path, remedy)
  return readText(path, { remedy })
}

/** Fields that can override those of any schedule. */
export type ScheduleOverrides = Partial<Pick<Schedule, 'batch' | 'iterations' | 'rate' | 'snapshotEvery'>>

/**
 * The schedule of a run: the plan's, with its overrides for the task, or the preset that it names.
 *
 * @param pictures the number of training pictures, which makes an epoch
 * @param overrides fields that override the plan's or the preset's
 * @throws UserError when the paper did not train such a network
 */
export function scheduleOf(
  { schedule }: Pick<Plan, 'schedule'>,
  { task, network, setting: { photos, start } }: { task: Task; network: NetworkName; setting: Setting },
  pictures: number,
  overrides: ScheduleOverrides = {},
): Schedule {
  if (schedule.policy === 'quick' || schedule.policy === 'paper') {
    const { policy, ...own } = schedule
    const known = policy === 'quick' ? quickSchedule(start) : paperSchedule(network, start, photos === 'm')
    if (known) return { ...known, ...own, ...overrides }
    throw new UserError(
      `the paper did not train ${network} from ${start} weights`,
      'schedule',
      'Write a schedule of your own',
    )
  }
  const { age, gender, years, ...common } = schedule
  const own = { ...{ age, gender, years }[task], ...overrides }
  const { iterations, epochs } = lengthOf(common, own)
  const { epochs: _, ...merged } = { ...common, ...own }
  // 1.1 · 100 / 10 is a little above 11 in binary.
  const whole = iterations ?? Math.ceil(Number(((epochs! * pictures) / merged.batch).toPrecision(12)))
  // A policy's overrides have only its own fields.
  const made = { ...merged, iterations: whole } as Schedule
  // How many iterations epochs are is known only with the faces.
  if (iterations !== undefined) requireSteps(made, { network, task })
  return made
}

/**
 * Check that the rate of a schedule falls at all of its steps: a network may have a length of its own.
 *
 * @throws UserError where a step lies beyond the end
 */
export function requireSteps(schedule: Schedule, { network, task }: Pick<Run, 'network' | 'task'>): void {
  const { iterations } = schedule
  if (!('steps' in schedule) || schedule.steps.every((step) => step < iterations)) return
  throw new UserError(
    `must lie below the ${iterations} iterations of ${network} for ${task}`,
    'schedule.steps',
    'The rate would never fall there',
  )
}

/** The parts that a schedule hides in training, for any task. */
export function hiddenParts(schedule: Plan['schedule']): string[] {
  if (schedule.policy === 'quick' || schedule.policy === 'paper') return []
  const { age, gender, years } = schedule
  return [schedule, age, gender, years].flatMap((one) => one?.augmentation?.hide?.part ?? [])
}

/**
 * The schedule of a run of a plan, with the rate and length that the plan gives its network. Otherwise like {@link
 * scheduleOf}.
 */
export function plannedSchedule(
  plan: Plan,
  run: { task: Task; network: NetworkName; setting: Setting },
  pictures: number,
): Schedule {
  const { rate, iterations } = plannedFor(plan, run)
  return scheduleOf(plan, run, pictures, {
    ...(rate !== undefined && { rate }),
    ...(iterations !== undefined && { iterations }),
  })
}

/** A list of at least one item without repetitions. */
function distinct<T extends z.ZodType>(item: T, key: (value: z.output<T>) => unknown = (value) => value) {
  return z
    .array(item)
    .min(1, 'must have at least one item')
    .refine((items) => new Set(items.map(key)).size === items.length, 'has a duplicate item')
}
