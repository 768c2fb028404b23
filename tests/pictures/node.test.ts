import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, gzipSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { readPhoto } from '../../src/pictures/node.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-photo-'))

// Red, green, blue above black, grey, white.
const PIXELS = [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 128, 128, 128, 255, 255, 255]

const RED = [255, 0, 0]
const BLUE = [0, 0, 255]

function raw(pixels: number[], width: number, height: number, channels: 3 | 4) {
  return sharp(Uint8Array.from(pixels), { raw: { width, height, channels } })
}

function picture() {
  return raw(PIXELS, 3, 2, 3)
}

async function written(name: string, image: Sharp): Promise<string> {
  const path = join(folder, name)
  await image.toFile(path)
  return path
}

describe('readPhoto', () => {
  it('gives 8-bit RGB, row by row', async () => {
    const photo = await readPhoto(await written('rgb.png', picture()))
    expect(photo).toEqual({ width: 3, height: 2, data: Uint8Array.from(PIXELS) })
  })

  it('reads 16 bits a channel and palettes', async () => {
    const deep = await written('deep.png', picture().toColourspace('rgb16'))
    const palette = await written('palette.png', picture().png({ palette: true }))
    expect((await sharp(deep).metadata()).depth).toBe('ushort')
    for (const path of [deep, palette]) expect([...(await readPhoto(path)).data]).toEqual(PIXELS)
  })

  it.each([
    ['b-w', 'uchar'],
    ['grey16', 'ushort'],
  ] as const)('gives grey photos three channels (%s)', async (space, depth) => {
    const path = await written(`${space}.png`, picture().toColourspace(space))
    expect(await sharp(path).metadata()).toMatchObject({ channels: 1, depth })
    const { data } = await readPhoto(path)
    expect(data).toHaveLength(18)
    expect([...data.slice(9)]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255])
  })

  it.each(['tiff', 'jpg'])('turns CMYK into RGB (%s)', async (kind) => {
    const large = picture().resize(30, 20, { kernel: 'nearest' })
    const path = await written(`cmyk.${kind}`, large.toColourspace('cmyk'))
    expect((await sharp(path).metadata()).space).toBe('cmyk')
    const { data } = await readPhoto(path)
    expect(data).toHaveLength(3 * 30 * 20)
    const [red, green, blue] = data
    expect(red).toBeGreaterThan(200)
    expect(Math.max(green!, blue!)).toBeLessThan(60)
  })

  it('shows transparent colour and grey pictures on white', async () => {
    const colour = raw([255, 0, 0, 255, 255, 0, 0, 0], 2, 1, 4)
    expect([...(await readPhoto(await written('alpha.png', colour))).data]).toEqual([
      255, 0, 0, 255, 255, 255,
    ])
    const grey = await written(
      'grey-alpha.png',
      raw([90, 90, 90, 255, 0, 0, 0, 0], 2, 1, 4).toColourspace('b-w'),
    )
    expect((await sharp(grey).metadata()).channels).toBe(2)
    expect([...(await readPhoto(grey)).data]).toEqual([90, 90, 90, 255, 255, 255])
  })

  it.each(['gif', 'webp'])('reads the first frame of an animated %s', async (kind) => {
    const frames = sharp(Uint8Array.from([...RED, ...RED, ...BLUE, ...BLUE]), {
      raw: { width: 2, height: 2, channels: 3, pageHeight: 1 },
    })
    const path = await written(
      `moving.${kind}`,
      kind === 'gif' ? frames.gif() : frames.webp({ lossless: true }),
    )
    expect((await sharp(path).metadata()).pages).toBe(2)
    expect(await readPhoto(path)).toEqual({ width: 2, height: 1, data: Uint8Array.from([...RED, ...RED]) })
  })

  // The six pixels in the order in which the upright photo shows them, two rows of three or three of two.
  it.each([
    [1, 'abcdef'],
    [2, 'cbafed'],
    [3, 'fedcba'],
    [4, 'defabc'],
    [5, 'adbecf'],
    [6, 'daebfc'],
    [7, 'fcebda'],
    [8, 'cfbead'],
  ])('turns the photo upright: EXIF orientation %d', async (orientation, upright) => {
    const expected = [...upright].flatMap((letter) => {
      const at = 3 * 'abcdef'.indexOf(letter)
      return PIXELS.slice(at, at + 3)
    })
    const turned = await written(`turned${orientation}.png`, picture().withMetadata({ orientation }))
    const { width, height, data } = await readPhoto(turned)
    expect([width, height]).toEqual(orientation < 5 ? [3, 2] : [2, 3])
    expect([...data]).toEqual(expected)
    // As cameras write it.
    const large = picture().resize(48, 32, { kernel: 'nearest' }).withMetadata({ orientation })
    const photo = await readPhoto(
      await written(`turned${orientation}.jpg`, large.jpeg({ quality: 100, chromaSubsampling: '4:4:4' })),
    )
    expect([photo.width, photo.height]).toEqual([16 * width, 16 * height])
    for (const [k, value] of expected.entries()) {
      const pixel = Math.floor(k / 3)
      const [x, y] = [16 * (pixel % width) + 8, 16 * Math.floor(pixel / width) + 8]
      expect(Math.abs(photo.data[3 * (y * photo.width + x) + (k % 3)]! - value)).toBeLessThan(8)
    }
  })

  it('reads a photo of one pixel', async () => {
    const path = await written('one.png', raw(RED, 1, 1, 3))
    expect(await readPhoto(path)).toEqual({ width: 1, height: 1, data: Uint8Array.from(RED) })
  })

  it.each(['老照片.png', 'صورة.png', 'Zoë\u0308.png', 'Zoe\u0308.png', '🙂 1%.png', "it's #1?.png"])(
    'reads a photo of any name: %s',
    async (name) => {
      expect([...(await readPhoto(await written(name, picture()))).data]).toEqual(PIXELS)
    },
  )

  it.each([
    ['jpg', 0.6],
    ['jpg', 0.97],
    ['png', 0.6],
    ['webp', 0.6],
    ['gif', 0.6],
    ['tiff', 0.6],
  ])('names a %s file that is cut off after a share of %d', async (kind, share) => {
    const noise = sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: 'grey',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
    const bytes = readFileSync(await written(`whole.${kind}`, noise))
    const path = join(folder, `cut-${share}.${kind}`)
    writeFileSync(path, bytes.subarray(0, Math.floor(share * bytes.length)))
    await expect(readPhoto(path)).rejects.toThrow(UserError)
    await expect(readPhoto(path)).rejects.toThrow(path)
  })

  it('says if a page or a pointer was fetched instead of a photo', async () => {
    const path = join(folder, 'fetched.jpg')
    writeFileSync(path, '<html><body>Sign in</body></html>')
    await expect(readPhoto(path)).rejects.toThrow(/fetched\.jpg: is an HTML page/)
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n')
    await expect(readPhoto(path)).rejects.toThrow(/run `git lfs pull`/)
  })

  it('names a file that is missing, empty, not a picture, or a folder', async () => {
    mkdirSync(join(folder, 'folder.jpg'))
    writeFileSync(join(folder, 'empty.jpg'), '')
    writeFileSync(join(folder, 'text.jpg'), 'This is no photo.')
    await expect(readPhoto(join(folder, 'absent.jpg'))).rejects.toThrow('absent.jpg: there is no such file')
    for (const name of ['empty.jpg', 'text.jpg', 'folder.jpg']) {
      const path = join(folder, name)
      await expect(readPhoto(path)).rejects.toThrow(`${path}: the photo cannot be read (`)
    }
  })

  it('gives each of many broken photos, read at once, its own reason', async () => {
    const noise = sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: 'black',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
    const broken = new Map<string, string>()
    for (const [kind, name] of [
      ['jpg', 'JPEG'],
      ['png', 'PNG'],
      ['webp', 'WebP'],
      ['gif', 'GIF'],
      ['tiff', 'TIFF'],
      ['avif', 'AVIF'],
    ] as const) {
      const bytes = readFileSync(await written(`sound.${kind}`, noise))
      const path = join(folder, `broken.${kind}`)
      writeFileSync(path, bytes.subarray(0, bytes.length / 2))
      broken.set(path, `it is a ${name} file that is damaged, cut off, or of an uncommon variant`)
    }
    writeFileSync(join(folder, 'empty.jpg'), '')
    broken.set(join(folder, 'empty.jpg'), 'the file is empty')
    writeFileSync(join(folder, 'text.jpg'), 'This is no photo.')
    broken.set(join(folder, 'text.jpg'), 'it is not one of JPEG, PNG, WebP, GIF, AVIF, BMP, TIFF')
    const all = Array.from({ length: 10 }, () => [...broken]).flat()
    await Promise.all(
      all.map(([path, reason]) =>
        expect(readPhoto(path)).rejects.toThrow(`${path}: the photo cannot be read (${reason})`),
      ),
    )
  })

  describe('reading a photo that would fill the memory', () => {
    afterEach(() => vi.unstubAllEnvs())

    it('refuses 100 megapixels by their header, without decoding them', async () => {
      // Only the header of a PNG file: what follows cannot be decoded.
      const bytes = readFileSync(await written('header.png', picture()))
      const header = bytes.subarray(0, 33)
      header.writeUInt32BE(10_000, 16)
      header.writeUInt32BE(10_000, 20)
      header.writeUInt32BE(crc32(header.subarray(12, 29)), 29)
      const path = join(folder, 'bomb.png')
      writeFileSync(path, Buffer.concat([header, bytes.subarray(33)]))
      await expect(readPhoto(path)).rejects.toThrow(
        `${path}: 100 megapixels; the limit is 65. Make it smaller, or set REGARD_MAX_MEGAPIXELS=100`,
      )
      vi.stubEnv('REGARD_MAX_MEGAPIXELS', '100')
      await expect(readPhoto(path)).rejects.toThrow(`${path}: the photo cannot be read (`)
    })

    it('refuses vector drawings, which are a kind of program, whatever their name', async () => {
      const drawing =
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
      for (const [name, bytes] of [
        ['drawing.jpg', Buffer.from(drawing)],
        ['packed.png', gzipSync(drawing)],
      ] as const) {
        writeFileSync(join(folder, name), bytes)
        await expect(readPhoto(join(folder, name))).rejects.toThrow(
          `${name}: is a drawing (SVG), not a photo`,
        )
      }
    })

    it('takes what the limit allows, wherever it is set', async () => {
      const path = await written('limit.png', picture())
      vi.stubEnv('REGARD_MAX_MEGAPIXELS', '0.000005')
      await expect(readPhoto(path)).rejects.toThrow('0.000006 megapixels; the limit is 0.000005')
      vi.stubEnv('REGARD_MAX_MEGAPIXELS', '0.000006')
      expect((await readPhoto(path)).width).toBe(3)
      vi.stubEnv('REGARD_MAX_MEGAPIXELS', 'many')
      await expect(readPhoto(path)).rejects.toThrow('REGARD_MAX_MEGAPIXELS: is "many", not a number above 0')
    })
  })
})
