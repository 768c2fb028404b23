/** Explains faces one after another, each cut out as for the network's training, with its parts. */

import type { Watch } from '../base/watch.ts'
import { alignFaces } from '../datasets/alignFaces.ts'
import type { Face, Skipped } from '../datasets/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import { sharesByPart } from '../explanation/byPart.ts'
import { coherenceOf } from '../explanation/coherence.ts'
import { type PixelRelevance, pixelRelevance } from '../explanation/heatMap.ts'
import type { NamedMethod } from '../explanation/methods.ts'
import type { TensorOf } from '../graph/types.ts'
import { loadModelExplainer } from '../models/explain.ts'
import { inputOf, pictureOf } from '../models/input.ts'
import type { Image } from '../pictures/image.ts'
import type { Composite } from '../rules/composites/composite.ts'
import type { Asking } from './asking.ts'
import type { Evaluable } from './evaluate.ts'
import type { ExplainedFace } from './explainedFaces.ts'
import { groupsOf } from './testRecord.ts'

/** How to explain faces. */
export interface ExplainEachOptions extends Pick<Watch, 'signal'> {
  readonly engine: Engine
  /** By default the card's, or else the network's default. */
  readonly composite?: Composite
  readonly method?: NamedMethod
}

/** An explained face and its map. */
export interface ExplainedOne {
  readonly line: ExplainedFace
  readonly map: PixelRelevance
  /** The network's input, and the same as a picture. */
  readonly input: TensorOf<'float32'>
  readonly shown: Image
  /** The weight of each logit in the explained target. */
  readonly target: Float32Array
}

/**
 * Explain faces in order.
 *
 * @param faces each with a question
 * @param parts how many parts they have: see `partNames`
 * @returns for each face its map and what it says, or why the face cannot be used
 * @throws the signal's reason, when that stops it
 */
export async function* explainEach(
  { alignment, preprocessing }: Evaluable,
  asking: Asking,
  faces: readonly Face[],
  parts: number,
  { engine, composite, method, signal }: ExplainEachOptions,
): AsyncGenerator<ExplainedOne | Skipped> {
  const { picture, layout } = preprocessing
  const explainer = await loadModelExplainer(asking.model, {
    engine,
    composite: method ? undefined : composite,
    method,
  })
  try {
    let at = 0
    for await (const aligned of alignFaces(faces, alignment, picture.height, { parts: true })) {
      signal?.throwIfAborted()
      const face = faces[at++]!
      if (typeof aligned === 'string') {
        yield { face: face.id, reason: aligned }
        continue
      }
      const square = { width: picture.width, height: picture.height, data: aligned.picture! }
      const input = inputOf(square, preprocessing)
      const { explanation, ...answered } = await asking.explain(explainer, face, input, signal)
      const map = pixelRelevance(explanation.relevance, layout)
      const labels = aligned.parts && { ...square, data: aligned.parts }
      const line: ExplainedFace = {
        face: face.id,
        subject: face.subject,
        ...answered,
        groups: groupsOf(face),
        logit: explanation.logit,
        reached: map.data.reduce((sum, value) => sum + value, 0),
        warned: explanation.warnings.length > 0,
        parts: labels ? sharesByPart(map, labels, parts) : null,
        coherence: coherenceOf(map),
      }
      yield { line, map, input, shown: pictureOf(input, preprocessing), target: explanation.target }
    }
  } finally {
    await explainer.release()
  }
}
