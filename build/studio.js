/**
 * Build the page of the studio into `dist/studio`, unless it is newer than everything that it is built from: npm runs
 * this when `npx regard` is first used in a checkout.
 */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isBundle, isNewer, newest } from './newer.js'

const root = fileURLToPath(new URL('..', import.meta.url))

const times = [
  newest(join(root, 'studio')),
  newest(join(root, 'dist'), isBundle),
  newest(join(root, 'package.json')),
  // Models shows its tables.
  newest(join(root, 'docs/networks.md')),
]
if (!isNewer(join(root, 'dist/studio/index.html'), times)) {
  const { build } = await import('vite')
  await build({ root: join(root, 'studio'), logLevel: 'warn' })
}
