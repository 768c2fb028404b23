/** A row of a table, by the names of its columns. */
export type CsvRow = Readonly<Record<string, string | number>>

/**
 * Rows of the same columns as a CSV file (RFC 4180).
 *
 * @param columns by default those of the first row; required where there may be no rows
 */
export function csv(rows: readonly CsvRow[], columns = Object.keys(rows[0] ?? {})): string {
  const field = (value: string | number) => {
    const text = String(value)
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [columns, ...rows.map((row) => columns.map((column) => row[column]!))]
    .map((row) => `${row.map(field).join(',')}\r\n`)
    .join('')
}
