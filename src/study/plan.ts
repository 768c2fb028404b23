/**
 * A plan: everything that decides what a study is, in one YAML file. `docs/plan.md` explains every field.
 */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../base/errors.ts'
import { parseYaml } from '../base/yaml.ts'
import type { Task } from '../datasets/task.ts'
import { ADIENCENET_LEAST_INPUT } from '../networks/adiencenet.ts'
import { type NetworkName, networks } from '../networks/index.ts'
import type { Schedule } from '../training/schedule.ts'

const count = z.int().positive()
const seed = z.union([z.int(), z.string().min(1)])
/** Letters, digits, dot, dash and underscore: safe as the name of a folder. */
const folderName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, dots, dashes and underscores')

const networkFields = z
  .strictObject({
    name: z.enum(Object.keys(networks) as NetworkName[]),
    /** Side of the square crop that the network sees, in pixels; the paper's where it is not given. */
    input: z.int().min(ADIENCENET_LEAST_INPUT).optional(),
    /** Fraction of the channels of the published network. */
    width: z.number().positive().max(1).default(1),
  })
  .transform(({ input, ...rest }) => ({ ...rest, input: input ?? networks[rest.name].input }))
/** A name alone stands for `{ name }`. */
const network = z.preprocess((item) => (typeof item === 'string' ? { name: item } : item), networkFields)

const scheduleFields = {
  rate: z.number().positive(),
  gamma: z.number().positive().max(1),
  steps: z.array(count),
  batch: count,
  iterations: count,
  momentum: z.number().min(0).lt(1),
  decay: z.number().min(0),
  validateEvery: count,
  checkpointEvery: count,
}
const scheduleOverride = z.strictObject(scheduleFields).partial().optional()

const schedule = z
  .strictObject({
    ...scheduleFields,
    momentum: scheduleFields.momentum.default(0.9),
    decay: scheduleFields.decay.default(0.0005),
    age: scheduleOverride,
    gender: scheduleOverride,
  })
  .superRefine((value, context) => {
    for (const task of ['age', 'gender'] as const) {
      const { steps, iterations } = { ...value, ...value[task] }
      const ascending = steps.every((step, i) => step < iterations && (i === 0 || steps[i - 1]! < step))
      if (ascending) continue
      const path = value[task]?.steps ? [task, 'steps'] : ['steps']
      context.addIssue({
        code: 'custom',
        path,
        message: `must ascend and lie below the ${iterations} iterations`,
      })
      return
    }
  })

const dataset = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('aaf'), root: z.string().min(1) }),
  z.strictObject({ kind: z.literal('synthetic'), count, seed, root: z.string().min(1).optional() }),
])

const planSchema = z.strictObject({
  name: folderName,
  dataset,
  tasks: distinct(z.enum(['age', 'gender'])),
  networks: distinct(network, (item) => item.name),
  preprocessing: distinct(z.enum(['r', 'i', 'm'])),
  folds: z
    .strictObject({ count: z.int().min(2), test: distinct(z.int().min(0)) })
    .refine(({ count, test }) => test.every((fold) => fold < count), {
      path: ['test'],
      message: 'has a fold that does not exist: they are numbered from 0 to count − 1',
    }),
  schedule,
  seed,
  explain: z.strictObject({ photos: z.int().min(0) }).default({ photos: 4 }),
})

/** A plan as read: the names of its fields are those of the file, defaults filled in, paths absolute. */
export type Plan = z.infer<typeof planSchema>

/** What a network is trained on: `r` or `i` aligned photos, or `m`, both. */
export type Setting = Plan['preprocessing'][number]

/**
 * Read a plan file.
 *
 * @throws UserError naming the file, and where it can, the line and the field
 */
export function readPlan(path: string): Plan {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new UserError(
      missing ? 'there is no such plan file' : `could not be read (${messageOf(error)})`,
      path,
      'examples/ has plans to start from, and docs/plan.md explains them',
    )
  }
  const plan = parseYaml(text, path, planSchema)
  if (plan.dataset.root === undefined) return plan
  return { ...plan, dataset: { ...plan.dataset, root: resolve(dirname(path), plan.dataset.root) } }
}

/** The schedule of a task: the plan's, with what it overrides for that task. */
export function scheduleOf(plan: Plan, task: Task): Schedule {
  const { age, gender, ...common } = plan.schedule
  return { ...common, ...(task === 'age' ? age : gender) }
}

/** A list of at least one item in which nothing stands twice. */
function distinct<T extends z.ZodType>(item: T, key: (value: z.output<T>) => unknown = (value) => value) {
  return z
    .array(item)
    .min(1, 'must have at least one item')
    .refine((items) => new Set(items.map(key)).size === items.length, 'has an item that stands twice')
}
