/**
 * Build the page of the studio into `dist/studio`, unless it is newer than everything that it is built from: npm runs
 * this when `npx regard` is first used in a checkout.
 */

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'dist/studio/index.html')
/** A folder's own time does not count: copying makes it new, even if nothing in it is. */
const changed = (path) => {
  const status = statSync(path)
  return status.isDirectory() ? 0 : status.mtimeMs
}
const isPage = (name) => name.split(/[\\/]/)[0] === 'studio'

/** When something in a folder last changed. */
function newest(folder, skips = () => false) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !skips(name))
  return names.reduce((most, name) => Math.max(most, changed(join(folder, name))), 0)
}

const made = Math.max(
  newest(join(root, 'studio')),
  newest(join(root, 'dist'), isPage),
  changed(join(root, 'package.json')),
)
if (!existsSync(page) || changed(page) < made) {
  const { build } = await import('vite')
  await build({ root: join(root, 'studio'), logLevel: 'warn' })
}
