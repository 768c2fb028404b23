import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeEngine } from '../engine/node.ts'
import type { FaceFinder } from '../faces/face.ts'
import { loadFaceFinder } from '../faces/find.ts'
import { readTensorFlowJs } from '../formats/tensorflowjs/read.ts'

/**
 * Finds faces in Node, by the models inside the npm package @vladmandic/human.
 *
 * @param options.threads of one run; all cores where not given
 */
export async function openFaceFinder(options: { threads?: number } = {}): Promise<FaceFinder> {
  const [detector, mesh] = ['blazeface', 'facemesh'].map((name) => readTensorFlowJs(modelFile(name)))
  return loadFaceFinder(nodeEngine(options), { detector: detector!, mesh: mesh! })
}

// The package names nothing but its programs for import, so that the folder is found from one of them.
function modelFile(name: string): string {
  const program = fileURLToPath(import.meta.resolve('@vladmandic/human'))
  return join(dirname(program), '..', 'models', `${name}.json`)
}
