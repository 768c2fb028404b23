/** Matches the names of a network's classes with the labels of a data set. */

import { ageRangeOf } from '../base/ages.ts'
import { UsageError } from '../base/errors.ts'
import { genderOf } from '../datasets/labels.ts'
import { AGE_GROUPS, CLASSES, type Task } from '../datasets/task.ts'

/** The tasks whose classes have names; those of years are numbers. */
type NamedTask = Exclude<Task, 'years'>

/**
 * The task that a network's classes belong to; undefined where there is none, and for numbers, which may be years or
 * mere indices.
 *
 * @param names of the network's classes
 */
export function taskOf(names: readonly string[]): Task | undefined {
  return (['age', 'gender'] as const).find((task) => placesOf(names, task) !== undefined)
}

/**
 * The index of each class of a task among a network's classes. Age groups may be written `8-13`, `8–13`, `(8, 13)` or
 * `60+`; genders as a letter or a word.
 *
 * @param names of the network's classes
 * @param where the model, for the message
 * @throws UsageError that lists the names of both, where they do not match one to one
 */
export function requirePlaces(names: readonly string[], task: NamedTask, where: string): number[] {
  const places = placesOf(names, task)
  if (places) return places
  throw new UsageError(
    `the network's classes are ${listed(names)}, and the labels of the task ${task} are ${CLASSES[task].join(', ')}`,
    where,
    'Give the names of its classes, in order, with --classes or in its card',
  )
}

function placesOf(names: readonly string[], task: NamedTask): number[] | undefined {
  if (names.length !== CLASSES[task].length) return undefined
  const labels = names.map((name) => LABELS[task](name))
  const places = CLASSES[task].map((_, label) => labels.indexOf(label))
  return places.includes(-1) ? undefined : places
}

/** The label of a task that a name means; −1 where it means none. */
const LABELS: Record<NamedTask, (name: string) => number> = {
  gender: (name) => CLASSES.gender.indexOf(genderOf(name) ?? ''),
  age(name) {
    const [from, to] = ageRangeOf(name) ?? []
    if (from === undefined || to === undefined || from === to) return -1
    // Adience's own lists name the third group (8, 12) and the last (60, 100).
    const end = from === 8 && to === 12 ? 13 : to >= 100 ? Number.POSITIVE_INFINITY : to
    return AGE_GROUPS.findIndex(([low, high]) => from === low && end === high)
  },
}

function listed(names: readonly string[]): string {
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')}, … (${names.length})` : names.join(', ')
}

/** How many names a message lists. */
const SHOWN = 12
