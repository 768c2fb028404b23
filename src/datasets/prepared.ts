/**
 * Prepared faces: every face of a data set, decoded, aligned and resized once and kept in a pack, so that training
 * reads pictures and decodes no photos.
 *
 * A picture is found by its content: the key of all that it is made from. So where a photo or its landmarks changed,
 * only that picture is made again; data that was moved or copied keeps its pictures; and what a killed process made is
 * not made again. The same holds for the parts of faces, which lie in packs of their own.
 */

import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { abandonedOf } from '../base/files.ts'
import type { Alignment } from '../faces/align.ts'
import type { Aligned } from './align.worker.ts'
import { alignFaces } from './alignFaces.ts'
import type { Dataset, Face } from './dataset.ts'
import {
  type Channels,
  isIntact,
  openPack,
  type Pack,
  PackWriter,
  readPicture,
  type StoredPicture,
} from './pack.ts'
import { type PictureKeys, pictureKeys, sourceOf } from './pictureKey.ts'

/** The aligned faces of a data set. */
export interface PreparedFaces {
  readonly as: Alignment
  /** The side of each picture, in pixels. */
  readonly size: number
  /** The faces that could be prepared, in the order of the data set; not always the same for `r` and `i`. */
  readonly faces: readonly Face[]
  /** The picture of each of `faces`. */
  readonly pictures: readonly StoredPicture[]
  /** The faces that could not be prepared, and why. */
  readonly skipped: readonly { readonly face: Face; readonly reason: string }[]
  /** How many of the pictures were made now, not kept from before. */
  readonly made: number
}

/**
 * Align every face of a data set, or take the pictures from an earlier call where they were made from the same.
 * Pictures that were damaged since then are made again, and a message on standard error says so.
 *
 * A picture that the publishers aligned this way is used unchanged, made square by repeating its edge pixels; otherwise
 * the face is aligned by its landmarks; without these, the photo's main face is looked for (`mainFace`). A photo or
 * landmark file that cannot be used, and a photo without a face, is skipped, with its reason. The pictures stay on the
 * disk and are read one by one, so that a data set may be larger than memory; their file stays open until the process
 * ends.
 *
 * @param size the side of the pictures, in pixels
 * @param folder where the pictures are kept; made if it is missing
 * @param progress called after each face
 * @throws UserError when not one face could be prepared, or the pictures cannot be written
 */
export function prepareFaces(
  dataset: Dataset,
  as: Alignment,
  size: number,
  folder: string,
  progress?: (done: number, total: number) => void,
): Promise<PreparedFaces> {
  return prepareAll(PICTURES, dataset, as, size, folder, progress)
}

/**
 * Label, for every face of a data set, the part at each pixel of its aligned picture, as {@link prepareFaces} makes
 * that.
 *
 * @returns as `pictures`, one byte a pixel: the index of its part among those that `partNames` gives, or 255 in all of
 *   a picture in which no face was recognised
 * @throws UserError as there
 */
export function prepareParts(
  dataset: Dataset,
  as: Alignment,
  size: number,
  folder: string,
  progress?: (done: number, total: number) => void,
): Promise<PreparedFaces> {
  return prepareAll(LABELS, dataset, as, size, folder, progress)
}

/** The label of every pixel of a picture whose parts are unknown. */
const UNKNOWN = 255

/** A kind of prepared data: where it is kept, and which part of an aligned face it is. */
interface Kind {
  readonly ending: string
  readonly channels: Channels
  readonly parts: boolean
  readonly keyOf: (keys: PictureKeys) => string
  readonly pixelsOf: (face: Aligned) => Uint8Array
}

const PICTURES: Kind = {
  ending: 'pictures',
  channels: 3,
  parts: false,
  keyOf: ({ key }) => key,
  pixelsOf: ({ picture }) => picture,
}

const LABELS: Kind = {
  ending: 'parts',
  channels: 1,
  parts: true,
  keyOf: ({ partsKey }) => partsKey!,
  pixelsOf: ({ picture, parts }) => parts ?? new Uint8Array(picture.length / 3).fill(UNKNOWN),
}

async function prepareAll(
  kind: Kind,
  dataset: Dataset,
  as: Alignment,
  size: number,
  folder: string,
  progress?: (done: number, total: number) => void,
): Promise<PreparedFaces> {
  const path = join(folder, `${dataset.kind}-${as}-${size}.${kind.ending}`)
  const cache = new Cache(path, size, kind.channels)
  try {
    const { keys, skipped } = await keysOf(kind, dataset, as, size, cache, progress)
    const pictures = cache.close([...keys.values()])
    return {
      as,
      size,
      faces: [...keys.keys()].map((index) => dataset.faces[index]!),
      pictures,
      skipped: [...skipped].map(([index, reason]) => ({ face: dataset.faces[index]!, reason })),
      made: cache.made,
    }
  } catch (error) {
    cache.keep()
    throw error
  }
}

