import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latex, tableLatex } from '../../src/report/latex.ts'
import type { Table } from '../../src/report/table.ts'

const TABLE: Table = {
  name: 'table',
  title: 'age_of 50 %',
  units: '',
  columns: [
    { name: '' },
    { name: 'accuracy', group: 'A' },
    { name: '1-off', group: 'A' },
    { name: 'accuracy', group: 'C' },
  ],
  rows: [
    { cells: ['[i]', { value: '51.4 ± 1.2', small: ['50.1–52.0'], paper: '51.0' }, '87.0', '–'] },
    { cells: ['[r]', '52.0', '88.0', { value: '–', paper: '52.3' }] },
    { isFaint: true, cells: ['always “0-2”', '12.5', '37.5', '12.5'] },
  ],
}

describe('a table as LaTeX', () => {
  const lines = tableLatex(TABLE, 'Study x').trim().split('\n')

  it('has booktabs rules, and groups of columns under their names', () => {
    expect(lines).toEqual([
      '% age_of 50 %',
      '% Study x',
      '% Needs \\usepackage{booktabs} and UTF-8.',
      '\\begin{tabular}{@{}lrrr@{}}',
      '\\toprule',
      ' & \\multicolumn{2}{c}{A} & \\multicolumn{1}{c}{C} \\\\',
      '\\cmidrule(lr){2-3}\\cmidrule(lr){4-4}',
      ' & accuracy & 1-off & accuracy \\\\',
      '\\midrule',
      '{[}i{]} & 51.4 $\\pm$ 1.2 & 87.0 & -- \\\\',
      ' & {\\scriptsize 50.1--52.0} &  &  \\\\',
      ' & {\\scriptsize \\textit{paper 51.0}} &  &  \\\\',
      '\\addlinespace',
      '{[}r{]} & 52.0 & 88.0 & -- \\\\',
      ' &  &  & {\\scriptsize \\textit{paper 52.3}} \\\\',
      '\\addlinespace',
      '\\midrule',
      "always ``0-2'' & 12.5 & 37.5 & 12.5 \\\\",
      '\\bottomrule',
      '\\end{tabular}',
    ])
  })

  it('has one cell per column in each row', () => {
    for (const line of lines.filter((one) => one.endsWith(' \\\\') && !one.includes('multicolumn'))) {
      expect(line.split(' & ')).toHaveLength(TABLE.columns.length)
    }
  })

  it('shows any name as text: nothing in it becomes a command, a comment or a column', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const shown = latex(text)
          // What it may write itself.
          .replace(
            /\\(textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|ldots)\{\}/g,
            '',
          )
          .replace(/\\[{}$&#%_]/g, '')
          .replace(/\{[[\]*]\}/g, '')
          .replace(/\$(-|\\(pm|times|le|ge|to))\$/g, '')
        expect(shown).not.toMatch(/[\\{}$&#%_^<>|[\]\n]/)
      }),
    )
  })
})
