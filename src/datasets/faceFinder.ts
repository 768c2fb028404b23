import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../base/errors.ts'
import { sha256Of } from '../base/hash.ts'
import { nodeEngine } from '../engine/node.ts'
import { type FaceFinder, type FoundFace, isMarked, mainFace } from '../faces/face.ts'
import { loadFaceFinder } from '../faces/find.ts'
import { readModelFile } from '../formats/node.ts'
import type { Image } from '../pictures/image.ts'

const MODELS = { detector: 'blazeface', mesh: 'facemesh' }

/**
 * Finds faces in Node, by the models inside the npm package @vladmandic/human.
 *
 * @param options.threads of one run; all cores where not given
 */
export async function openFaceFinder(options: { threads?: number } = {}): Promise<FaceFinder> {
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

// The package names nothing but its programs for import, so that the folder is found from one of them.
function modelFile(name: string): string {
  const program = fileURLToPath(import.meta.resolve('@vladmandic/human'))
  return join(dirname(program), '..', 'models', name)
}

let ofThread: Promise<FaceFinder> | undefined

/** Find faces in a thread among others: on one core, and with models that are read when the first photo comes. */
export async function findFaces(photo: Image): Promise<FoundFace[]> {
  ofThread ??= openFaceFinder({ threads: 1 })
  return (await ofThread).find(photo)
}

/**
 * The one of the faces that a photo is of.
 *
 * @throws UserError when there is none, or the mesh network did not make it out
 */
export function requireMain(faces: readonly FoundFace[], photo: Image): FoundFace {
  const face = mainFace(faces, photo)
  if (!face) throw new UserError('no face was found in it')
  if (!isMarked(face)) throw new UserError(notMarked(face))
  return face
}

/** What to say of a face that the mesh network did not make out. */
export function notMarked({ box: { left, top, width, height } }: FoundFace): string {
  const [x, y] = [left + width / 2, top + height / 2].map((place) => place.toFixed(0))
  return `eyes, nose and mouth were not made out in the face around (${x}, ${y})`
}
