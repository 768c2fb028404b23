import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { readLandmarks } from '../../src/datasets/readLandmarks.ts'
import { eyeCentres } from '../../src/faces/landmarks.ts'
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
  return mkdtempSync(join(tmpdir(), 'regard-faces-'))
}

async function save({ width, height, data }: Image, path: string): Promise<void> {
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path)
}

describe('regard faces', () => {
  it('draws the face of a photo and writes down its points', async () => {
    const [photos, out] = [folder(), folder()]
    await save(face, join(photos, 'face.png'))
    await main(['faces', join(photos, 'face.png'), '--out', out])
    expect(process.exitCode, captured.printed).toBe(0)
    expect(captured.printed).toMatch(/face\.png: 1 face: \d+ × \d+ at \(\d+, \d+\), score 0\.\d\d\n/)
    expect(readdirSync(out).sort()).toEqual(['face.json', 'face.png', 'face.txt'])

    const record = JSON.parse(readFileSync(join(out, 'face.json'), 'utf8'))
    expect(record).toMatchObject({ width: face.width, height: face.height, main: 0 })
    const [only] = record.faces
    expect([only.landmarks49.length, only.landmarks68.length, only.mesh.length]).toEqual([49, 68, 468])

    const [found, true_] = [eyeCentres(readLandmarks(join(out, 'face.txt'))), eyeCentres(landmarks)]
    const apart = Math.hypot(true_.left.x - true_.right.x, true_.left.y - true_.right.y)
    for (const eye of ['left', 'right'] as const) {
      const off = Math.hypot(found[eye].x - true_[eye].x, found[eye].y - true_[eye].y)
      expect(off / apart, `${eye} eye`).toBeLessThan(0.1)
    }

    // Drawn on the photo: same size, similar outside the face, different at the points.
    const drawing = await readPhoto(join(out, 'face.png'))
    expect([drawing.width, drawing.height]).toEqual([face.width, face.height])
    const at = (image: Image, x: number, y: number) =>
      Array.from(image.data.subarray(3 * (y * image.width + x), 3 * (y * image.width + x) + 3))
    expect(at(drawing, 1, 1)).toEqual(at(face, 1, 1))
    const [x, y] = only.landmarks49[13].map(Math.floor)
    expect(at(drawing, x, y)).not.toEqual(at(face, x, y))
  })

  it('writes landmarks that regard align takes', async () => {
    const out = folder()
    await save(face, join(out, 'face.jpg'))
    await main(['faces', join(out, 'face.jpg'), '--out', join(out, 'found')])
    await main([
      'align',
      join(out, 'face.jpg'),
      '--landmarks',
      join(out, 'found', 'face.txt'),
      '--out',
      join(out, 'a'),
    ])
    await main(['align', join(out, 'face.jpg'), '--out', join(out, 'b')])
    const [given, sought] = [
      await readPhoto(join(out, 'a', 'face.png')),
      await readPhoto(join(out, 'b', 'face.png')),
    ]
    const differs = given.data.reduce((sum, value, k) => sum + Math.abs(value - sought.data[k]!), 0)
    expect(differs / given.data.length).toBeLessThan(0.5)
  })

  it('reports a photo without a face as an answer, and names a file that is not a photo', async () => {
    const [photos, out] = [folder(), folder()]
    await save(
      { width: 60, height: 40, data: new Uint8Array(60 * 40 * 3).fill(90) },
      join(photos, 'grey.png'),
    )
    writeFileSync(join(photos, 'text.jpg'), 'no picture')
    await main(['faces', photos, '--out', out])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toContain('grey.png: no face')
    expect(captured.printed).toContain('faces: 0, photos: 1, 1 without a face')
    expect(captured.printed).toMatch(/1 photo could not be used:\n.*text\.jpg: the photo cannot be read/)
    expect(JSON.parse(readFileSync(join(out, 'grey.json'), 'utf8'))).toMatchObject({ main: null, faces: [] })
    expect(existsSync(join(out, 'grey.txt'))).toBe(false)
  })

  it('does not overwrite a photo', async () => {
    const photos = folder()
    await save(face, join(photos, 'face.png'))
    const before = readFileSync(join(photos, 'face.png'))
    await main(['faces', join(photos, 'face.png'), '--out', photos])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain('the output would overwrite a photo')
    expect(readFileSync(join(photos, 'face.png'))).toEqual(before)
  })
})
