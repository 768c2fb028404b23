/** Ages as people write them: in tables, in names of folders, in names of a network's classes. */

/**
 * The ages that a text means, in years, both ends included: `34`, `34.5` and `34,5` one age, `8-13`, `8–13`, `8_13`,
 * `8 to 13`, `8, 13` and `(8,13)` a range, `60+` and `more than 60` one without an end. Ambiguous text, such as `8,13`,
 * gives undefined.
 */
export function ageRangeOf(text: string): readonly [low: number, high: number] | undefined {
  const plain = text.trim().toLowerCase()
  const [, open] = /^(?:more than\s*(?=\d+$))?(\d{1,3})\s*\+?$/.exec(plain) ?? []
  if (open && !/^\d+$/.test(plain)) return [Number(open), Number.POSITIVE_INFINITY]
  if (/^\d{1,3}(\.\d+|,\d)?$/.test(plain)) return [Number.parseInt(plain, 10), Number.parseInt(plain, 10)]
  if (/^\d+,\d+$/.test(plain)) return undefined
  const [, low, high] = /^\(?\s*(\d{1,3})\s*(?:-|–|_|,|to)\s*(\d{1,3})\s*\)?$/.exec(plain) ?? []
  return low && high && Number(low) <= Number(high) ? [Number(low), Number(high)] : undefined
}
