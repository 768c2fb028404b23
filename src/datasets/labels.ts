/** Labels as people write them: in tables, in names of folders, in names of a network's classes. */

import { ageRangeOf } from '../base/ages.ts'
import { AGE_GROUPS, ageGroup, type Gender } from './task.ts'

/** Nobody has been older than 122. */
const OLDEST_EVER = 130

/** The gender that a word or letter means, in upper or lower case: m, male, man, men; f, female, woman, women. */
export function genderOf(text: string): Gender | undefined {
  const word = text.trim().toLowerCase()
  if (/^(m|male|man|men)$/.test(word)) return 'm'
  if (/^(f|female|woman|women)$/.test(word)) return 'f'
  return undefined
}

/**
 * The labels that a text about an age gives: its age in years where it is one age, and the age group that all of it lies
 * in; neither for a range across groups.
 *
 * @returns undefined where the text is not an age
 */
export function ageLabels(text: string): { readonly years?: number; readonly age?: number } | undefined {
  const range = ageRangeOf(text)
  if (!range) return undefined
  const [low, high] = range
  if (low > OLDEST_EVER) return undefined
  const age = low === high ? ageGroup(low) : groupAround(low, high)
  return { ...(low === high ? { years: low } : {}), ...(age === undefined ? {} : { age }) }
}

function groupAround(from: number, to: number): number | undefined {
  const index = AGE_GROUPS.findIndex(([low, high]) => from >= low && to <= high)
  return index < 0 ? undefined : index
}
