/**
 * Windows bitmaps, which sharp does not read: uncompressed, with 1, 4, 8, 16, 24 or 32 bits a pixel, as Paint, scanners
 * and old data sets write them.
 */

import type { Image } from './image.ts'

/** What a file says about its pixels before they begin. */
interface Header {
  readonly width: number
  readonly height: number
  /** Whether the first row is the top one; most files begin with the lowest. */
  readonly fromTop: boolean
  readonly bits: number
  /** The byte at which the pixels begin. */
  readonly start: number
  /** Which bits of a pixel hold red, green and blue, for 16 and 32 bits a pixel. */
  readonly masks: readonly [number, number, number]
  /**
   * The colours that pixels of up to 8 bits refer to: blue, green, red, and a meaningless byte where there are four.
   */
  readonly palette: Uint8Array
  /** Bytes of one colour of the palette. */
  readonly entry: 3 | 4
}

const FILE_HEADER = 14
/** The size of OS/2's header, whose sizes have 16 bits. */
const CORE_HEADER = 12
const INFO_HEADER = 40
/** Uncompressed; uncompressed, with masks; the same, with a mask for transparency. */
const PLAIN = 0
const MASKED = [3, 6]

/** Whether a file is a Windows bitmap, by how it begins. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d && bytes.length > FILE_HEADER + 4
}

/**
 * The size of a bitmap, from its header.
 *
 * @throws Error when it is cut off, or of a kind that cannot be read
 */
export function bmpSize(bytes: Uint8Array): { width: number; height: number } {
  const { width, height } = headerOf(bytes)
  return { width, height }
}

/**
 * Read a bitmap. Transparency is ignored.
 *
 * @throws Error when it is cut off, or of a kind that cannot be read
 */
export function decodeBmp(bytes: Uint8Array): Image {
  const header = headerOf(bytes)
  const { width, height, bits, start, fromTop } = header
  const row = 4 * Math.ceil((width * bits) / 32)
  if (bytes.length < start + row * height) throw new Error('the file is cut off')
  const colour = reader(bytes, header)
  const data = new Uint8Array(3 * width * height)
  for (let y = 0; y < height; y++) {
    const from = start + row * (fromTop ? y : height - 1 - y)
    for (let x = 0; x < width; x++) colour(from, x, data, 3 * (y * width + x))
  }
  return { width, height, data }
}

function headerOf(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const need = (length: number) => {
    if (bytes.length < length) throw new Error('the file is cut off')
  }
  need(FILE_HEADER + CORE_HEADER)
  const start = view.getUint32(10, true)
  const size = view.getUint32(FILE_HEADER, true)
  const isCore = size === CORE_HEADER
  if (!isCore && size < INFO_HEADER) throw new Error(`a header of ${size} bytes is not supported`)
  need(FILE_HEADER + size)
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true)
  const high = isCore ? view.getUint16(20, true) : view.getInt32(22, true)
  const bits = view.getUint16(isCore ? 24 : 28, true)
  const compression = isCore ? PLAIN : view.getUint32(30, true)
  if (!(width > 0) || high === 0) throw new Error(`a size of ${width} × ${high} is impossible`)
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`${bits} bits per pixel are not supported`)
  const masked = MASKED.includes(compression)
  if (compression !== PLAIN && !(masked && bits >= 16))
    throw new Error('compressed bitmaps are not supported')
  // Beside or inside the header, they are in the same place.
  const masksAt = FILE_HEADER + INFO_HEADER
  if (masked) need(masksAt + 12)
  const mask = (k: number) => view.getUint32(masksAt + 4 * k, true)
  const masks: Header['masks'] = masked
    ? [mask(0), mask(1), mask(2)]
    : bits === 16
      ? [0x7c00, 0x3e0, 0x1f]
      : [0xff0000, 0xff00, 0xff]
  const entry = isCore ? 3 : 4
  const named = isCore ? 0 : view.getUint32(46, true)
  const colours = bits > 8 ? 0 : named || 2 ** bits
  const paletteAt = FILE_HEADER + size + (masked && size === INFO_HEADER ? 12 : 0)
  if (colours > 2 ** bits || start < paletteAt + entry * colours)
    throw new Error('its colours and its pixels overlap')
  need(paletteAt + entry * colours)
  const palette = bytes.subarray(paletteAt, paletteAt + entry * colours)
  return { width, height: Math.abs(high), fromTop: high < 0, bits, start, masks, palette, entry }
}

/** Writes the colour of the pixel in this column of the row that begins there. */
type ColourReader = (row: number, x: number, to: Uint8Array, at: number) => void

function reader(bytes: Uint8Array, { bits, masks, palette, entry }: Header): ColourReader {
  if (bits <= 8) {
    return (row, x, to, at) => {
      const shift = 8 - bits - ((x * bits) % 8)
      const index = (bytes[row + ((x * bits) >> 3)]! >> shift) & (2 ** bits - 1)
      if (entry * index >= palette.length) throw new Error('a pixel names a colour that is not there')
      for (let k = 0; k < 3; k++) to[at + k] = palette[entry * index + 2 - k]!
    }
  }
  if (bits === 24) {
    return (row, x, to, at) => {
      for (let k = 0; k < 3; k++) to[at + k] = bytes[row + 3 * x + 2 - k]!
    }
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const channels = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
    return { mask, shift, most: mask >>> shift }
  })
  return (row, x, to, at) => {
    const value = bits === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true)
    for (const [k, { mask, shift, most }] of channels.entries())
      to[at + k] = most === 0 ? 0 : Math.round((255 * ((value & mask) >>> shift)) / most)
  }
}
