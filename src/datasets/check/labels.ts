import type { Face } from '../dataset.ts'
import { ageGroup, CLASSES, OLDEST } from '../task.ts'
import type { Case, CheckedDataset, Finding } from './finding.ts'

/** Labels that are hardly right, and faces that the reader left out or remarked on. */
export function labels({ dataset: { faces, dropped, remarks } }: CheckedDataset): Finding[] {
  const unlikely = faces.flatMap((face, index) => {
    const detail = whyUnlikely(face)
    return detail === undefined ? [] : [{ faces: [index], detail }]
  })
  return [
    {
      check: 'unlikely-labels',
      severity: 'doubtful',
      title: 'labels that are probably wrong',
      advice: `Look at these faces. The task years leaves out ages above ${OLDEST}.`,
      cases: unlikely,
    },
    {
      check: 'left-out',
      severity: 'note',
      title: 'left out by the reader',
      advice: 'docs/datasets.md explains why.',
      cases: counted(dropped),
    },
    {
      check: 'remarks',
      severity: 'note',
      title: 'remarks of the reader on faces that it kept',
      advice: 'docs/datasets.md explains what they mean.',
      cases: counted(remarks),
    },
  ]
}

function whyUnlikely({ age, years }: Face): string | undefined {
  if (years === undefined) return undefined
  if (!(years >= 0 && years <= OLDEST)) return `${years} years`
  if (age !== undefined && ageGroup(years) !== age) return `${years} years, in the group ${CLASSES.age[age]}`
  return undefined
}

function counted(counts: Readonly<Record<string, number>>): Case[] {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => ({ faces: [], detail: `${count}: ${reason}` }))
}
