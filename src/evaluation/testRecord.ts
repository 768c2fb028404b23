/** How a network answered a set of faces: the confusion matrix, and each group of faces by itself. */

import { type Face, labelOf } from '../datasets/dataset.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { accuracyByGroup, confusionOf, topClass } from '../statistics/accuracy.ts'
import { type Sums, sumsOf } from '../statistics/interval.ts'
import { expectedAge } from './years.ts'

/** How a test set was answered. */
export interface TestRecord {
  /** Number of faces by true class (row) and predicted class (column). */
  readonly confusion: readonly (readonly number[])[]
  /** How far the expected ages are from the true ones, in years; only for the task `years`. */
  readonly errors?: Sums
  /** How each group of faces fared. */
  readonly groups: readonly GroupRecord[]
}

/** How a group of faces was answered; a group is a label, such as `age 25-32` or `gender f`. */
interface GroupRecord {
  readonly group: string
  readonly n: number
  readonly correct: number
  readonly errors?: Sums
}

const BETWEEN = 'age between groups'

/** All groups of faces that a report distinguishes, in its order. */
const GROUPS = [
  ...CLASSES.age.map((name) => `age ${name}`),
  BETWEEN,
  ...CLASSES.gender.map((name) => `gender ${name}`),
]

/**
 * Count the answers.
 *
 * @param faces each with a label for the task
 * @param scores for each face, the probability of each class of the task, in the same order
 */
export function testRecord(
  faces: readonly Face[],
  task: Task,
  scores: readonly ArrayLike<number>[],
): TestRecord {
  const labels = faces.map((face) => labelOf(face, task)!)
  const answers = scores.map(topClass)
  const errors =
    task === 'years' ? scores.map((row, k) => Math.abs(expectedAge(row) - labels[k]!)) : undefined
  const groups = faces.map(groupsOf)
  const shares = accuracyByGroup(answers, labels, groups)
  return {
    confusion: confusionOf(answers, labels, CLASSES[task].length),
    ...(errors && { errors: sumsOf(errors) }),
    groups: GROUPS.flatMap((group) => {
      const share = shares.get(group)
      if (!share) return []
      const own = errors?.filter((_, k) => groups[k]!.includes(group))
      return [{ group, n: share.n, correct: share.correct, ...(own && { errors: sumsOf(own) }) }]
    }),
  }
}

/** The groups that a face belongs to by its labels: without an age, or with a range across groups, to none of ages. */
export function groupsOf(face: Face): string[] {
  const [age, gender] = [labelOf(face, 'age'), labelOf(face, 'gender')]
  return [
    ...(age !== undefined ? [`age ${CLASSES.age[age]}`] : face.years !== undefined ? [BETWEEN] : []),
    ...(gender === undefined ? [] : [`gender ${CLASSES.gender[gender]}`]),
  ]
}
