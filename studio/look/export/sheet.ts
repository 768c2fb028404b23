/** The columns as one picture: networks side by side, a row for each question, like the paper's Figure 2. */

import { version } from '../../../package.json'
import type { Look } from '../../worker/protocol.ts'
import { coloursOf, drawn, stripOf, strongest } from '../drawn.ts'
import { type Drawing, type LookState, scaleOf } from '../store.ts'
import {
  amountsOf,
  answerInWords,
  layerInWords,
  percent,
  reachedInWords,
  shareInWords,
  sidesInWords,
} from '../words.ts'
import type { Taken } from './taken.ts'
import { escaped } from './text.ts'

type Item =
  | {
      readonly text: string
      readonly x: number
      readonly y: number
      readonly size: number
      readonly bold?: boolean
      readonly faint?: boolean
      readonly anchor?: 'start' | 'middle' | 'end'
    }
  | {
      readonly pixels: ImageData
      /** Whether it has a frame. */
      readonly framed?: boolean
      /** What it shows, in words. */
      readonly label: string
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
    }

/** Where everything lies, in pixels of the page. */
export interface Sheet {
  readonly width: number
  readonly height: number
  readonly items: readonly Item[]
}

const MARGIN = 24
const GAP = 24
/** The width of a map. */
const MAP = 260
const [INK, FAINT, LINE] = ['#1d1b19', '#5f5a54', '#dcd8d2']
const FONT = 'system-ui, sans-serif'

/** Lay the cells out. */
export function sheetOf(state: LookState, taken: readonly Taken[]): Sheet {
  const { columns, drawing } = state
  const networks = columns.filter((id) => taken.some(({ network }) => network.id === id))
  const rows = [...new Set(taken.map(({ question }) => question.id))]
  const items: Item[] = []
  const left = (column: number) => MARGIN + column * (MAP + GAP)
  for (const [column, id] of networks.entries()) {
    const { look } = taken.find(({ network }) => network.id === id)!
    const answers = look.answers.map(answerInWords).join(', ')
    items.push({ text: fitting(id, 16, MAP), x: left(column), y: 38, size: 16, bold: true })
    items.push({ text: fitting(answers, 13, MAP), x: left(column), y: 58, size: 13 })
  }
  let top = 72
  for (const row of rows) {
    const scale = drawing.scale === 'one' ? scaleOf(state, row) : undefined
    let bottom = top
    for (const [column, id] of networks.entries()) {
      const cell = taken.find(({ network, question }) => network.id === id && question.id === row)
      if (!cell) continue
      const placed = cellItems(id, cell.look, drawing, scale, left(column), top)
      items.push(...placed.items)
      bottom = Math.max(bottom, placed.bottom)
    }
    top = bottom + GAP
  }
  const width = Math.max(360, 2 * MARGIN + networks.length * (MAP + GAP) - GAP)
  const foot = `regard ${version}. A map explains the network, not the person.`
  items.push({ text: foot, x: MARGIN, y: top + 4, size: 12, faint: true })
  return { width, height: top + MARGIN, items }
}

function cellItems(
  id: string,
  look: Look,
  drawing: Drawing,
  scale: number | undefined,
  x: number,
  top: number,
): { readonly items: Item[]; readonly bottom: number } {
  const most = strongest(look, drawing, scale)
  const pixels = drawn(look, drawing, most)
  const height = Math.round((MAP * pixels.height) / pixels.width)
  const said = look.probability === undefined ? (look.value?.toFixed(1) ?? '') : percent(look.probability)
  const at = look.layer === undefined ? '' : `, at ${layerInWords(look.layer)}`
  const heading = `${drawing.show === 'photo' ? '' : 'for '}${look.name} ${said}${at}`
  const items: Item[] = [
    { text: fitting(heading, 13, MAP), x, y: top + 12, size: 13 },
    { pixels, label: `${id}, ${look.name}`, x, y: top + 20, width: MAP, height },
  ]
  let y = top + 20 + height
  if (drawing.show !== 'photo') {
    const amount = most.toPrecision(2)
    const end = { size: 12, faint: true, y: y + 29 } as const
    const below = { ...end, y: y + 44 }
    const strip = stripOf(coloursOf(drawing))
    const [against, for_] = sidesInWords(look)
    items.push(
      { pixels: strip, framed: true, label: 'legend', x, y: y + 6, width: MAP, height: 9 },
      { ...end, text: `−${amount}`, x },
      { ...end, text: drawing.brighten > 1 ? 'clipped' : '0', x: x + MAP / 2, anchor: 'middle' },
      { ...end, text: `+${amount}`, x: x + MAP, anchor: 'end' },
      { ...below, text: fitting(against, 12, MAP / 2), x },
      { ...below, text: fitting(for_, 12, MAP / 2), x: x + MAP, anchor: 'end' },
    )
    y += 48
  }
  const parts = amountsOf(look).slice(0, 3).map(shareInWords)
  const under = [parts.join(', '), `${look.by}. ${reachedInWords(look)}`]
  for (const [k, text] of under.entries()) {
    for (const line of linesOf(text, 12, MAP)) {
      y += 16
      items.push({ text: line, x, y, size: 12, faint: k > 0 })
    }
  }
  return { items, bottom: y }
}

