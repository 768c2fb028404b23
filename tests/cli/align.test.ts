import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { align } from '../../src/faces/align.ts'
import type { Image, Point } from '../../src/pictures/image.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { drawnFace } from '../datasets/synthetic/drawing.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

let face: Image
let landmarks: Point[]
beforeAll(async () => {
  ;({ face, landmarks } = await drawnFace())
})

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'regard-align-'))
}

function picture({ width, height, data } = face): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } })
}

/** The rows of faces.csv, whose fields have no commas in these tests. */
function rows(out: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(join(out, 'faces.csv'), 'utf8').trimEnd().split('\r\n')
  const columns = header!.split(',')
  return lines.map((line) => {
    const fields = line.split(',')
    return Object.fromEntries(columns.map((column, k) => [column, fields[k]!]))
  })
}

function meanDifference(a: Image, b: Image): number {
  expect([a.width, a.height]).toEqual([b.width, b.height])
  return a.data.reduce((sum, value, k) => sum + Math.abs(value - b.data[k]!), 0) / a.data.length
}

describe('regard align', () => {
  it('finds the face in a photo, cuts it out, and reports its place and how far it was stretched', async () => {
    const [photos, out] = [folder(), folder()]
    await picture().toFile(join(photos, 'a face.png'))
    for (const as of ['r', 'i'] as const) {
      await main(['align', join(photos, 'a face.png'), '--as', as, '--size', '200', '--out', out])
      expect(process.exitCode, captured.printed).toBe(0)
      const [row, ...others] = rows(out)
      expect(others).toEqual([])
      expect(row).toMatchObject({ picture: 'a face.png', photo: join(photos, 'a face.png') })
      expect(Number(row!.score)).toBeGreaterThan(0.5)
      // Its landmarks are known exactly, and the ones found are close to them.
      const found = await readPhoto(join(out, 'a face.png'))
      expect(meanDifference(found, align(face, landmarks, as, 200))).toBeLessThan(12)
      if (as === 'r') expect(row).toMatchObject({ ratio: '1.0000', elongation: '1.0000' })
      else expect(Number(row!.ratio)).toBeGreaterThan(1.01)
    }
    expect(captured.printed).toContain(`1 face of 1 photo aligned as i → ${join(out, 'faces.csv')}`)
  })

  it('cuts the face out by given landmarks, to the pixel', async () => {
    const [photos, out] = [folder(), folder()]
    const given = join(photos, 'face.txt')
    await picture().toFile(join(photos, 'face.png'))
    writeFileSync(given, landmarks.map(({ x, y }) => `${x} ${y}\n`).join(''))
    await main(['align', join(photos, 'face.png'), '--as', 'i', '--landmarks', given, '--out', out])
    expect(process.exitCode, captured.printed).toBe(0)
    expect(await readPhoto(join(out, 'face.png'))).toEqual(align(face, landmarks, 'i'))
    expect(rows(out)[0]).toMatchObject({ left: '', score: '' })
  })

  it('takes the main face of a photo, or all of them', async () => {
    const [photos, out] = [folder(), folder()]
    const small = await picture().resize(128, 128).png().toBuffer()
    const both = picture().extend({ left: 20, right: 200, background: 'grey' })
    const photo = join(photos, 'two.png')
    await sharp(await both.png().toBuffer())
      .composite([{ input: small, left: 300, top: 60 }])
      .toFile(photo)
    await main(['align', photo, '--out', out])
    expect(rows(out).map((row) => row.picture)).toEqual(['two.png'])
    expect(Number(rows(out)[0]!.left)).toBeLessThan(200)
    await main(['align', photo, '--all', '--out', out])
    expect(rows(out).map((row) => row.picture)).toEqual(['two.1.png', 'two.2.png'])
    const lefts = rows(out).map(({ left }) => Number(left))
    expect(Math.min(...lefts)).toBeLessThan(200)
    expect(Math.max(...lefts)).toBeGreaterThan(300)
  })

  it('takes photos of any kind and name, names those that it cannot read, and continues', async () => {
    const [photos, out] = [folder(), folder()]
    const at = (name: string) => join(photos, name)
    const jpeg = await picture().jpeg({ quality: 95 }).toBuffer()
    await picture().toColourspace('cmyk').jpeg().toFile(at('cmyk.jpg'))
    await picture().toColourspace('rgb16').toFile(at('deep.png'))
    await picture().greyscale().toFile(at('grey.png'))
    await picture().ensureAlpha(0.9).toFile(at('alpha.png'))
    await picture().gif().toFile(at('still.gif'))
    const frames = [...face.data, ...new Uint8Array(face.data.length)]
    await sharp(Uint8Array.from(frames), {
      raw: { width: face.width, height: 2 * face.height, channels: 3, pageHeight: face.height },
    })
      .gif()
      .toFile(at('moving.gif'))
    for (let orientation = 1; orientation <= 8; orientation++) {
      // The camera was turned, so the photo must be rotated to stand upright.
      await asHeld(orientation)
        .withMetadata({ orientation })
        .jpeg()
        .toFile(at(`held${orientation}.jpg`))
    }
    const names = ['老照片.jpg', 'صورة.jpg', 'Zo\u00eb.jpg', 'Zoe\u0308.jpg', "it's #1, 100%?.jpg"]
    for (const name of names) writeFileSync(at(name), jpeg)
    const good = readdirSync(photos)

    writeFileSync(at('cut.jpg'), jpeg.subarray(0, jpeg.length / 2))
    writeFileSync(at('text.jpg'), 'This is no photo.')
    writeFileSync(at('empty.jpg'), '')
    mkdirSync(at('folder.jpg'))
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } }).toFile(at('one.png'))
    await sharp({ create: { width: 90, height: 60, channels: 3, background: 'red' } }).toFile(at('red.png'))
    writeFileSync(at('bomb.png'), ofSize(await picture().png().toBuffer(), 10_000, 10_000))

    await main(['align', photos, at('absent.jpg'), at('folder.jpg'), '--out', out])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toContain(`${good.length} faces of ${good.length + 7} photos aligned as r`)
    const pictures = readdirSync(out).filter((name) => name.endsWith('.png'))
    expect(pictures).toHaveLength(good.length)
    const reasons: [string, string][] = [
      ['cut.jpg', 'the photo cannot be read ('],
      ['text.jpg', 'the photo cannot be read ('],
      ['empty.jpg', 'the photo cannot be read ('],
      ['absent.jpg', 'there is no such file'],
      ['one.png', 'no face was found in it'],
      ['red.png', 'no face was found in it'],
      ['bomb.png', '100 megapixels; the limit is 65'],
      ['folder.jpg', 'holds no photos'],
    ]
    expect(captured.printed).toContain(`${reasons.length} photos could not be used:`)
    for (const [name, reason] of reasons) expect(captured.printed).toContain(`  ${at(name)}: ${reason}`)

    const upright = await readPhoto(join(out, 'held1.png'))
    for (let k = 2; k <= 8; k++) {
      expect(meanDifference(await readPhoto(join(out, `held${k}.png`)), upright), `${k}`).toBeLessThan(6)
    }
  })

  it('writes photos of the same name from different folders to different files', async () => {
    const [a, b, out] = [folder(), folder(), folder()]
    await picture().toFile(join(a, 'x.png'))
    await picture().flop().toFile(join(b, 'x.png'))
    await main(['align', a, b, '--out', out])
    expect(rows(out).map((row) => [row.picture, row.photo])).toEqual([
      ['x.png', join(a, 'x.png')],
      ['x-2.png', join(b, 'x.png')],
    ])
    const [first, second] = await Promise.all(['x.png', 'x-2.png'].map((name) => readPhoto(join(out, name))))
    expect(meanDifference(first!, second!)).toBeGreaterThan(3)
  })

  it('lists alignments that stretch a face far', async () => {
    const [photos, out] = [folder(), folder()]
    await picture().resize(256, 170, { fit: 'fill' }).toFile(join(photos, 'flat.png'))
    await picture().toFile(join(photos, 'plain.png'))
    await main(['align', photos, '--as', 'i', '--out', out])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain('1 of them were strongly stretched')
    expect(captured.printed).toMatch(/flat\.png: stretched 1\.\d+ times \(1\.\d+ times taller/)
  })

  it('does not overwrite a photo', async () => {
    const photos = folder()
    await picture().toFile(join(photos, 'x.png'))
    const before = readFileSync(join(photos, 'x.png'))
    await main(['align', join(photos, 'x.png'), '--out', photos])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain('the output would overwrite a photo')
    expect(readFileSync(join(photos, 'x.png'))).toEqual(before)
  })

  it('says so if there is no face at all, and writes nothing', async () => {
    const out = join(folder(), 'out')
    await main(['align', 'absent.jpg', '--out', out])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toContain('0 faces of 1 photo aligned as r\n')
    expect(existsSync(out)).toBe(false)
  })

  it.each([
    [['--landmarks', 'a.txt'], '--landmarks is for one face in one photo'],
    [['--as', 'x'], 'Allowed choices are r, i.'],
    [['--size', '0'], 'Give a whole number of pixels from 16 to 4096.'],
  ])('reports %j as wrong use', async (flags, message) => {
    await main(['align', 'a.jpg', 'b.jpg', ...flags])
    expect(process.exitCode).toBe(2)
    expect(captured.printed).toContain(message)
  })
})

/** The face as it lies in a file whose EXIF orientation turns it upright. */
function asHeld(orientation: number): Sharp {
  const image = picture()
  switch (orientation) {
    case 2:
      return image.flop()
    case 3:
      return image.rotate(180)
    case 4:
      return image.flip()
    case 5:
      return sharp(transposed(face), { raw: { width: face.height, height: face.width, channels: 3 } })
    case 6:
      return image.rotate(270)
    case 7:
      return sharp(transposed(face), { raw: { width: face.height, height: face.width, channels: 3 } })
        .flop()
        .flip()
    case 8:
      return image.rotate(90)
    default:
      return image
  }
}

function transposed({ width, height, data }: Image): Uint8Array {
  const turned = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      turned.set(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3), 3 * (x * height + y))
    }
  }
  return turned
}

/** A PNG file whose header states another size. */
function ofSize(png: Buffer, width: number, height: number): Buffer {
  png.writeUInt32BE(width, 16)
  png.writeUInt32BE(height, 20)
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29)
  return png
}
