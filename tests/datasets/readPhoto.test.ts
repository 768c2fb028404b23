import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { readPhoto } from '../../src/datasets/readPhoto.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-photo-'))

// Red, green, blue above black, grey, white.
const WIDTH = 3
const PIXELS = [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 128, 128, 128, 255, 255, 255]

function picture() {
  return sharp(Uint8Array.from(PIXELS), { raw: { width: WIDTH, height: 2, channels: 3 } })
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

  it('gives grey photos three channels', async () => {
    const path = await written('grey.png', picture().toColourspace('b-w'))
    expect((await sharp(path).metadata()).channels).toBe(1)
    const { data } = await readPhoto(path)
    expect(data).toHaveLength(18)
    expect([...data.slice(9)]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255])
  })

  it('turns CMYK into RGB', async () => {
    const path = await written(
      'cmyk.tiff',
      picture().resize(30, 20, { kernel: 'nearest' }).toColourspace('cmyk'),
    )
    expect((await sharp(path).metadata()).space).toBe('cmyk')
    const { data } = await readPhoto(path)
    expect(data).toHaveLength(3 * 30 * 20)
    const [red, green, blue] = data
    expect(red).toBeGreaterThan(200)
    expect(Math.max(green!, blue!)).toBeLessThan(60)
  })

  it('shows what is transparent on white', async () => {
    const rgba = Uint8Array.from([255, 0, 0, 255, 255, 0, 0, 0])
    const path = await written('alpha.png', sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } }))
    expect([...(await readPhoto(path)).data]).toEqual([255, 0, 0, 255, 255, 255])
  })

  it('turns the photo upright as its EXIF orientation says', async () => {
    const path = await written('turned.png', picture().withMetadata({ orientation: 6 }))
    const { width, height, data } = await readPhoto(path)
    expect([width, height]).toEqual([2, 3])
    expect([...data.slice(0, 6)]).toEqual([0, 0, 0, 255, 0, 0])
  })

  it.each([
    ['jpg', 0.6],
    ['jpg', 0.97],
    ['png', 0.6],
    ['webp', 0.6],
  ])('names a %s file that ends after a share of %d', async (kind, share) => {
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

  it('names a file that is absent, empty, or no picture', async () => {
    writeFileSync(join(folder, 'empty.jpg'), '')
    writeFileSync(join(folder, 'text.jpg'), 'This is no photo.')
    for (const name of ['absent.jpg', 'empty.jpg', 'text.jpg']) {
      const path = join(folder, name)
      await expect(readPhoto(path)).rejects.toThrow(`${path}: the photo cannot be read (`)
    }
  })
})
