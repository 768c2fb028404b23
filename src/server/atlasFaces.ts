/** The faces of an atlas as the network saw them, and their maps, from the files that the atlas keeps. */

import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { THUMBNAIL } from '../evaluation/explainedFaces.ts'
import { heatMap } from '../explanation/heatMap.ts'
import { readRecord } from '../study/record.ts'
import type { Folders } from './folders.ts'

const PICTURE = 3 * THUMBNAIL ** 2

/** The places of faces in the files of a folder, for one state of its list. */
interface Places {
  readonly time: number
  readonly of: ReadonlyMap<string, number>
}

const known = new Map<string, Places>()

/**
 * The picture of a face and its map beside each other, as a PNG.
 *
 * @returns undefined where none is kept
 */
export async function atlasFace(folders: Folders, folder: string, face: string): Promise<Buffer | undefined> {
  // Faces of other networks, or explained in other ways, may lie beside it.
  const { explained } = readRecord<{ explained?: unknown }>(join(folder, 'atlas.json'))
  if (typeof explained !== 'string' || !/^\w+$/.test(explained)) return undefined
  const own = join(folder, 'explained', explained)
  const [lines, maps, pictures] = ['faces.jsonl', 'maps.f32', 'pictures.rgb'].map((name) =>
    folders.within(own, name),
  )
  if (!lines || !maps || !pictures) return undefined
  const places = placesIn(lines)
  const place = places.get(face)
  if (place === undefined) return undefined
  const count = statSync(pictures).size / PICTURE
  const cells = statSync(maps).size / count / 4
  const side = Math.sqrt(cells)
  if (!Number.isInteger(count) || !Number.isInteger(side)) return undefined
  const picture = rowOf(pictures, place, PICTURE)
  const map = heatMap({
    width: side,
    height: side,
    data: new Float32Array(new Uint8Array(rowOf(maps, place, 4 * cells)).buffer),
  })
  const enlarged = await sharp(map.data, { raw: { width: side, height: side, channels: 3 } })
    .resize(THUMBNAIL, THUMBNAIL, { kernel: 'nearest' })
    .png()
    .toBuffer()
  return sharp(picture, { raw: { width: THUMBNAIL, height: THUMBNAIL, channels: 3 } })
    .extend({ right: THUMBNAIL })
    .composite([{ input: enlarged, left: THUMBNAIL, top: 0 }])
    .png()
    .toBuffer()
}

function placesIn(lines: string): ReadonlyMap<string, number> {
  const time = statSync(lines).mtimeMs
  const before = known.get(lines)
  if (before?.time === time) return before.of
  const faces = readFileSync(lines, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { face: string; answer?: number })
    // Those that could not be explained have no picture.
    .filter(({ answer }) => answer !== undefined)
  const of = new Map(faces.map(({ face }, place) => [face, place]))
  known.set(lines, { time, of })
  return of
}

function rowOf(path: string, place: number, bytes: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const row = Buffer.alloc(bytes)
    readSync(file, row, 0, bytes, bytes * place)
    return row
  } finally {
    closeSync(file)
  }
}
