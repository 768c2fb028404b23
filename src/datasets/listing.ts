import { closeSync, constants, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { HEIC_REMEDY, readsHeic } from '../pictures/heic.ts'

/** File names of photos in readable formats; those of iPhones where their decoder is installed. */
export const PICTURE = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|bmp|dib|hei[cf])$/i

const HEIC = /\.hei[cf]$/i

/** Files that cannot be read as photos, by their endings, and what to do to have them read. */
const OTHERS: readonly { readonly endings: RegExp; readonly remedy: string }[] = [
  { endings: HEIC, remedy: `For HEIC: ${lower(HEIC_REMEDY)}` },
  {
    endings: /\.(jp2|j2k|jpx|jpf|jxl|jxr|svg|psd|tga|pcx|ppm|pgm|raw|dng|cr[23]|nef|arw|orf|rw2|raf)$/i,
    remedy: 'Save pictures as JPEG or PNG',
  },
  {
    endings: /\.(mp4|m4v|mov|avi|mkv|webm|mpe?g|wmv|3gp|mts)$/i,
    remedy: 'Save frames of videos as pictures',
  },
  { endings: /\.(zip|tar|t?gz|7z|rar)$/i, remedy: 'Unpack archives' },
]

/** What to do about files that cannot be read as photos; empty where nothing can be done. */
export function remediesFor(endings: Iterable<string>): string[] {
  const all = [...endings]
  return OTHERS.filter(({ endings }) => all.some((ending) => endings.test(ending))).map(
    ({ remedy }) => remedy,
  )
}

function lower(sentence: string): string {
  return sentence[0]!.toLowerCase() + sentence.slice(1)
}

/** How files of these formats begin; WebP has its mark after a length, AVIF after a size. */
const BEGINNINGS: readonly RegExp[] = [
  /^\xff\xd8\xff/,
  /^\x89PNG\r\n/,
  /^RIFF.{4}WEBP/s,
  /^GIF8[79]a/,
  /^(II\*\0|MM\0\*)/,
  /^.{4}ftypavif/s,
  /^BM.{4}\0{4}/s,
]

/** Whether a file is a photo in one of these formats: by its name, or, where that lacks an ending, by how it begins. */
export function isPicture(path: string): boolean {
  if (HEIC.test(path)) return readsHeic()
  return (
    PICTURE.test(path) || (extname(path) === '' && BEGINNINGS.some((mark) => mark.test(beginningOf(path))))
  )
}

function beginningOf(path: string): string {
  const head = Buffer.alloc(12)
  try {
    // Reading a pipe would wait.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      return head.toString('latin1', 0, readSync(file, head, 0, head.length, 0))
    } finally {
      closeSync(file)
    }
  } catch {
    // A file that cannot be opened here, or is a pipe, does not count as a photo.
    return ''
  }
}

/**
 * Which files exist. Each folder is listed once, which for a data set of many photos is much faster than checking one
 * file after another.
 */
export class Listing {
  private readonly folders = new Map<string, { readonly path: string; readonly names: Map<string, string> }>()

  /**
   * The path of a file as on disk: `é` may be one character or two, and the program that packed a data set may have
   * written it differently from its table, or with Windows separators.
   *
   * @returns undefined where there is no such file
   */
  find(path: string): string | undefined {
    return this.at(path) ?? (path.includes('\\') ? this.at(path.replaceAll('\\', '/')) : undefined)
  }

  private at(path: string): string | undefined {
    const folder = this.list(dirname(path))
    const name = folder.names.get(basename(path).normalize())
    return name === undefined ? undefined : join(folder.path, name)
  }

  private list(path: string): { path: string; names: Map<string, string> } {
    const known = this.folders.get(path)
    if (known) return known
    const names = namesIn(path)
    const other = names || dirname(path) === path ? undefined : this.at(path)
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

/** Files that systems and programs, not people, leave in folders of photos. */
const LEFT_BEHIND = /^(\..*|__MACOSX|Thumbs\.db|desktop\.ini|@eaDir)$/i

/** A file below a folder by its path from there, or a folder and the reason why it cannot be listed. */
export interface Below {
  readonly below: string
  readonly reason?: string
  readonly isPhoto?: boolean
}

/**
 * All files below a folder, in the same order on every machine: its own, then those of each folder in it. A link that
 * leads back up is not followed.
 *
 * @param except a folder to skip, if any
 */
export function filesBelow(root: string, except?: string): Below[] {
  return filesIn(root, '', except, [])
}

function filesIn(root: string, below: string, except: string | undefined, above: readonly string[]): Below[] {
  const folder = join(root, below)
  if (except !== undefined && resolve(folder) === resolve(except)) return []
  try {
    const real = realpathSync(folder)
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

/**
 * The contents of a folder, in the same order on every machine, without hidden (`.DS_Store`) and left-behind
 * (`__MACOSX`) files.
 *
 * @throws UserError when the folder cannot be listed
 */
export function contentOf(folder: string): { readonly files: string[]; readonly folders: string[] } {
  const [files, folders]: string[][] = [[], []]
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (LEFT_BEHIND.test(entry.name)) continue
      const what = entry.isSymbolicLink()
        ? statSync(join(folder, entry.name), { throwIfNoEntry: false })
        : entry
      if (what?.isDirectory()) folders!.push(entry.name)
      else files!.push(entry.name)
    }
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = isGone ? 'there is no such folder' : `the folder cannot be read (${messageOf(error)})`
    throw new UserError(reason, folder, 'Check the path')
  }
  return { files: files!.sort(), folders: folders!.sort() }
}
