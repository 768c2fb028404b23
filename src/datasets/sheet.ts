/** A contact sheet: pictures in rows, each row with a name and a number in front of it. */

import sharp, { type OverlayOptions } from 'sharp'
import { html } from '../base/html.ts'
import type { Image } from '../pictures/image.ts'

/** A row of pictures. */
interface SheetRow {
  readonly name: string
  /** Stands under the name, such as `512 faces`. */
  readonly remark: string
  /** All of one size. */
  readonly pictures: readonly Image[]
}

/** Rows under a heading. */
export interface SheetPart {
  readonly title: string
  readonly rows: readonly SheetRow[]
}

/** In pixels. */
const MARGIN = 20
const GAP = 4
const NAMES = 110
const TITLE = 44
/** Wide enough for the title. */
const LEAST_WIDTH = 560

/**
 * Draw a contact sheet.
 *
 * @param side of the pictures, in pixels
 * @returns a PNG file
 */
export async function contactSheet(
  title: string,
  parts: readonly SheetPart[],
  side: number,
): Promise<Buffer> {
  const columns = Math.max(1, ...parts.flatMap(({ rows }) => rows.map(({ pictures }) => pictures.length)))
  const width = Math.max(2 * MARGIN + NAMES + columns * (side + GAP), LEAST_WIDTH)
  const pictures: OverlayOptions[] = []
  const words = [html`<text x="${MARGIN}" y="${MARGIN + 14}" font-size="17">${title}</text>`]
  let top = MARGIN + 10
  for (const part of parts) {
    top += TITLE
    words.push(
      html`<text x="${MARGIN}" y="${top - 14}" font-size="15" font-weight="bold">${part.title}</text>`,
    )
    for (const { name, remark, pictures: row } of part.rows) {
      const middle = top + side / 2
      words.push(
        html`<text x="${MARGIN}" y="${middle}" font-size="15">${name}</text>`,
        html`<text x="${MARGIN}" y="${middle + 18}" font-size="12" fill="#666">${remark}</text>`,
      )
      for (const [k, { data, ...size }] of row.entries()) {
        pictures.push({
          input: Buffer.from(data),
          raw: { ...size, channels: 3 },
          left: MARGIN + NAMES + k * (side + GAP),
          top,
        })
      }
      top += side + GAP
    }
  }
  const height = top + MARGIN
  const text = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Arial, sans-serif">${words}</svg>`
  return sharp({ create: { width, height, channels: 3, background: 'white' } })
    .composite([{ input: Buffer.from(text.text), left: 0, top: 0 }, ...pictures])
    .png()
    .toBuffer()
}
