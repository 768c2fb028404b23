import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { decodeBmp } from '../../src/pictures/bmp.ts'
import { readPhoto } from '../../src/pictures/node.ts'

/** Red, green, blue above black, grey, white: five columns, so that rows end within four bytes. */
const PIXELS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [0, 0, 0],
  [255, 255, 255],
  [0, 0, 0],
  [255, 255, 255],
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
]
const [WIDTH, HEIGHT] = [5, 2]
const COLOURS = PIXELS.slice(0, 5)

interface Kind {
  readonly bits: number
  readonly header?: 12 | 40 | 124
  readonly compression?: number
  readonly masks?: readonly number[]
  readonly fromTop?: boolean
  /** Bytes between the header and the pixels. */
  readonly gap?: number
}

/** A bitmap of the pixels, written by the format's description. */
function bmp({ bits, header = 40, compression = 0, masks = [], fromTop = false, gap = 0 }: Kind): Buffer {
  const entry = header === 12 ? 3 : 4
  const palette = bits <= 8 ? (header === 12 ? 2 ** bits : 5) : 0
  const beside = header === 40 ? 4 * masks.length : 0
  const start = 14 + header + beside + entry * palette + gap
  const row = 4 * Math.ceil((WIDTH * bits) / 32)
  const file = Buffer.alloc(start + row * HEIGHT)
  file.write('BM')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(start, 10)
  file.writeUInt32LE(header, 14)
  if (header === 12) {
    file.writeUInt16LE(WIDTH, 18)
    file.writeUInt16LE(HEIGHT, 20)
    file.writeUInt16LE(1, 22)
    file.writeUInt16LE(bits, 24)
  } else {
    file.writeInt32LE(WIDTH, 18)
    file.writeInt32LE(fromTop ? -HEIGHT : HEIGHT, 22)
    file.writeUInt16LE(1, 26)
    file.writeUInt16LE(bits, 28)
    file.writeUInt32LE(compression, 30)
    file.writeUInt32LE(palette, 46)
  }
  for (const [k, mask] of masks.entries()) file.writeUInt32LE(mask, 54 + 4 * k)
  for (let k = 0; k < palette; k++) {
    const [r, g, b] = COLOURS[k] ?? [9, 9, 9]
    file.set([b!, g!, r!], 14 + header + beside + entry * k)
  }
  for (const [k, [r, g, b]] of PIXELS.entries()) {
    const [x, y] = [k % WIDTH, Math.floor(k / WIDTH)]
    const from = start + row * (fromTop ? y : HEIGHT - 1 - y)
    const index = COLOURS.findIndex((colour) => colour.join() === [r, g, b].join())
    const [red, green, blue] =
      masks.length > 0 ? masks : bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff]
    // Every channel is all or nothing, so it fills its mask or leaves it empty.
    const value = ((r ? red! : 0) | (g ? green! : 0) | (b ? blue! : 0)) >>> 0
    if (bits <= 8) file[from + ((x * bits) >> 3)]! |= index << (8 - bits - ((x * bits) % 8))
    else if (bits === 24) file.set([b!, g!, r!], from + 3 * x)
    else if (bits === 16) file.writeUInt16LE(value, from + 2 * x)
    else file.writeUInt32LE(value, from + 4 * x)
  }
  return file
}

describe('a Windows bitmap', () => {
  it.each<Kind>([
    { bits: 4 },
    { bits: 8 },
    { bits: 8, header: 12 },
    { bits: 16 },
    { bits: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f] },
    { bits: 24 },
    { bits: 24, header: 12 },
    { bits: 24, fromTop: true },
    { bits: 24, header: 124, gap: 6 },
    { bits: 32 },
    { bits: 32, compression: 3, masks: [0xff000000, 0xff0000, 0xff00] },
    { bits: 32, header: 124, compression: 3, masks: [0xff, 0xff00, 0xff0000] },
  ])('is read: %j', (kind) => {
    expect(decodeBmp(bmp(kind))).toEqual({
      width: WIDTH,
      height: HEIGHT,
      data: Uint8Array.from(PIXELS.flat()),
    })
  })

  it('is a photo like any other, whatever its extension', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'regard-bmp-')), 'scan.jpg')
    writeFileSync(path, bmp({ bits: 24 }))
    expect(await readPhoto(path)).toMatchObject({ width: WIDTH, height: HEIGHT })
  })

  it('that is truncated, compressed or larger than memory is refused by name', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'regard-bmp-')), 'scan.bmp')
    const refused = async (bytes: Uint8Array) => {
      writeFileSync(path, bytes)
      return readPhoto(path).then(
        () => 'read',
        (error) => (error instanceof UserError ? error.message : 'a crash'),
      )
    }
    const whole = bmp({ bits: 24 })
    for (let length = 19; length < whole.length; length++)
      expect(await refused(whole.subarray(0, length))).toContain(
        'scan.bmp: the photo cannot be read (the file is cut off)',
      )
    expect(await refused(bmp({ bits: 8, compression: 1 }))).toContain('compressed bitmaps are not supported')
    const large = bmp({ bits: 24 })
    large.writeInt32LE(100_000, 18)
    large.writeInt32LE(100_000, 22)
    expect(await refused(large)).toContain('10000 megapixels; the limit is 65')
  })
})
