/**
 * How parsers reach the files of a model's folder: through a function that the caller passes, so that they read from a
 * disk (`node.ts`), from a server or from memory alike.
 *
 * A model has a path, which may be a URL or a bare name: messages use it, and its last part is the file's name in its
 * folder.
 */

import { UserError } from '../base/errors.ts'

/**
 * Gives the bytes of a file.
 *
 * @param name relative to the model's folder: `model.onnx`, or `parts/1.bin` in a folder inside it; never a path that
 *   leads out of it
 * @param referred whether the model's content asks for the file: then a link that leads out of the folder must not be
 *   followed either, because a model from a stranger must not be able to have other files read
 * @throws MissingFile (as a rejection) where there is no such file: readers look for several; any other error is
 *   passed on
 */
export type Files = (name: string, referred?: boolean) => Promise<Uint8Array>

/** Thrown where there is no such file. */
export class MissingFile extends UserError {
  override name = 'MissingFile'

  /**
   * @param where the file, for messages
   * @param what what is wrong with it
   */
  constructor(where: string, what = 'there is no such file') {
    super(what, where)
  }
}

/** A file's name in its folder. */
export function nameOf(path: string): string {
  return path.replace(/^.*[/\\]/s, '')
}

/** The path of a file in the same folder. */
export function pathBeside(path: string, name: string): string {
  return path.slice(0, path.length - nameOf(path).length) + name
}

/** The bytes of an optional file: undefined where it is missing. */
export async function readIfThere(files: Files, name: string): Promise<Uint8Array | undefined> {
  try {
    return await files(name)
  } catch (error) {
    if (error instanceof MissingFile) return undefined
    throw error
  }
}

/**
 * Read the files that a model refers to.
 *
 * @param locations their paths, as the model has them
 * @param path of the model
 * @returns their bytes by location
 * @throws UserError when one is missing, or lies outside the model's folder
 */
export async function readReferred(
  locations: Iterable<string>,
  path: string,
  files: Files,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  // All readers take from one list.
  const waiting = [...new Set(locations)].values()
  const readSome = async () => {
    for (const location of waiting) found.set(location, await readOne(location, path, files))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, readSome))
  return found
}

/** Files read at once: a network connection is slow for each file, and a process can open only so many. */
const AT_ONCE = 6

async function readOne(location: string, path: string, files: Files): Promise<Uint8Array> {
  const name = inside(location)
  if (name === undefined) {
    throw new UserError(`the model refers to ${location}, outside its own folder: refused`, path)
  }
  try {
    return await files(name, true)
  } catch (error) {
    if (!(error instanceof MissingFile)) throw error
    throw new UserError(`the model's weights are missing: ${pathBeside(path, name)} does not exist`, path)
  }
}

/** A location without `.` and `..`; undefined where it is absolute, a URL, or leads out of its folder. */
function inside(location: string): string | undefined {
  if (/^([/\\]|[a-z][a-z\d+.-]*:)/i.test(location)) return undefined
  const steps: string[] = []
  for (const step of location.split(/[/\\]/)) {
    if (step === '' || step === '.') continue
    if (step !== '..') steps.push(step)
    else if (steps.pop() === undefined) return undefined
  }
  return steps.length > 0 ? steps.join('/') : undefined
}
