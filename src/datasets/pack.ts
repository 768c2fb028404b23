/**
 * Packs: files of square pictures of one size, in colour or with one number for each pixel. Each picture is a record
 * that can be checked by itself: a key of 32 bytes for what it was made from; the SHA-256 of its pixels, 32 bytes; its
 * pixels. So a pack that was cut short or damaged still gives all other pictures, and so does one that a killed process
 * left behind.
 *
 * Pictures are read from the file where they are used. The operating system caches what it has room for, and frees that
 * memory when something else needs it.
 */

import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { AtomicFile } from '../base/files.ts'
import { sha256Of } from '../base/hash.ts'

/** Where a picture is stored. Threads share open files, so this can be passed to a worker. */
export interface StoredPicture {
  /** The descriptor of an open file. */
  readonly file: number
  /** The offset of its first byte in the file. */
  readonly offset: number
  /** The side of the picture, in pixels. */
  readonly size: number
  /** Bytes a pixel. */
  readonly channels: Channels
  /** The SHA-256 of its pixels, in hexadecimal. */
  readonly sha256: string
}

/** Bytes a pixel: red, green and blue, or one number. */
export type Channels = 1 | 3

/** The pictures of a pack, by their keys. */
export interface Pack {
  readonly pictures: ReadonlyMap<string, StoredPicture>
  /** Whether the file ends within a record. */
  readonly cut: boolean
  /** Close the file; pictures cannot be read afterwards. */
  close(): void
}

const HEADER = 64

/**
 * Open a pack. Its file stays open until the pack is closed or the process ends, so that its pictures stay the same
 * when another process replaces the pack. Pixels are not checked: see {@link isIntact}.
 *
 * @param size the side of its pictures, in pixels
 * @param channels bytes a pixel
 * @returns undefined where there is no such file
 */
export function openPack(path: string, size: number, channels: Channels = 3): Pack | undefined {
  if (!existsSync(path)) return undefined
  const file = openSync(path, 'r')
  const record = HEADER + bytesOf(size, channels)
  const { size: length } = fstatSync(file)
  const pictures = new Map<string, StoredPicture>()
  const header = Buffer.alloc(HEADER)
  for (let at = 0; at + record <= length; at += record) {
    readSync(file, header, 0, HEADER, at)
    const [key, sha256] = [header.toString('hex', 0, 32), header.toString('hex', 32)]
    pictures.set(key, { file, offset: at + HEADER, size, channels, sha256 })
  }
  return { pictures, cut: length % record !== 0, close: () => closeSync(file) }
}

/** Writes a pack, which appears in full after `commit`, or not at all. */
export class PackWriter {
  /** The keys of the pictures that it has. */
  readonly keys = new Set<string>()
  private readonly file: AtomicFile

  constructor(path: string) {
    this.file = new AtomicFile(path)
  }

  /**
   * Add a picture, unless there is one with this key.
   *
   * @param key 32 bytes, in hexadecimal
   * @param pixels size · size pixels: 3 bytes each, RGB interleaved, or one
   * @param sha256 of the pixels, where they come from another pack, so that damage on the way shows
   */
  add(key: string, pixels: Uint8Array, sha256 = hashOf(pixels)): void {
    if (this.keys.has(key)) return
    this.keys.add(key)
    this.file.write(Buffer.from(key + sha256, 'hex'))
    this.file.write(pixels)
  }

  /** Flush to the disk and replace the previous pack. */
  commit(): void {
    this.file.commit()
  }

  /** Give up: the previous pack stays. */
  discard(): void {
    this.file.discard()
  }
}

/**
 * Read a picture.
 *
 * @param into where it goes, 3 · size · size bytes, or size · size; by default a new array
 * @returns 8-bit RGB, interleaved, or one byte a pixel; row by row
 * @throws UserError when the file has been cut short since
 */
export function readPicture(
  { file, offset, size, channels }: StoredPicture,
  into: Uint8Array = new Uint8Array(bytesOf(size, channels)),
): Uint8Array {
  const bytes = bytesOf(size, channels)
  if (readSync(file, into, 0, bytes, offset) !== bytes) {
    throw new UserError(
      'a file of prepared pictures became shorter while it was in use',
      undefined,
      'Run the same command again: it prepares them again',
    )
  }
  return into
}

/** Whether a picture's pixels are those that were written. */
export function isIntact(picture: StoredPicture, buffer?: Uint8Array): boolean {
  return hashOf(readPicture(picture, buffer)) === picture.sha256
}

function hashOf(pixels: Uint8Array): string {
  return sha256Of(pixels)
}

function bytesOf(size: number, channels: Channels): number {
  return channels * size * size
}