/** The width of a letter relative to its height, roughly: fonts differ from system to system. */
const LETTER = 0.56

/** A text broken into lines between words. */
function linesOf(text: string, size: number, width: number): string[] {
  const lines = ['']
  for (const word of text.trim().split(' ')) {
    const line = `${lines.at(-1)!} ${word}`.trim()
    if (line.length > width / (LETTER * size)) lines.push(word)
    else lines[lines.length - 1] = line
  }
  return lines.map((line) => fitting(line, size, width)).filter((line) => line !== '')
}

/** As much of a text as fits. */
function fitting(text: string, size: number, width: number): string {
  const most = Math.floor(width / (LETTER * size))
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** Drawn at twice the resolution of the layout. */
const FINE = 2

/** As a PNG file, made only from pixels: it contains nothing else from the photo's file. */
export async function pngOf({ width, height, items }: Sheet): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = FINE * width
  canvas.height = FINE * height
  const to = canvas.getContext('2d')!
  to.scale(FINE, FINE)
  to.fillStyle = '#ffffff'
  to.fillRect(0, 0, width, height)
  to.imageSmoothingEnabled = false
  for (const item of items) {
    if ('pixels' in item) {
      to.drawImage(canvasOf(item.pixels), item.x, item.y, item.width, item.height)
      if (item.framed) {
        to.strokeStyle = LINE
        to.strokeRect(item.x, item.y, item.width, item.height)
      }
    } else {
      to.font = `${item.bold ? 600 : 400} ${item.size}px ${FONT}`
      to.textAlign = item.anchor === 'middle' ? 'center' : (item.anchor ?? 'start')
      to.fillStyle = item.faint ? FAINT : INK
      to.fillText(item.text, item.x, item.y)
    }
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large for this browser'))),
      'image/png',
    ),
  )
}

/** As an SVG file: maps as pictures inside it, text as text. */
export function svgOf({ width, height, items }: Sheet): string {
  const drawnItems = items.map((item) => {
    if ('pixels' in item) {
      const { x, y, width, height } = item
      const frame = item.framed
        ? `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${LINE}"/>`
        : ''
      return (
        `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" ` +
        `style="image-rendering:pixelated" href="${dataUriOf(item.pixels)}"><title>${escaped(item.label)}</title></image>${frame}`
      )
    }
    const anchor = item.anchor ? ` text-anchor="${item.anchor}"` : ''
    const weight = item.bold ? ' font-weight="600"' : ''
    const fill = item.faint ? FAINT : INK
    return `<text x="${item.x}" y="${item.y}" font-size="${item.size}"${weight}${anchor} fill="${fill}">${escaped(item.text)}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawnItems,
    '</svg>\n',
  ].join('\n')
}

/** Pixels as a PNG in a data URI. */
export function dataUriOf(pixels: ImageData): string {
  return canvasOf(pixels).toDataURL('image/png')
}

function canvasOf(pixels: ImageData): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = pixels.width
  canvas.height = pixels.height
  canvas.getContext('2d')!.putImageData(pixels, 0, 0)
  return canvas
}
