/** What `regard explain` writes: pictures, relevance and figures of each explanation. */

import { writeAtomic } from '../base/files.ts'
import type { ShownPhoto } from '../evaluation/facesIn.ts'
import { relevanceByPart } from '../explanation/byPart.ts'
import type { Question } from '../explanation/classes.ts'
import type { Explainer } from '../explanation/explain.ts'
import { pixelRelevance } from '../explanation/heatMap.ts'
import { METHODS, type NamedMethod } from '../explanation/methods.ts'
import { drawnInto, type PlacedMap } from '../explanation/overlay.ts'
import { meshFromLandmarks } from '../faces/meshFromLandmarks.ts'
import { FACE_PARTS, partsInCut } from '../faces/parts.ts'
import { writeNpy } from '../formats/npy.ts'
import type { TensorOf } from '../graph/types.ts'
import type { ModelExplanation } from '../models/explain.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { type Affine, composeAffine } from '../pictures/affine.ts'
import { enlarged } from '../pictures/enlarged.ts'
import { fitted } from '../pictures/fit.ts'
import type { Image, Point } from '../pictures/image.ts'
import { readPhoto, writePicture } from '../pictures/node.ts'
import { sideBySide } from '../pictures/sideBySide.ts'

/** The least height of the pictures that are written, in pixels. */
const SIDE = 320
/** The greatest side of a photo that maps are drawn into. */
const PHOTO_SIDE = 1600

/** One question about each input, and the suffix of its files after the input's name. */
export interface Task {
  readonly question: Question
  readonly suffix: string
}

/** What all inputs are explained with, for one answer of the model. */
export interface Job {
  readonly model: Model
  readonly explainer: Explainer
  readonly tasks: readonly Task[]
  readonly layers: readonly { readonly name: string; readonly value: string }[]
  /** What computed the relevance, as in NAME.json. */
  readonly by: { readonly composite: string | null; readonly method?: NamedMethod['method'] }
  /** Whether the parts of a map add up to the explained value, so that they can be given in its unit. */
  readonly addsUp: boolean
  /** The landmarks of the face, if given. */
  readonly landmarks: readonly Point[] | undefined
}

/** One picture of an input that the network sees. */
export interface Seen {
  readonly tensor: TensorOf<'float32'>
  /** Where it lies in its photo, if it was cut out of one. */
  readonly face?: ShownPhoto['faces'][number]
  /** The suffix of its files after the input's name. */
  readonly suffix: string
}

/** Draw the maps of a photo's faces into the photo, one picture for each question. */
export async function drawInto(
  path: string,
  to: string,
  maps: ReadonlyMap<string, readonly PlacedMap[]>,
): Promise<void> {
  const { photo, scale } = shrunk(await readPhoto(path))
  for (const [suffix, placed] of maps) {
    const there = placed.map(({ map, toPhoto }) => ({ map, toPhoto: composeAffine(scale, toPhoto) }))
    await writePicture(`${to}${suffix}.photo.png`, drawnInto(photo, there))
  }
}

/** A photo shrunk to the size that maps are drawn into, and the map to it from the original. */
function shrunk(photo: Image): { photo: Image; scale: Affine } {
  const by = Math.min(1, PHOTO_SIDE / Math.max(photo.width, photo.height))
  const size = { width: Math.round(by * photo.width), height: Math.round(by * photo.height) }
  if (by === 1) return { photo, scale: [1, 0, 0, 0, 1, 0] }
  const scale: Affine = [size.width / photo.width, 0, 0, 0, size.height / photo.height, 0]
  return { photo: fitted(photo, size, 'stretch'), scale }
}

/** How much of a map lies in each part of a face; undefined where the parts are unknown. */
export function byPart(
  { relevance }: ModelExplanation,
  { map: toPhoto, mesh }: NonNullable<Seen['face']>,
  { landmarks, model }: Job,
): Record<string, number> | undefined {
  const { size, picture, layout } = requirePreprocessing(model)
  const marked = mesh ?? (landmarks && meshFromLandmarks(landmarks))
  if (!toPhoto || !marked || picture.width !== picture.height || relevance.shape.length !== 4)
    return undefined
  const map = pixelRelevance(relevance, layout)
  if (map.width !== size.width) return undefined
  return relevanceByPart(map, partsInCut(marked, toPhoto, picture.height), FACE_PARTS)
}

/** Write the pictures, the relevance and the figures of one explanation, the figures last. */
export async function write(
  to: string,
  input: string,
  question: Question,
  explanation: ModelExplanation,
  job: Job,
  { face, parts }: Pick<Seen, 'face'> & { readonly parts: Record<string, number> | undefined },
): Promise<void> {
  const { model, layers, by } = job
  const { seen, map, relevance, outputs, logit, conservation } = explanation
  if (seen && map) {
    // Small networks see small pictures, which would be hard to make out.
    const by = Math.ceil(SIDE / seen.height)
    const pictures = [seen, map].map((picture) => enlarged(picture, by))
    await writePicture(`${to}.png`, sideBySide(pictures))
    await writePicture(`${to}.map.png`, pictures[1]!)
  }
  writeAtomic(`${to}.relevance.npy`, writeNpy(relevance))
  for (const { name, value } of layers)
    writeAtomic(`${to}.${fileName(name)}.npy`, writeNpy(explanation.layers[value]!))
  const { minus, reference } = question
  const record = {
    model: model.path,
    input,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { logits, probabilities }]) => [
        name,
        { logits: [...logits], probabilities: probabilities ? [...probabilities] : null },
      ]),
    ),
    // A map that is the same for every class is about none.
    target: METHODS[by.method ?? 'relevance'].ofClass
      ? {
          output: model.output,
          class: explanation.class,
          name: explanation.name,
          // Unless it is a single class, the weight of each logit in the target.
          ...(explanation.class === undefined ? { weights: [...explanation.target] } : {}),
          value: explanation.value,
          ...(typeof minus === 'number' ? { minus, minusName: model.classes[minus] } : {}),
          ...(typeof minus === 'object' ? { minus: minus.name } : {}),
          ...(reference === undefined ? {} : { minus: reference }),
          // The value is not a logit of a class.
          ...(['number', 'other'].includes(model.kind) ? { kind: model.kind } : {}),
          logit,
        }
      : null,
    ...by,
    parts,
    ...(face?.map && { face: { ...face.found, toPhoto: face.map } }),
    warnings: explanation.warnings,
    conservation,
  }
  writeAtomic(`${to}.json`, `${JSON.stringify(record, undefined, 2)}\n`)
}

/** A name as part of a file's name: characters that file systems refuse become `_`. */
export function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._+-]+/gu, '_')
}
