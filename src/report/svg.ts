/** Figures as self-contained SVG texts, which take on the page's text colour. */

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { Html, html } from '../base/html.ts'

/** A drawing, with its size in pixels. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly content: Html
}

/** A whole SVG. */
export function svgOf({ width, height, content }: Drawing): string {
  const size = html`width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return html`<svg xmlns="http://www.w3.org/2000/svg" ${size} fill="currentColor" font-family="system-ui, sans-serif" font-size="11">${content}</svg>`
    .text
}

/** A plot as a drawing, to combine with others. Coordinates are given to hundredths of a pixel. */
export function plot(options: Plot.PlotOptions & { width: number; height: number }): Drawing {
  const { document } = parseHTML('<html><body></body></html>')
  const figure = Plot.plot({
    ...options,
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
  })
  // Its style sheet is meant for a plot that is an SVG of its own.
  figure.querySelector('style')?.remove()
  const short = (digits: string) => String(Number(Number(digits).toFixed(2)))
  const drawn = figure.innerHTML.replace(/<[^>]*>/g, (tag: string) => tag.replace(/-?\d+\.\d{3,}/g, short))
  const size = options.style && typeof options.style === 'object' ? options.style.fontSize : undefined
  return {
    width: options.width,
    height: options.height,
    content: html`<g font-size="${String(size ?? '10')}" text-anchor="middle">${new Html(drawn)}</g>`,
  }
}

/** A drawing moved to a place in another one. */
function placed(x: number, y: number, content: Html): Html {
  return html`<g transform="translate(${x},${y})">${content}</g>`
}

/** Drawings in rows, with a gap in pixels; each column is as wide as its widest drawing. */
export function inRows(rows: readonly (readonly (Drawing | undefined)[])[], gap: number): Drawing {
  const count = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, k) => Math.max(...rows.map((row) => row[k]?.width ?? 0)))
  const heights = rows.map((row) => Math.max(...row.map((one) => one?.height ?? 0)))
  const offsets = (sizes: readonly number[]) =>
    sizes.map((_, k) => sizes.slice(0, k).reduce((sum, size) => sum + size + gap, 0))
  const [xs, ys] = [offsets(widths), offsets(heights)]
  const content = rows.flatMap((row, y) =>
    row.flatMap((one, x) => (one ? [placed(xs[x]!, ys[y]!, one.content)] : [])),
  )
  return {
    width: xs.at(-1)! + widths.at(-1)!,
    height: ys.at(-1)! + heights.at(-1)!,
    content: html`${content}`,
  }
}

/** Drawings one below the other. */
export function below(drawings: readonly Drawing[], gap: number): Drawing {
  return inRows(
    drawings.map((one) => [one]),
    gap,
  )
}
