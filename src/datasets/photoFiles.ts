import { statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { Skipped } from './dataset.ts'
import { filesBelow, PICTURE, remediesFor } from './listing.ts'

/** A photo, and the name for files that are made from it. */
export interface PhotoFile {
  readonly path: string
  /** Unique, regardless of capitals and of how accents are encoded; without an ending. */
  readonly name: string
}

/** The most bytes of a name, so that an ending and a number still fit into a file name (255 bytes). */
const LONGEST = 200

/**
 * The photos that paths name: a file, whatever its name, and in a folder all pictures in it and its folders. Those with
 * the same name in different folders get a number.
 *
 * @param except a folder to skip, if any: what is made from the photos may lie in their folder
 * @returns the photos in order, the folders that cannot be listed or hold no photos, and how many files in folders are
 *   not photos, by their endings
 */
export function photoFiles(
  paths: readonly string[],
  except?: string,
): {
  readonly photos: PhotoFile[]
  readonly skipped: Skipped[]
  readonly left: ReadonlyMap<string, number>
} {
  const [photos, skipped]: [PhotoFile[], Skipped[]] = [[], []]
  const taken = new Set<string>()
  const left = new Map<string, number>()
  for (const path of paths) {
    if (!isFolder(path)) {
      photos.push({ path, name: unique(basename(path), taken) })
      continue
    }
    const before = photos.length + skipped.length
    const own = new Map<string, number>()
    for (const { below, reason, isPhoto } of filesBelow(path, except)) {
      if (reason === undefined && !isPhoto) add(own, extname(below).toLowerCase())
      else if (reason === undefined) photos.push({ path: join(path, below), name: unique(below, taken) })
      else skipped.push({ face: join(path, below), reason })
    }
    if (photos.length + skipped.length === before) {
      const others = own.size > 0 ? ` that regard reads, but ${leftInWords(own)}` : ''
      skipped.push({ face: path, reason: `holds no photos${others}` })
      continue
    }
    for (const [ending, count] of own) add(left, ending, count)
  }
  return { photos, skipped, left }
}

function add(counts: Map<string, number>, ending: string, by = 1): void {
  counts.set(ending, (counts.get(ending) ?? 0) + by)
}

/** How many files of which endings were left out, and how to have them read, in words. */
export function leftInWords(counts: ReadonlyMap<string, number>): string {
  const most = [...counts].sort(([, a], [, b]) => b - a)
  const kinds = most.map(([ending, count]) => `${count} ${ending || 'without an ending'}`).join(', ')
  return [kinds, ...remediesFor(counts.keys())].join('. ')
}

// A path that cannot be examined is taken for a photo: reading it reports why it cannot be read.
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function unique(file: string, taken: Set<string>): string {
  const stem = [...file.replace(PICTURE, '')]
  while (Buffer.byteLength(basename(stem.join(''))) > LONGEST) stem.pop()
  let name = stem.join('')
  for (let k = 2; taken.has(key(name)); k++) name = `${stem.join('')}-${k}`
  taken.add(key(name))
  return name
}

function key(name: string): string {
  return name.normalize().toLowerCase()
}
