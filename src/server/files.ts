/** The files of the studio, and where each of them lies: the page's own, the networks', the runtime's. */

import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../base/errors.ts'
import { faceModels } from '../faces/node.ts'
import { builtInPath } from '../models/node.ts'
import { type BuiltInName, builtIn } from '../networks/builtIn/index.ts'

/** A table of what can be requested, so that no path can lead elsewhere. */
export type StudioFiles = ReadonlyMap<string, string>

/** Where the built page lies. */
const PAGE = fileURLToPath(new URL('../../dist/studio/', import.meta.url))

/** The networks that find faces. */
const FINDERS = ['blazeface', 'facemesh'].flatMap((name) => [`${name}.json`, `${name}.bin`])

const RUNTIME = 'ort-wasm-simd-threaded'

/**
 * All files of the studio, by their paths below its address, without a slash at the beginning. Networks and runtime
 * come from their npm packages.
 *
 * @param page the folder of the built page
 * @throws UserError where the page is not built
 */
export function studioFiles(page: string = PAGE): StudioFiles {
  if (!existsSync(join(page, 'index.html')))
    throw new UserError("the studio's page is not built", page, 'Run npm run build')
  const files = new Map<string, string>()
  for (const name of readdirSync(page, { recursive: true, encoding: 'utf8' })) {
    const path = join(page, name)
    if (statSync(path).isFile()) files.set(name.split(/[\\/]/).join('/'), path)
  }
  const finders = fileURLToPath(faceModels())
  for (const name of FINDERS) files.set(`models/${name}`, join(finders, name))
  for (const name of networksHere()) {
    for (const file of Object.keys(builtIn[name].files))
      files.set(`models/${file}`, join(dirname(builtInPath(name)), file))
  }
  const runtime = dirname(fileURLToPath(import.meta.resolve('onnxruntime-web/wasm')))
  for (const build of ['', '.asyncify']) {
    const name = `${RUNTIME}${build}.wasm`
    files.set(`runtime/${name}`, join(runtime, name))
  }
  return files
}

/** The built-in networks that are on this machine. */
export function networksHere(): BuiltInName[] {
  return (Object.keys(builtIn) as BuiltInName[]).filter((name) => existsSync(builtInPath(name)))
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.tex': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.yaml': 'text/plain; charset=utf-8',
}

/** The media type of a file, by its ending. */
export function typeOf(path: string): string {
  return TYPES[extname(path)] ?? 'application/octet-stream'
}
