/**
 * The faces of a data set as one network explained them, in a folder: the basis of profiles, comparisons and the atlas.
 * Each face is explained once; a stopped command continues where it was.
 *
 * `faces.jsonl` has a line for each face, `maps.f32` the map of each, from some distance, one after another, and
 * `pictures.rgb` what the network saw, as small pictures. All grow at their ends, so killing the process loses at most
 * the last few faces.
 */

import { existsSync, mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { append, readBytes } from '../base/files.ts'
import { Lock } from '../base/lock.ts'
import type { Skipped } from '../datasets/dataset.ts'
import type { PartShare } from '../explanation/byPart.ts'
import type { Coherence } from '../explanation/coherence.ts'

/** How many parts a stored map has along each side; a smaller map keeps its pixels. */
export const GRID = 32

/** The side of the stored pictures, in pixels. */
export const THUMBNAIL = 64

/** A network's answer to one face, and what its map says. */
export interface ExplainedFace {
  readonly face: string
  readonly subject: string
  /** The index of the class that the data set gives it; null where it gives none. */
  readonly truth: number | null
  /** The network's own answer. */
  readonly answer: number
  /** The probability of the answer; 1 for an age that is one number. */
  readonly probability: number
  /** The explained class; null for an expected age or another number. */
  readonly explained: number | null
  /** Its groups by the labels of the data set: `age 25-32`, `gender f`. */
  readonly groups: readonly string[]
  /** The explained logit, and how much of it reached the input. */
  readonly logit: number
  readonly reached: number
  /** Whether the map's own sums speak against it. */
  readonly warned: boolean
  /** For each part of the face; null where the parts are not known. */
  readonly parts: readonly PartShare[] | null
  readonly coherence: Coherence
}

/** One network's explanations of a data set. */
export interface ExplainedFaces {
  /** In the order of the data set. */
  readonly faces: readonly ExplainedFace[]
  /** The map of each face: its mean relevance in equal parts of the picture, row by row. */
  readonly maps: readonly Float32Array[]
  /** What the network saw of each face: RGB, {@link THUMBNAIL} pixels a side. */
  readonly pictures: readonly Uint8Array[]
  /** The height and width of the maps. */
  readonly grid: readonly [rows: number, columns: number]
  /** The names of the parts. */
  readonly parts: readonly string[]
  /** The names of the answers' classes. */
  readonly classes: readonly string[]
  /** Faces that could not be used. */
  readonly skipped: readonly Skipped[]
}

/** A line of the file: an explained face, or one that could not be explained. */
type Line = ExplainedFace | Skipped

/** How many faces are kept in memory before they are written. */
const TOGETHER = 16

/** What is stored along with a face's line. */
interface Pictured {
  readonly map: Float32Array
  readonly picture: Uint8Array
}

/** A file of rows with equally many bytes. */
interface RowFile {
  readonly path: string
  readonly bytes: number
}

/** A folder that explained faces are added to. */
export class ExplainedStore {
  private readonly lines: string
  private readonly maps: RowFile
  private readonly pictures: RowFile
  private readonly lock: Lock
  private waiting: { line: Line; pictured?: Pictured }[] = []
  /** By the face's id. */
  readonly known = new Map<string, Line>()

  /**
   * Open a folder, and read what is intact in it.
   *
   * @param size how many numbers a map has
   * @throws UserError where another process is adding to it, or it cannot be written
   */
  constructor(folder: string, size: number) {
    mkdirSync(folder, { recursive: true })
    this.lines = join(folder, 'faces.jsonl')
    this.maps = { path: join(folder, 'maps.f32'), bytes: 4 * size }
    this.pictures = { path: join(folder, 'pictures.rgb'), bytes: 3 * THUMBNAIL ** 2 }
    this.lock = Lock.take(join(folder, 'lock'), 'the explanation of these faces')
    this.repair()
  }

  /**
   * Cut off what a killed process left half-written: all files are cut after the last face that is complete in each.
   */
  private repair(): void {
    if (!existsSync(this.lines)) return
    const text = readFileSync(this.lines, 'utf8')
    const files = [this.maps, this.pictures]
    const rows = Math.min(...files.map(rowsIn))
    let [end, explained] = [0, 0]
    for (let next = text.indexOf('\n'); next >= 0; next = text.indexOf('\n', end)) {
      const line = JSON.parse(text.slice(end, next)) as Line
      if (isExplained(line) && explained++ === rows) {
        explained--
        break
      }
      this.known.set(line.face, line)
      end = next + 1
    }
    cutTo(this.lines, Buffer.byteLength(text.slice(0, end)))
    for (const { path, bytes } of files) cutTo(path, bytes * explained)
  }

  /** Add an explained face, or one that could not be explained. */
  add(line: Line, pictured?: Pictured): void {
    this.known.set(line.face, line)
    this.waiting.push({ line, pictured })
    if (this.waiting.length >= TOGETHER) this.flush()
  }

  /** Write what is waiting: pictures first, so that every line has its pictures. */
  private flush(): void {
    const { waiting } = this
    if (waiting.length === 0) return
    // If it cannot be written, it is not tried again at the end: the maps of these faces would be there twice, and those
    // of later faces would belong to others. What is half-written is cut off when the folder is opened again.
    this.waiting = []
    const pictured = waiting.flatMap((each) => each.pictured ?? [])
    append(this.maps.path, Buffer.concat(pictured.map(({ map }) => bytesOf(map))))
    append(this.pictures.path, Buffer.concat(pictured.map(({ picture }) => picture)))
    append(this.lines, waiting.map(({ line }) => `${JSON.stringify(line)}\n`).join(''))
  }

  /** Write what is waiting, and unlock the folder. */
  close(): void {
    try {
      this.flush()
    } finally {
      this.lock.release()
    }
  }

  /** All known faces with their maps and pictures, in the order of these ids. */
  read(ids: Iterable<string>): Pick<ExplainedFaces, 'faces' | 'maps' | 'pictures' | 'skipped'> {
    this.flush()
    const lines = [...ids].flatMap((id) => this.known.get(id) ?? [])
    const faces = lines.filter(isExplained)
    const places = new Map([...this.known.values()].filter(isExplained).map(({ face }, k) => [face, k]))
    const rowsOf = ({ path, bytes }: RowFile) => {
      const all = existsSync(path) ? readBytes(path) : new Uint8Array()
      return faces.map(({ face }) => {
        const at = bytes * places.get(face)!
        // A copy, aligned for its numbers: what is read may be a Buffer, whose slices are views.
        return new Uint8Array(all.subarray(at, at + bytes))
      })
    }
    return {
      faces,
      maps: rowsOf(this.maps).map(({ buffer }) => new Float32Array(buffer)),
      pictures: rowsOf(this.pictures),
      skipped: lines.filter((line): line is Skipped => !isExplained(line)),
    }
  }
}

function cutTo(path: string, bytes: number): void {
  if (existsSync(path) && statSync(path).size > bytes) truncateSync(path, bytes)
}

function rowsIn({ path, bytes }: RowFile): number {
  return existsSync(path) ? Math.floor(statSync(path).size / bytes) : 0
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function isExplained(line: Line): line is ExplainedFace {
  return 'answer' in line
}
