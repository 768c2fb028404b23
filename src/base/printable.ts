/** Control characters, and those that turn the direction of the text behind them: a file's name may have any. */
const UNPRINTED = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A name as it can stand in a line: `a\nb` for one with a line break in it. */
export function printable(name: string): string {
  return name.replace(
    UNPRINTED,
    (each) => SHORT[each] ?? `\\u${each.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
