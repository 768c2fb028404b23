import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A folder's own time does not count: copying makes it new, even if nothing in it is. */
const changed = (path) => {
  const status = statSync(path)
  return status.isDirectory() ? 0 : status.mtimeMs
}

/**
 * When something in a folder, or a file, last changed, in milliseconds.
 *
 * @param skips whether a name within the folder does not count
 */
export function newest(path, skips = () => false) {
  if (!statSync(path).isDirectory()) return changed(path)
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => !skips(name))
  return names.reduce((most, name) => Math.max(most, changed(join(path, name))), 0)
}

/** Whether a name in `dist` is of something that is bundled from the rest of it. */
export const isBundle = (name) => ['studio', 'program'].includes(name.split(/[\\/]/)[0])

/** Whether a file is there, and newer than everything that it is made from. */
export function isNewer(file, times) {
  return existsSync(file) && changed(file) >= Math.max(...times)
}
