/** Tables of labels: text, a row a line, whose first line names the columns. */

import { parse } from 'csv-parse/sync'
import { messageOf, UserError } from '../base/errors.ts'
import { readBytes } from '../base/files.ts'
import type { Skipped } from './dataset.ts'

/** A row of a table. */
export interface TableRow {
  /** The file and line, for messages. */
  readonly where: string
  /** What stands in each column, by its name in small letters. */
  readonly cells: Readonly<Record<string, string>>
}

interface Table {
  readonly columns: ReadonlySet<string>
  readonly rows: readonly TableRow[]
  /** The lines that have not as many fields as there are columns. */
  readonly faulty: readonly Skipped[]
}

const DELIMITERS = [',', ';', '\t'] as const

/**
 * Read a table in UTF-8, with line ends of any system. Blanks around fields do not count, nor do empty lines.
 *
 * @param needed the columns that must be there
 * @param delimiter what stands between fields; where not given, the comma, semicolon or tab that the first line has
 *   most of
 * @param quotes whether a field may stand in double quotes, as in CSV (RFC 4180)
 * @throws UserError naming the file, and what it lacks or the line that is not CSV
 */
export function readTable(
  path: string,
  needed: readonly string[],
  { delimiter, quotes = true }: { delimiter?: string; quotes?: boolean } = {},
): Table {
  const text = readLabels(path)
  const [head, ...lines] = linesOf(text, delimiter ?? likeliest(text), quotes, path)
  if (!head) throw new UserError('is empty', path)
  const columns = head.fields.map((name) => name.toLowerCase())
  const twice = columns.find((name, k) => columns.indexOf(name) < k)
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
  for (const { line, fields } of lines) {
    const where = `${path}:${line}`
    if (fields.length === columns.length) {
      rows.push({ where, cells: Object.fromEntries(columns.map((name, k) => [name, fields[k]!])) })
    } else faulty.push({ face: where, reason: `has ${fields.length} fields, not ${columns.length}` })
  }
  return { columns: new Set(columns), rows, faulty }
}

/**
 * A file of labels, as text.
 *
 * @throws UserError naming the file, when it cannot be read or is not in UTF-8
 */
export function readLabels(path: string): string {
  const bytes = readBytes(path, { remedy: 'Check the path' })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UserError('is not in UTF-8', path, 'Save it in UTF-8 (in a spreadsheet: as CSV UTF-8)')
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
  const [head = ''] = text.split(/[\r\n]/, 1)
  const counts = DELIMITERS.map((delimiter) => head.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!
}
