/** Photos of every format that Node's reader knows by its ending, whole files through it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import sharp from 'sharp'
import { decodePhoto, isDamaged, pngOf } from '../../src/pictures/node.ts'
import { shared } from '../../tests/shared.ts'
import { mutateBytes } from '../mutations.ts'
import { changing, ensure, type Input, onlyFile, type Target } from '../target.ts'

/** A bitmap of 24 bits a pixel, and one with a palette of 16 colours. */
function bitmaps(): [string, Uint8Array][] {
  return [24, 4].map((bits) => {
    const [width, height, colours] = [7, 5, bits === 4 ? 16 : 0]
    const row = 4 * Math.ceil((width * bits) / 32)
    const start = 54 + 4 * colours
    const bytes = new Uint8Array(start + row * height).map((_, k) => (k * 37) & 255)
    const view = new DataView(bytes.buffer)
    bytes.set([0x42, 0x4d])
    ;[bytes.length, 0, start, 40, width, height].forEach((value, k) => {
      view.setUint32(2 + 4 * k, value, true)
    })
    view.setUint16(26, 1, true)
    view.setUint16(28, bits, true)
    ;[0, row * height, 2835, 2835, colours, 0].forEach((value, k) => {
      view.setUint32(30 + 4 * k, value, true)
    })
    return [`${bits}.bmp`, bytes]
  })
}

async function pictures(): Promise<Target> {
  const data = Buffer.from({ length: 24 * 16 * 3 } as ArrayLike<number>).map((_, k) => (k * k) & 255)
  const raw = () => sharp(data, { raw: { width: 24, height: 16, channels: 3 } })
  const turned = raw().withMetadata({ orientation: 6 })
  const made: [string, Uint8Array][] = [
    ['a.jpg', await turned.jpeg({ quality: 80 }).toBuffer()],
    ['progressive.jpg', await raw().jpeg({ progressive: true }).toBuffer()],
    ['cmyk.jpg', await raw().toColourspace('cmyk').jpeg().toBuffer()],
    ['a.png', await raw().png().toBuffer()],
    ['palette.png', await raw().png({ palette: true }).toBuffer()],
    ['a.webp', await raw().webp().toBuffer()],
    ['lossless.webp', await raw().webp({ lossless: true }).toBuffer()],
    ['a.gif', await raw().gif().toBuffer()],
    ['a.tiff', await raw().tiff({ compression: 'lzw' }).toBuffer()],
    ['a.avif', await raw().avif({ effort: 0 }).toBuffer()],
    [
      'a.heic',
      Uint8Array.from([0, 0, 0, 24, ...Buffer.from('ftypheic\0\0\0\0heicmif1'), ...Array(60).fill(7)]),
    ],
    ...bitmaps(),
  ]
  const folder = shared && `${shared}/data/photos`
  const photos =
    folder && existsSync(folder) ? readdirSync(folder).filter((name) => /\.jpe?g$/i.test(name)) : []
  for (const name of photos.slice(0, 2)) {
    const small = sharp(readFileSync(`${folder}/${name}`))
      .resize(64)
      .withMetadata()
    made.push([`small ${name}`, await small.jpeg().toBuffer()])
  }
  return {
    seeds: made.map(([name, bytes]): Input => new Map([[name, new Uint8Array(bytes)]])),
    mutate: changing(/./, mutateBytes),
    async read(input) {
      const [name, bytes] = onlyFile(input)
      const image = await decodePhoto(bytes, name)
      const { width, height } = image
      ensure(
        image.data.length === 3 * width * height,
        `${width} × ${height} pixels have ${image.data.length} numbers`,
      )
      await isDamaged(bytes)
      if (width * height > 1e5) return
      const again = await decodePhoto(await pngOf(image), 'again.png')
      ensure(
        Buffer.compare(again.data, image.data) === 0,
        'the picture changes when it is written and read again',
      )
    },
  }
}

export const photos = { pictures }
