import { realpathSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { contentOf, PICTURE } from './listing.ts'

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
 * @param except a folder that is passed over: what is made of the photos may lie in their folder
 * @returns the photos in order, and the folders without any
 * @throws UserError when a folder cannot be listed
 */
export function photoFiles(
  paths: readonly string[],
  except: string,
): { readonly photos: PhotoFile[]; readonly empty: string[] } {
  const [photos, empty]: [PhotoFile[], string[]] = [[], []]
  const taken = new Set<string>()
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      photos.push({ path, name: unique(basename(path), taken) })
      continue
    }
    const inside = picturesIn(path, '', except)
    if (inside.length === 0) empty.push(path)
    for (const name of inside) photos.push({ path: join(path, name), name: unique(name, taken) })
  }
  return { photos, empty }
}

/** The pictures below a folder, as paths from there. */
function picturesIn(root: string, below: string, except: string, above: readonly string[] = []): string[] {
  const folder = join(root, below)
  const real = realpathSync(folder)
  // A link may lead back up.
  if (resolve(folder) === resolve(except) || above.includes(real)) return []
  const { files, folders } = contentOf(folder)
  return [
    ...files.filter((name) => PICTURE.test(name)).map((name) => join(below, name)),
    ...folders.flatMap((name) => picturesIn(root, join(below, name), except, [...above, real])),
  ]
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
