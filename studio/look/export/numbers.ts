/** Looks as numbers: relevance as `.npy`, everything else as JSON. */

import { writeNpy } from 'regard'
import { version } from '../../../package.json'
import { compositeOfCard, type LookState, wayFor } from '../store.ts'
import type { Taken } from './taken.ts'

/** The relevance of each pixel: float32 [height, width]. */
export function relevanceFile({ look: { map } }: Taken): Uint8Array<ArrayBuffer> {
  const { width, height, data } = map
  return new Uint8Array(writeNpy({ type: 'float32', shape: [height, width], data }))
}

/** Settings, answers and shares; nothing about the photo except its size. */
export function numbersFile(state: LookState, taken: readonly Taken[]): string {
  const { photo, face, align, drawing, strokes } = state
  return `${JSON.stringify(
    {
      regard: version,
      settings: {
        photo: photo && { width: photo.width, height: photo.height, faces: photo.faces.length },
        face: face < 0 ? null : face + 1,
        align,
        edited: strokes.length > 0,
        drawing,
      },
      maps: taken.map((each) => numbersOf(state, each)),
    },
    null,
    2,
  )}\n`
}

function numbersOf(state: LookState, { network, question, look }: Taken) {
  const { task, class: asked, minus } = question
  return {
    network: network.id,
    input: network.size ?? null,
    question: { task, class: asked, minus: minus ?? null },
    explained: look.name,
    probability: look.probability ?? null,
    value: look.value ?? null,
    logit: look.logit,
    reached: look.reached,
    layer: look.layer ?? null,
    by: look.by,
    rules: wayFor(state, network) ?? compositeOfCard(network),
    answers: look.answers.map(({ task, output, classes, value }) => ({
      task: task ?? null,
      output,
      classes,
      value: value ?? null,
    })),
    parts: look.shares.flatMap((share, k) => (share.area > 0 ? [{ part: look.parts[k], ...share }] : [])),
    conservation: look.conservation.map(({ value: _, ...row }) => row),
    warnings: look.warnings,
  }
}
