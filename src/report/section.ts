/** A part of the report: what the page shows under one heading, and the tables and figures that it has as files too. */

import { Html, html } from '../base/html.ts'
import type { Table } from './table.ts'

/** A figure, as a file and on the page. */
export interface Figure {
  /** The name of its file, without the extension. */
  readonly name: string
  readonly caption: string
  readonly svg: string
}

export interface Section {
  /** By which the table of contents leads here. */
  readonly id: string
  readonly title: string
  readonly body: Html
  readonly tables?: readonly Table[]
  readonly figures?: readonly Figure[]
}

/** Figures and tables in a row, or in several where there is no room. */
export function rowHtml(items: readonly Html[]): Html {
  return html`<div class="side-by-side">${items}</div>`
}

/** A figure with its caption. Where it is too wide for a screen, it can be moved sideways. */
export function figureHtml({ caption, svg }: Figure): Html {
  return html`<figure><div class="scroll">${new Html(svg)}</div><figcaption>${caption}</figcaption></figure>`
}

/** What is shown when asked for; on paper, always. */
export function folded(title: string, content: readonly Html[]): Html {
  return html`<details><summary>${title}</summary>${content}</details>`
}
