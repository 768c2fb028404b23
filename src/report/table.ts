/**
 * A table of the report as data, from which its HTML for the page and its LaTeX for a paper are made, so that both
 * agree.
 */

import { type Html, html } from '../base/html.ts'

/** One table. */
export interface Table {
  /** The name of its file, without the extension. */
  readonly name: string
  /** The title of the table. */
  readonly title: string
  /** The units of its numbers. */
  readonly units: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** A column; the first one names the rows. */
export interface Column {
  readonly name: string
  /** Neighbouring columns of one group share a heading. */
  readonly group?: string
  /** Whether it holds sentences, which are broken into lines. */
  readonly isText?: boolean
}

/** A row, with a cell for each column. */
export interface Row {
  readonly cells: readonly (TableCell | string)[]
  /** Whether it is for comparison, such as chance: it stands apart, in a fainter colour. */
  readonly isFaint?: boolean
}

/** A cell: its main value, and lines below it in small type. */
export interface TableCell {
  readonly value: string
  readonly small?: readonly string[]
  /** The paper's value. */
  readonly paper?: string
}

/** A cell in full. */
export function cellOf(cell: TableCell | string): TableCell {
  return typeof cell === 'string' ? { value: cell } : cell
}

/** Runs of neighbouring columns of one group, with their lengths; columns without a group one by one. */
export function groupsOf(columns: readonly Column[]): { name?: string; span: number }[] {
  const groups: { name?: string; span: number }[] = []
  for (const { group } of columns) {
    const last = groups.at(-1)
    if (group !== undefined && last?.name === group) last.span++
    else groups.push({ ...(group !== undefined && { name: group }), span: 1 })
  }
  return groups
}

/** A table of a page. Where it is too wide for a screen, it scrolls sideways. */
export function tableHtml({ title, units, columns, rows }: Table): Html {
  const grouped = columns.some(({ group }) => group !== undefined)
  const firstFaint = rows.findIndex(({ isFaint }) => isFaint)
  return html`<div class="scroll"><table>
    <caption><b>${title}</b>${units === '' ? '' : `, ${units}`}</caption>
    <thead>${
      grouped
        ? html`
    <tr>${groupsOf(columns).map(({ name, span }) =>
      name === undefined ? html`<th></th>` : html`<th class="letter" colspan="${span}">${name}</th>`,
    )}</tr>`
        : undefined
    }
    <tr>${columns.map(({ name, group, isText }) => {
      const classes = [group !== undefined && 'measure', isText && 'text'].filter(Boolean).join(' ')
      return classes ? html`<th class="${classes}">${name}</th>` : html`<th>${name}</th>`
    })}</tr></thead>
    <tbody>${rows.map(({ cells, isFaint }, k) => {
      const row = cells.map((cell, at) => cellHtml(cellOf(cell), at, columns[at]!))
      if (!isFaint) return html`\n      <tr>${row}</tr>`
      return html`\n      <tr class="${k === firstFaint ? 'faint first' : 'faint'}">${row}</tr>`
    })}</tbody></table></div>`
}

function cellHtml({ value, small = [], paper }: TableCell, at: number, { isText }: Column): Html {
  if (at === 0) return html`<th scope="row">${value}</th>`
  const lines = [
    ...small.map((line) => html`<small>${line}</small>`),
    ...(paper === undefined ? [] : [html`<small class="paper">paper ${paper}</small>`]),
  ]
  return isText ? html`<td class="text">${value}${lines}</td>` : html`<td>${value}${lines}</td>`
}
