/**
 * Control characters, and those that change the direction of the text after them: a file's name may contain any of
 * them.
 */
const UNPRINTED = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A name that fits on a line: `a\nb` for one that contains a line break. */
export function printable(name: string): string {
  return name.replace(
    UNPRINTED,
    (each) => SHORT[each] ?? `\\u${each.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