/** Make sure that every picture is in the cache; gives its key, or why it cannot be made, by the face's index. */
async function keysOf(
  kind: Kind,
  { faces, root }: Dataset,
  as: Alignment,
  size: number,
  cache: Cache,
  progress?: (done: number, total: number) => void,
) {
  const keys = new Map<number, string>()
  const skipped = new Map<number, string>()
  const tell = () => progress?.(keys.size + skipped.size, faces.length)
  // Most often, all pictures exist: to find that out takes no threads, whose start would take longer.
  const missing: number[] = []
  for (let start = 0; start < faces.length; start += AT_ONCE) {
    const some = faces.slice(start, start + AT_ONCE)
    const found = cache.isEmpty ? [] : await Promise.all(some.map((face) => knownKey(kind, face, as, size)))
    for (const k of some.keys()) {
      const key = found[k]
      if (key === undefined || !cache.has(key)) missing.push(start + k)
      else {
        keys.set(start + k, key)
        tell()
      }
    }
  }
  if (missing.length > 0) {
    const chosen = missing.map((index) => faces[index]!)
    let at = 0
    for await (const result of alignFaces(chosen, as, size, { parts: kind.parts })) {
      const index = missing[at++]!
      if (typeof result === 'string') skipped.set(index, result)
      else {
        const key = kind.keyOf(result)
        if (!cache.has(key)) cache.add(key, kind.pixelsOf(result))
        keys.set(index, key)
      }
      tell()
    }
  }
  if (keys.size === 0) {
    const [reason] = skipped.values()
    throw new UserError(`none of its ${faces.length} faces can be used. The first: ${reason}`, root)
  }
  const inOrder = new Map([...keys].sort(([a], [b]) => a - b))
  return { keys: inOrder, skipped: new Map([...skipped].sort(([a], [b]) => a - b)) }
}

/** The key of a face's picture; undefined where something that it is made from cannot be read. */
async function knownKey(kind: Kind, face: Face, as: Alignment, size: number): Promise<string | undefined> {
  try {
    const recipe = { as, size, parts: kind.parts }
    return kind.keyOf(await pictureKeys(face, await sourceOf(face, as), recipe))
  } catch (error) {
    // Who makes the picture says so.
    if (error instanceof UserError) return undefined
    throw error
  }
}

/** How many photos are read at the same time. */
const AT_ONCE = 16

/** The pack of one alignment and size, with what killed processes left of it, and the pack that replaces it. */
class Cache {
  made = 0
  private readonly path: string
  private readonly size: number
  private readonly channels: Channels
  private readonly pack: Pack | undefined
  private readonly buffer: Uint8Array
  private readonly intact = new Set<string>()
  private readonly damaged = new Set<string>()
  private writer: PackWriter | undefined

  constructor(path: string, size: number, channels: Channels) {
    this.path = path
    this.size = size
    this.channels = channels
    this.buffer = new Uint8Array(channels * size * size)
    this.pack = openPack(path, size, channels)
    const left = abandonedOf(path).map((temporary) => openPack(temporary, size, channels)!)
    // They are removed once a new pack is begun, which first takes over what is intact in them.
    for (const { pictures, close } of left) {
      for (const [key, picture] of pictures) {
        if (isIntact(picture, this.buffer))
          this.open().add(key, readPicture(picture, this.buffer), picture.sha256)
      }
      close()
    }
  }

  /** Whether there are no pictures yet. */
  get isEmpty(): boolean {
    return (this.pack?.pictures.size ?? 0) + (this.writer?.keys.size ?? 0) === 0
  }

  /** Whether a picture exists and is intact. */
  has(key: string): boolean {
    if (this.writer?.keys.has(key) || this.intact.has(key)) return true
    const kept = this.pack?.pictures.get(key)
    if (!kept || this.damaged.has(key)) return false
    const whole = isIntact(kept, this.buffer)
    ;(whole ? this.intact : this.damaged).add(key)
    return whole
  }

  add(key: string, pixels: Uint8Array): void {
    this.open().add(key, pixels)
    this.made++
  }

  /** Put the new pack, if there is one, in place, and give the pictures of these keys. */
  close(keys: readonly string[]): StoredPicture[] {
    let pack = this.pack
    if (this.writer) {
      this.commit(this.writer, keys)
      pack = openPack(this.path, this.size, this.channels)
    }
    if (this.damaged.size > 0 || this.pack?.cut) {
      console.error(`${this.path}: was damaged; ${this.made} of ${keys.length} pictures were prepared again`)
    }
    return keys.map((key) => {
      const picture = pack?.pictures.get(key)
      if (picture) return picture
      throw new UserError('was changed by another process', this.path, 'Run the same command again')
    })
  }

  /** Stop before all is done: what was made is kept for next time, if it can be written. */
  keep(): void {
    if (!this.writer) return
    try {
      this.commit(this.writer, this.pack?.pictures.keys() ?? [])
    } catch {
      this.writer.discard()
    }
  }

  private commit(writer: PackWriter, keys: Iterable<string>): void {
    for (const key of keys) {
      const picture = this.pack?.pictures.get(key)
      if (picture && !writer.keys.has(key) && !this.damaged.has(key)) {
        writer.add(key, readPicture(picture, this.buffer), picture.sha256)
      }
    }
    writer.commit()
    this.pack?.close()
  }

  private open(): PackWriter {
    this.writer ??= new PackWriter(this.path)
    return this.writer
  }
}
