import { UserError } from '../base/errors.ts'
import { type Face, labelOf } from './dataset.ts'
import { CLASSES, type Task } from './task.ts'

/** How many of the given faces are in each class of a task. Faces without a label for it are not counted. */
export function countClasses(faces: readonly Face[], indices: readonly number[], task: Task): number[] {
  const counts = new Array<number>(CLASSES[task].length).fill(0)
  for (const index of indices) {
    const label = labelOf(faces[index]!, task)
    if (label !== undefined) counts[label]!++
  }
  return counts
}

/**
 * Check that every class has faces: a network learns nothing about a class that it never sees. Ages in years are too
 * many for any data set to have them all: it is enough that they differ, as the expected age comes from all of them.
 *
 * @param indices the faces to train on
 * @throws UserError naming the task and the classes without a face among them
 */
export function requireEveryClass(faces: readonly Face[], indices: readonly number[], task: Task): void {
  const counts = countClasses(faces, indices, task)
  if (task === 'years') {
    if (counts.filter((count) => count > 0).length > 1) return
    throw new UserError(
      'the training part has no faces of different ages in years',
      `task ${task}`,
      'Use a data set that gives ages in years, such as aaf, imdb-wiki or utkface',
    )
  }
  const empty = CLASSES[task].filter((_, label) => counts[label] === 0)
  if (empty.length === 0) return
  const years = new Set(indices.map((index) => labelOf(faces[index]!, 'years')))
  years.delete(undefined)
  throw new UserError(
    `the training part holds no face of the class${empty.length > 1 ? 'es' : ''} ${empty.join(', ')}`,
    `task ${task}`,
    task === 'age' && years.size > 1
      ? 'Use the task years instead, which does not need faces of every class, or a data set that has them'
      : 'Use a data set with faces of every class, more of its faces, or fewer folds',
  )
}
