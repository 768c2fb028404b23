import { closeSync, constants, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'

/** File names of photos in the formats that can be read. */
export const PICTURE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i

/** How files of these formats begin; WebP has its mark behind a length, AVIF behind a size. */
const BEGINNINGS: readonly RegExp[] = [
  /^\xff\xd8\xff/,
  /^\x89PNG\r\n/,
  /^RIFF.{4}WEBP/s,
  /^GIF8[79]a/,
  /^(II\*\0|MM\0\*)/,
  /^.{4}ftypavif/s,
]

/** Whether a file is a photo in one of these formats: by its name, or, where that has no ending, by how it begins. */
export function isPicture(path: string): boolean {
  return (
    PICTURE.test(path) || (extname(path) === '' && BEGINNINGS.some((mark) => mark.test(beginningOf(path))))
  )
}

function beginningOf(path: string): string {
  const head = Buffer.alloc(12)
  try {
    // A pipe would be waited for.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      return head.toString('latin1', 0, readSync(file, head, 0, head.length, 0))
    } finally {
      closeSync(file)
    }
  } catch {
    // What cannot be opened here, or is a pipe, is no photo by its beginning.
    return ''
  }
}

/**
 * Which files are there. Each folder is listed once, which for a data set of many photos is much faster than asking for
 * one file after the other.
 */
export class Listing {
  private readonly folders = new Map<string, { readonly path: string; readonly names: Map<string, string> }>()

  /**
   * The path of a file as the disk has it: `é` may be written as one character or as two, and the program that packed a
   * data set may have written it otherwise than its table.
   *
   * @returns undefined where there is no such file
   */
  find(path: string): string | undefined {
    const folder = this.list(dirname(path))
    const name = folder.names.get(basename(path).normalize())
    return name === undefined ? undefined : join(folder.path, name)
  }

  private list(path: string): { path: string; names: Map<string, string> } {
    const known = this.folders.get(path)
    if (known) return known
    const names = namesIn(path)
    const other = names || dirname(path) === path ? undefined : this.find(path)
    const folder =
      other === undefined || other === path ? { path, names: names ?? new Map() } : this.list(other)
    this.folders.set(path, folder)
    return folder
  }
}

function namesIn(path: string): Map<string, string> | undefined {
  try {
    return new Map(readdirSync(path).map((name) => [name.normalize(), name]))
  } catch {
    return undefined
  }
}

/**
 * What lies in a folder, in one order on every machine; not what is hidden (`.DS_Store`).
 *
 * @throws UserError when the folder cannot be listed
 */
export function contentOf(folder: string): { readonly files: string[]; readonly folders: string[] } {
  const [files, folders]: string[][] = [[], []]
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const what = entry.isSymbolicLink()
        ? statSync(join(folder, entry.name), { throwIfNoEntry: false })
        : entry
      if (what?.isDirectory()) folders!.push(entry.name)
      else files!.push(entry.name)
    }
  } catch (error) {
    throw new UserError(`the folder cannot be read (${messageOf(error)})`, folder, 'Check the path')
  }
  return { files: files!.sort(), folders: folders!.sort() }
}
