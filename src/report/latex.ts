/** Tables as LaTeX, in the style of the package booktabs: each a `tabular` for `\input`. */

import { type Column, cellOf, groupsOf, type Row, type Table, type TableCell } from './table.ts'

/** How wide a column of sentences is. */
const TEXT_COLUMN = 'p{0.36\\linewidth}'

/**
 * A table as a LaTeX `tabular`. Small lines below a value on the page become a row of their own.
 *
 * @param source what made it, for its first line
 */
export function tableLatex({ title, units, columns, rows }: Table, source: string): string {
  const kinds = columns.map(({ isText }, k) => (isText ? TEXT_COLUMN : k === 0 ? 'l' : 'r')).join('')
  const firstFaint = rows.findIndex(({ isFaint }) => isFaint)
  return [
    `% ${oneLine(`${title}${units === '' ? '' : `, ${units}`}`)}`,
    `% ${oneLine(source)}`,
    '% Needs \\usepackage{booktabs} and UTF-8.',
    `\\begin{tabular}{@{}${kinds}@{}}`,
    '\\toprule',
    ...groupRow(columns),
    line(columns.map(({ name }) => latex(name))),
    '\\midrule',
    ...rows.flatMap((row, k) => [
      ...(k === firstFaint && k > 0 ? ['\\midrule'] : []),
      ...rowLines(row),
      ...(k < rows.length - 1 && hasSmall(row) ? ['\\addlinespace'] : []),
    ]),
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n')
}

function groupRow(columns: readonly Column[]): string[] {
  const groups = groupsOf(columns)
  if (!groups.some(({ name }) => name !== undefined)) return []
  let at = 1
  const rules = groups.flatMap(({ name, span }) => {
    const first = at
    at += span
    return name === undefined ? [] : [`\\cmidrule(lr){${first}-${at - 1}}`]
  })
  const heads = groups.map(({ name, span }) =>
    name === undefined ? '' : `\\multicolumn{${span}}{c}{${latex(name)}}`,
  )
  return [line(heads), rules.join('')]
}

function rowLines({ cells }: Row): string[] {
  const full = cells.map(cellOf)
  const below = full.map(smallLines)
  const depth = Math.max(...below.map((lines) => lines.length))
  return [
    line(full.map(({ value }) => latex(value))),
    ...Array.from({ length: depth }, (_, k) =>
      line(below.map((lines) => (lines[k] === undefined ? '' : `{\\scriptsize ${lines[k]}}`))),
    ),
  ]
}

function hasSmall({ cells }: Row): boolean {
  return cells.some((cell) => smallLines(cellOf(cell)).length > 0)
}

function smallLines({ small = [], paper }: TableCell): string[] {
  return [...small.map(latex), ...(paper === undefined ? [] : [`\\textit{paper ${latex(paper)}}`])]
}

function line(cells: readonly string[]): string {
  return `${cells.join(' & ')} \\\\`
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  // After a line's end, a bracket would be taken for the height to skip.
  '[': '{[}',
  ']': '{]}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "''",
  '*': '{*}',
  '–': '--',
  '—': '---',
  '−': '$-$',
  '±': '$\\pm$',
  '×': '$\\times$',
  '≤': '$\\le$',
  '≥': '$\\ge$',
  '→': '$\\to$',
  '“': '``',
  '”': "''",
  '‘': '`',
  '’': "'",
  '…': '\\ldots{}',
  '\u00a0': '~',
}

/** A text escaped for LaTeX: no name in a data set or a plan ever becomes a command. */
export function latex(text: string): string {
  return oneLine(text).replace(/./gu, (character) => SPECIAL[character] ?? character)
}
