/** Tables of labels: text with one row on each line, whose first line names the columns. */

import { parse } from 'csv-parse/sync'
import { messageOf, UserError } from '../base/errors.ts'
import { readBytes } from '../base/files.ts'
import { textOf } from '../base/text.ts'
import type { Skipped } from './dataset.ts'

/** A row of a table. */
export interface TableRow {
  /** The file and line, for messages. */
  readonly where: string
  /** The text of each column, by the column's name in lower case. */
  readonly cells: Readonly<Record<string, string>>
}

interface Table {
  readonly columns: ReadonlySet<string>
  readonly rows: readonly TableRow[]
  /** The lines whose number of fields is not that of the columns. */
  readonly faulty: readonly Skipped[]
}

const DELIMITERS = [',', ';', '\t'] as const

/** What programs write into an empty cell, to the letter: people are called Nan, Na and Null. */
const EMPTY = /^(|-|NaN|nan|None|null|NULL|NA|N\/A|n\/a|#N\/A)$/

/** The first line in which a spreadsheet names the separator. */
const SEPARATOR = /^sep=([,;\t])(\r\n|\n|\r)/i

/**
 * Read a table in UTF-8 or UTF-16, with line ends of any system. It ignores blanks around fields, empty lines, and
 * columns without a name, such as those that a spreadsheet leaves behind; `NaN`, `None`, `null`, `NA`, `N/A` and `-`
 * mean an empty cell, in these and a few other spellings.
 *
 * @param needed the required columns
 * @param delimiter the separator of fields; by default whichever of comma, semicolon and tab is most frequent in the
 *   first line
 * @param quotes whether a field may be in double quotes, as in CSV (RFC 4180)
 * @throws UserError naming the file, and what it lacks or the line that is not CSV
 */
export function readTable(
  path: string,
  needed: readonly string[],
  { delimiter, quotes = true }: { delimiter?: string; quotes?: boolean } = {},
): Table {
  const whole = readLabels(path)
  const [first = '', said] = SEPARATOR.exec(whole) ?? []
  // The line stays, but empty, so that the others keep their numbers.
  const text = first === '' ? whole : `\n${whole.slice(first.length)}`
  const [head, ...lines] = linesOf(text, delimiter ?? said ?? likeliest(text), quotes, path)
  if (!head) throw new UserError('is empty', path)
  const columns = head.fields.map((name) => name.toLowerCase())
  const twice = columns.find((name, k) => name !== '' && columns.indexOf(name) < k)
  if (twice !== undefined) throw new UserError(`has the column "${twice}" twice`, `${path}:${head.line}`)
  const missing = needed.filter((name) => !columns.includes(name))
  if (missing.length > 0) {
    throw new UserError(
      `has no column ${missing.join(', ')}`,
      `${path}:${head.line}`,
      `The first line names the columns: ${needed.join(', ')}`,
    )
  }
  const rows: TableRow[] = []
  const faulty: Skipped[] = []
  for (const { line, fields: written } of lines) {
    const where = `${path}:${line}`
    const fields = written.map((field) => (EMPTY.test(field) ? '' : field))
    if (fields.every((field) => field === '')) continue
    while (fields.length > columns.length && fields.at(-1) === '') fields.pop()
    if (fields.length === columns.length) {
      const named = columns.flatMap((name, k) => (name === '' ? [] : [[name, fields[k]!] as const]))
      rows.push({ where, cells: Object.fromEntries(named) })
    } else faulty.push({ face: where, reason: `has ${fields.length} fields, not ${columns.length}` })
  }
  return { columns: new Set(columns.filter((name) => name !== '')), rows, faulty }
}

/**
 * A file of labels, as text.
 *
 * @throws UserError naming the file, when it cannot be read or is neither in UTF-8 nor in UTF-16
 */
export function readLabels(path: string): string {
  const bytes = readBytes(path, { remedy: 'Check the path' })
  try {
    return textOf(bytes, { fatal: true })
  } catch {
    throw new UserError('is not UTF-8', path, 'Save it as UTF-8 (in a spreadsheet: CSV UTF-8)')
  }
}

function linesOf(
  text: string,
  delimiter: string,
  quotes: boolean,
  path: string,
): { readonly line: number; readonly fields: string[] }[] {
  try {
    const records = parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      quote: quotes ? '"' : false,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
    }) as unknown as { record: string[]; info: { lines: number } }[]
    return records.map(({ record, info }) => ({ line: info.lines, fields: record }))
  } catch (error) {
    throw new UserError(`is not a table (${messageOf(error)})`, path)
  }
}

function likeliest(text: string): string {
  const [head = ''] = text.replace(/^[\r\n]+/, '').split(/[\r\n]/, 1)
  const counts = DELIMITERS.map((delimiter) => head.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!
}
