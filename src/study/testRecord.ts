/** How a set of faces was answered: the confusion matrix, and each group of faces by itself. */

import { type Face, labelOf } from '../datasets/dataset.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { accuracyByGroup, confusionOf } from '../evaluation/accuracy.ts'
import type { TestRecord } from './record.ts'

const BETWEEN = 'age between groups'

/** All groups of faces that a report tells apart, in its order. */
const GROUPS = [
  ...CLASSES.age.map((name) => `age ${name}`),
  BETWEEN,
  ...CLASSES.gender.map((name) => `gender ${name}`),
]

/**
 * Count the answers.
 *
 * @param faces each with a label for the task
 * @param answers the index of the class that each face was given, in the same order
 */
export function testRecord(faces: readonly Face[], task: Task, answers: readonly number[]): TestRecord {
  const labels = faces.map((face) => labelOf(face, task)!)
  // Where no face has an age, its lack says nothing.
  const aged = faces.some(({ age }) => age !== undefined)
  const groups = accuracyByGroup(
    answers,
    labels,
    faces.map((face) => groupsOf(face).filter((group) => aged || group !== BETWEEN)),
  )
  return {
    confusion: confusionOf(answers, labels, CLASSES[task].length),
    groups: GROUPS.flatMap((group) => {
      const share = groups.get(group)
      return share ? [{ group, n: share.n, correct: share.correct }] : []
    }),
  }
}

function groupsOf(face: Face): string[] {
  const [age, gender] = [labelOf(face, 'age'), labelOf(face, 'gender')]
  const groups = [age === undefined ? BETWEEN : `age ${CLASSES.age[age]}`]
  return gender === undefined ? groups : [...groups, `gender ${CLASSES.gender[gender]}`]
}
