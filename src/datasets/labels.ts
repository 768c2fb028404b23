/** Labels as people write them: in tables, as names of folders, as names of a network's classes. */

import { AGE_GROUPS, ageGroup, type Gender } from './task.ts'

/** Nobody has been older than 122. */
const OLDEST_EVER = 130

/** The gender that a word or letter means, in any case: m, male, man, men; f, female, woman, women. */
export function genderOf(text: string): Gender | undefined {
  const word = text.trim().toLowerCase()
  if (/^(m|male|man|men)$/.test(word)) return 'm'
  if (/^(f|female|woman|women)$/.test(word)) return 'f'
  return undefined
}

/**
 * The ages that a text means, in years, both ends included: `34` and `34.5` one age, `8-13`, `8–13`, `8_13`, `8 to 13`
 * and `(8, 13)` a range, `60+` and `more than 60` one without an end.
 */
export function ageRangeOf(text: string): readonly [low: number, high: number] | undefined {
  const plain = text.trim().toLowerCase()
  const [, open] = /^(?:more than\s*(?=\d+$))?(\d{1,3})\s*\+?$/.exec(plain) ?? []
  if (open && !/^\d+$/.test(plain)) return [Number(open), Number.POSITIVE_INFINITY]
  if (/^\d{1,3}(\.\d+)?$/.test(plain)) return [Math.floor(Number(plain)), Math.floor(Number(plain))]
  const [, low, high] = /^\(?\s*(\d{1,3})\s*(?:-|–|_|,|to)\s*(\d{1,3})\s*\)?$/.exec(plain) ?? []
  return low && high && Number(low) <= Number(high) ? [Number(low), Number(high)] : undefined
}

/**
 * The labels that a text about an age gives: its age in years where it is one age, and the age group that all of it lies
 * in; neither for a range across groups.
 *
 * @returns undefined where the text means no age
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
