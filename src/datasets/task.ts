/**
 * The tasks of a study and their classes: the paper's two, and ages in years as in DEX.
 *
 * A class is a label in a data set. `m` and `f` are what somebody wrote beside a photo, not the person's identity, and
 * an age group is a guess at an age.
 */

/** A task: what a network is asked to read from a face. */
export type Task = 'age' | 'gender' | 'years'

/** The label in a data set that the task `gender` learns. */
export type Gender = 'm' | 'f'

/** The eight age groups of Adience, in years, both ends included. Ages between two groups belong to none. */
export const AGE_GROUPS: readonly (readonly [low: number, high: number])[] = [
  [0, 2],
  [4, 6],
  [8, 13],
  [15, 20],
  [25, 32],
  [38, 43],
  [48, 53],
  [60, Number.POSITIVE_INFINITY],
]

/** The oldest age of the task `years`, which has a class for each year from 0 on, as in DEX (Rothe et al. 2015). */
export const OLDEST = 100

/**
 * The names of each task's classes, in the order of their indices. Those of `age` are ordered by age; those of
 * `years` are the ages themselves, so that a class's index is its age.
 */
export const CLASSES: Record<Task, readonly string[]> = {
  age: AGE_GROUPS.map(([low, high]) => (high === Number.POSITIVE_INFINITY ? `${low}+` : `${low}-${high}`)),
  gender: ['m', 'f'],
  years: Array.from({ length: OLDEST + 1 }, (_, age) => String(age)),
}

export const TASKS = Object.keys(CLASSES) as Task[]

/** The index of the age group nearest to an age in years; of two, the younger. */
export function nearestAgeGroup(age: number): number {
  const away = AGE_GROUPS.map(([low, high]) => Math.max(low - age, age - high, 0))
  return away.indexOf(Math.min(...away))
}

/** The index of the age group that an age in years belongs to; undefined between the groups. */
export function ageGroup(age: number): number | undefined {
  const index = AGE_GROUPS.findIndex(([low, high]) => age >= low && age <= high)
  return index < 0 ? undefined : index
}
