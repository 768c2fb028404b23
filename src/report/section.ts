/**
 * A part of the report: what the page shows under one heading, and its tables and figures, which are also written as
 * files.
 */

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
  /** The anchor for the table of contents. */
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

/** A figure with its caption. Where it is too wide for a screen, it scrolls sideways. */
export function figureHtml({ caption, svg }: Figure): Html {
  return html`<figure><div class="scroll">${new Html(svg)}</div><figcaption>${caption}</figcaption></figure>`
}

/** Content that is folded away; in print, always shown. */
export function folded(title: string, content: readonly Html[]): Html {
  return html`<details><summary>${title}</summary>${content}</details>`
}
