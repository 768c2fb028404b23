/** The same picture twice: in two folds, with two labels, under two people, or of one person. */

import type { Face } from '../dataset.ts'
import type { Repetition } from '../duplicates.ts'
import { CLASSES } from '../task.ts'
import type { Case, CheckedDataset, Finding } from './finding.ts'

/** All findings about pictures that occur more than once. */
export function copies({ dataset: { faces, kind }, folds, repetitions }: CheckedDataset): Finding[] {
  const apart = repetitions.filter(({ faces: [a, b] }) => folds[a] !== folds[b])
  const together = repetitions.filter(({ faces: [a, b] }) => folds[a] === folds[b])
  const areOne = ({ faces: [a, b] }: Repetition) => faces[a]!.subject === faces[b]!.subject
  const findings: Finding[] = [
    {
      check: 'copies-in-two-folds',
      severity: 'serious',
      title: 'the same picture in two folds',
      advice:
        'The network is tested on a picture that it was trained on. Remove one of the two, or give both the same subject, ' +
        'which puts them into one fold.',
      cases: apart.map((one) => caseOf(one, folds)),
    },
    {
      check: 'copies-with-two-labels',
      severity: 'serious',
      title: 'the same picture with different labels',
      advice: 'At least one of the labels is wrong. Remove both, or the wrong one if you know it.',
      cases: contradictions(faces, repetitions),
    },
    {
      check: 'copies-of-two-people',
      severity: 'doubtful',
      title: 'the same picture under two people, in one fold',
      advice: 'It counts twice. Remove one of the two, or give both the same subject.',
      cases: together.filter((one) => !areOne(one)).map((one) => caseOf(one, folds)),
    },
    {
      check: 'copies-of-one-person',
      severity: 'note',
      title: 'the same picture of one person more than once',
      advice:
        'It counts that many times. Keep one, unless your figures must be comparable with published ones.',
      cases: together.filter(areOne).map((one) => caseOf(one, folds)),
    },
  ]
  const warning = kind === 'synthetic' ? DRAWN : ''
  return findings.map((finding) => ({ ...finding, advice: warning + finding.advice, pairs: true }))
}

/** Two drawn people may differ by no more than a photo and its copy. */
const DRAWN = 'Drawn faces resemble each other, so pairs that are not of the same pixels may be two faces. '

function caseOf(one: Repetition, folds: readonly number[]): Case {
  const [a, b] = one.faces.map((face) => folds[face]!)
  return { faces: one.faces, detail: `${howAlike(one)}, ${a === b ? `fold ${a}` : `folds ${a} and ${b}`}` }
}

function howAlike({ exact, mirrored, likeness }: Repetition): string {
  if (exact) return 'the same pixels'
  return `${mirrored ? 'mirrored, ' : ''}likeness ${likeness.toFixed(2)}`
}

/** Copies whose labels differ: first those of different genders, then by how far apart their ages are. */
function contradictions(faces: readonly Face[], repetitions: readonly Repetition[]): Case[] {
  return repetitions
    .map((one) => {
      const [a, b] = one.faces.map((face) => faces[face]!) as [Face, Face]
      const detail = [ageDifference(a, b), genderDifference(a, b)].filter((text) => text !== undefined)
      const weight = (genderDifference(a, b) ? 1000 : 0) + yearsApart(a, b)
      return { one, weight, detail }
    })
    .filter(({ detail }) => detail.length > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ one, detail }) => ({ faces: one.faces, detail: `${detail.join(', ')}; ${howAlike(one)}` }))
}

/** Two genders, in words; undefined where they are the same, or one is not known. */
export function genderDifference(a: Face, b: Face): string | undefined {
  if (a.gender === undefined || b.gender === undefined || a.gender === b.gender) return undefined
  return `${a.gender} and ${b.gender}`
}

/** Two ages, in words; undefined where they are the same, or cannot be compared. */
export function ageDifference(a: Face, b: Face): string | undefined {
  if (a.years !== undefined && b.years !== undefined) {
    return a.years === b.years ? undefined : `${a.years} and ${b.years} years`
  }
  if (a.age === undefined || b.age === undefined || a.age === b.age) return undefined
  return `${CLASSES.age[a.age]} and ${CLASSES.age[b.age]} years`
}

/** In years; an estimate where only the groups are known. */
function yearsApart(a: Face, b: Face): number {
  if (a.years !== undefined && b.years !== undefined) return Math.abs(a.years - b.years)
  return a.age !== undefined && b.age !== undefined ? 8 * Math.abs(a.age - b.age) : 0
}
