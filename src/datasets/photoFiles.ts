import { realpathSync, statSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { Skipped } from './dataset.ts'
import { contentOf, isPicture, PICTURE } from './listing.ts'

/** A photo, and what to call what is made of it. */
export interface PhotoFile {
  readonly path: string
  /** Unlike that of any other, in capitals or not, and however its accents are written; without an ending. */
  readonly name: string
}

/** Bytes of a name, so that an ending and a number fit beside it into a file name (255 bytes). */
const LONGEST = 200

/**
 * The photos that paths name: a file is one, whatever it is called, and of a folder all pictures in it and its folders
 * are. What is called the same in different folders gets a number.
 *
 * @param except a folder that is passed over, where there is one: what is made of the photos may lie in their folder
 * @returns the photos in order, the folders that cannot be listed or hold no photos, and how many files in folders are no
 *   photos, by their endings
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
    for (const { below, reason, isPhoto } of filesIn(path, '', except)) {
      if (reason === undefined && !isPhoto) add(own, extname(below).toLowerCase())
      else if (reason === undefined) photos.push({ path: join(path, below), name: unique(below, taken) })
      else skipped.push({ face: join(path, below), reason })
    }
    if (photos.length + skipped.length === before) {
      const others = own.size > 0 ? ` that regard reads, but ${kindsInWords(own)}` : ''
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

/** How many files of which endings: words. */
export function kindsInWords(counts: ReadonlyMap<string, number>): string {
  const most = [...counts].sort(([, a], [, b]) => b - a)
  return most.map(([ending, count]) => `${count} ${ending || 'without an ending'}`).join(', ')
}

/** A file below a folder by its path from there, or a folder and the reason why it cannot be listed. */
interface Below {
  readonly below: string
  readonly reason?: string
  readonly isPhoto?: boolean
}

function filesIn(
  root: string,
  below: string,
  except: string | undefined,
  above: readonly string[] = [],
): Below[] {
  const folder = join(root, below)
  if (except !== undefined && resolve(folder) === resolve(except)) return []
  try {
    const real = realpathSync(folder)
    // A link may lead back up.
    if (above.includes(real)) return []
    const { files, folders } = contentOf(folder)
    return [
      ...files.map((name) => ({ below: join(below, name), isPhoto: isPicture(join(folder, name)) })),
      ...folders.flatMap((name) => filesIn(root, join(below, name), except, [...above, real])),
    ]
  } catch (error) {
    return [{ below, reason: messageOf(error) }]
  }
}

// Whatever cannot be looked at is taken for a photo: reading it says why it cannot be.
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
