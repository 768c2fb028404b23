import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { requireWritableFolder, writeAtomic } from '../base/files.ts'
import { networksHere, studioFiles } from './files.ts'

/** Write the studio as a folder that any file server can serve, from any path. */
export function writeStudio(out: string): void {
  requireWritableFolder(out)
  for (const [name, path] of studioFiles()) {
    mkdirSync(dirname(join(out, name)), { recursive: true })
    copyFileSync(path, join(out, name))
  }
  writeAtomic(join(out, 'models/index.json'), JSON.stringify(networksHere()))
  // The page asks the server for studies; this file answers that there is none.
  writeAtomic(join(out, 'api/folders'), 'null')
}
