/** How many faces a plan's data set has, without looking at its photos. */

import { existsSync } from 'node:fs'
import { UserError } from '../../base/errors.ts'
import { ADIENCE_LISTED } from '../../datasets/adience.ts'
import { labelOf } from '../../datasets/dataset.ts'
import { readDataset } from '../../datasets/readers.ts'
import type { Task } from '../../datasets/task.ts'
import { alignmentsOf, type Plan } from '../plan.ts'
import { requireTrainable } from '../preparedData.ts'

/** The faces of a plan's data set. */
export interface FaceCounts {
  readonly faces: number
  /** How many have a label, for each task of the plan. */
  readonly labelled: Readonly<Partial<Record<Task, number>>>
  /** In how many ways each is aligned. */
  readonly alignments: number
  /** Where the numbers come from, if not from the data set itself: the end of a sentence that begins with "counted". */
  readonly assumed?: string
}

/**
 * Count the faces of a plan's data set. Where Adience is missing, its published lists give the counts.
 *
 * @throws UserError when the data set cannot be read, or its faces cannot train the networks of a task
 */
export async function countFaces(plan: Plan): Promise<FaceCounts> {
  const counts = await counted(plan)
  const missing = plan.tasks.find((task) => !counts.labelled[task])
  if (missing === undefined) return counts
  throw new UserError(`no face of the data set has a label for it`, `task ${missing}`, 'Leave the task out')
}

async function counted(plan: Plan): Promise<FaceCounts> {
  const { dataset, tasks } = plan
  const labelled = (count: (task: Task) => number) =>
    Object.fromEntries(tasks.map((task) => [task, count(task)]))
  if (dataset.kind === 'synthetic') {
    return {
      faces: dataset.count,
      labelled: labelled((task) => (task === 'years' ? 0 : dataset.count)),
      alignments: alignmentsOf(plan, []).length,
    }
  }
  if (dataset.kind === 'adience' && !existsSync(dataset.root)) {
    const { faces, age, gender, repaired } = ADIENCE_LISTED
    const listed = { age: age + (dataset.repairLabels ? repaired : 0), gender, years: 0 }
    return {
      faces,
      labelled: labelled((task) => listed[task]),
      // Its publishers provide both.
      alignments: 2,
      assumed: `by its published lists: ${dataset.root} is not there`,
    }
  }
  const { kind, root, ...options } = dataset
  const { faces } = await readDataset(kind, root, options)
  const labels = labelled((task) => faces.filter((face) => labelOf(face, task) !== undefined).length)
  // A data set without any labels gets a plainer message.
  if (tasks.every((task) => labels[task])) requireTrainable(faces, plan)
  return {
    faces: faces.length,
    labelled: labels,
    alignments: alignmentsOf(plan, faces).length,
  }
}
