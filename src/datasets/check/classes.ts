import { countClasses } from '../classes.ts'
import { CLASSES } from '../task.ts'
import type { Case, CheckedDataset, Finding } from './finding.ts'

/** The largest class may be this many times as large as the smallest. */
const BALANCED = 10

/**
 * Classes without a face, and classes that are much smaller than others. Ages in years are left out: no set has them
 * all.
 */
export function classes({ dataset: { faces } }: CheckedDataset): Finding[] {
  const all = [...faces.keys()]
  const empty: Case[] = []
  const unbalanced: Case[] = []
  for (const task of ['age', 'gender'] as const) {
    const counts = countClasses(faces, all, task)
    // Without any label, the data set is not for this task.
    if (counts.every((count) => count === 0)) continue
    const named = counts.map((count, label) => ({ name: CLASSES[task][label]!, count }))
    for (const { name, count } of named) {
      if (count === 0) empty.push({ faces: [], detail: `${task}: no face of ${name}` })
    }
    const [smallest, largest] = [
      named.reduce(
        (least, one) => (one.count > 0 && one.count < least.count ? one : least),
        named.find(({ count }) => count > 0)!,
      ),
      named.reduce((most, one) => (one.count > most.count ? one : most)),
    ]
    if (largest.count > BALANCED * smallest.count) {
      unbalanced.push({
        faces: [],
        detail: `${task}: ${largest.count} faces of ${largest.name}, ${smallest.count} of ${smallest.name}`,
      })
    }
  }
  return [
    {
      check: 'empty-classes',
      severity: 'serious',
      title: 'classes without a face',
      advice: 'A network cannot learn them. Add faces, or leave out the task.',
      cases: empty,
    },
    {
      check: 'unbalanced-classes',
      severity: 'doubtful',
      title: `classes of which one is more than ${BALANCED} times the size of another`,
      advice:
        'A network may score well without ever answering a small class. Look at each group in the report, not only at overall accuracy.',
      cases: unbalanced,
    },
  ]
}
