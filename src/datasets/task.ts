/**
 * The two tasks of the study and their classes.
 *
 * A class is a label in a data set. `m` and `f` are what somebody wrote beside a photo, not the identity of
 * the person in it, and an age group is a guess at an age.
 */

/** A task: what a network is asked to read from a face. */
export type Task = 'age' | 'gender'

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

/** The names of each task's classes, in the order of their indices. Those of `age` are ordered by age. */
export const CLASSES: Record<Task, readonly string[]> = {
  age: AGE_GROUPS.map(([low, high]) => (high === Number.POSITIVE_INFINITY ? `${low}+` : `${low}-${high}`)),
  gender: ['m', 'f'],
}

/** The index of the age group that an age in years belongs to; undefined between the groups. */
export function ageGroup(age: number): number | undefined {
  const index = AGE_GROUPS.findIndex(([low, high]) => age >= low && age <= high)
  return index < 0 ? undefined : index
}
