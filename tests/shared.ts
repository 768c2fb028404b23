import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = fileURLToPath(new URL('../../shared', import.meta.url))

/** The folder of real photos, models and published numbers beside the repository; undefined in a plain clone. */
export const shared: string | undefined = existsSync(path) ? path : undefined

if (!shared) console.warn('SKIPPED: tests that need the folder ../shared, which is not here')
