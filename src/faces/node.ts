/** The face finder in Node, with the networks inside the npm package @vladmandic/human. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { sha256Of } from '../base/hash.ts'
import { nodeEngine } from '../engine/node.ts'
import { readModelFile } from '../formats/node.ts'
import type { FaceFinder } from './face.ts'
import { loadFaceFinder } from './find.ts'

const MODELS = { detector: 'blazeface', mesh: 'facemesh' }

/**
 * Load the networks that find faces.
 *
 * @param options.threads of one run; by default one for each core
 */
export async function packagedFaceFinder(options: { threads?: number } = {}): Promise<FaceFinder> {
  const [detector, mesh] = await Promise.all([
    readModelFile(modelFile(`${MODELS.detector}.json`)),
    readModelFile(modelFile(`${MODELS.mesh}.json`)),
  ])
  return loadFaceFinder(await nodeEngine(options), { detector, mesh })
}

/** The SHA-256 of the models, in hexadecimal. */
export function digestModels(): string {
  const files = Object.values(MODELS).flatMap((name) => [`${name}.json`, `${name}.bin`])
  return sha256Of(...files.map((file) => readFileSync(modelFile(file))))
}

/** The folder that holds the models. */
export function faceModels(): URL {
  return pathToFileURL(modelFile('/'))
}

// The package exports only its programs, so the folder is found from one of them.
function modelFile(name: string): string {
  const program = fileURLToPath(import.meta.resolve('@vladmandic/human'))
  return join(dirname(program), '..', 'models', name)
}
