/** Explaining all faces of a data set, as a network was shown them. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { sha256Of } from '../base/hash.ts'
import { version } from '../base/version.ts'
import type { Watch } from '../base/watch.ts'
import { alignFaces } from '../datasets/alignFaces.ts'
import type { Dataset, Face } from '../datasets/dataset.ts'
import { PARTS } from '../datasets/synthetic/parts.ts'
import type { Engine } from '../engine/engine.ts'
import { sharesByPart } from '../explanation/byPart.ts'
import { coherenceOf } from '../explanation/coherence.ts'
import { pixelRelevance } from '../explanation/heatMap.ts'
import type { NamedMethod } from '../explanation/methods.ts'
import { pooled } from '../explanation/pooled.ts'
import { FACE_PARTS } from '../faces/parts.ts'
import { compositeOf, loadModelExplainer } from '../models/explain.ts'
import { inputOf, pictureOf } from '../models/input.ts'
import { requirePreprocessing } from '../models/model.ts'
import { fitted } from '../pictures/fit.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { type Asked, askingOf } from './asking.ts'
import type { Evaluable } from './evaluate.ts'
import { type ExplainedFace, type ExplainedFaces, ExplainedStore, GRID, THUMBNAIL } from './explainedFaces.ts'
import { groupsOf } from './testRecord.ts'

/** What is explained of each face, and how. */
export interface ExplainFacesOptions extends Watch, Asked {
  readonly engine: Engine
  /** The card's, or the default one, where neither is given. */
  readonly composite?: Composite
  readonly method?: NamedMethod
  /** Holds a folder for each network, data set and way of explaining. */
  readonly folder: string
}

/**
 * Explain every face of a data set, or take up what an earlier call has explained in the same way.
 *
 * @param faces those to explain
 * @throws UserError where no face can be used, or the folder cannot be written; the signal's reason, when that stops it:
 *   what was explained until then stays
 */
export async function explainFaces(
  evaluable: Evaluable,
  dataset: Dataset,
  faces: readonly Face[],
  options: ExplainFacesOptions,
): Promise<ExplainedFaces> {
  const { alignment } = evaluable
  const asking = askingOf(evaluable, dataset, options)
  const { model } = asking
  const preprocessing = requirePreprocessing(model)
  const { size, picture, layout } = preprocessing
  if (picture.width !== picture.height) {
    throw new UserError(
      `its pictures are ${picture.height} × ${picture.width}, and parts are found in square ones`,
      model.path,
    )
  }
  const usable = faces.filter((face) => asking.asks(face) !== undefined)
  if (usable.length === 0) {
    throw new UserError(`no face has a label for the task ${evaluable.task}`, dataset.root)
  }
  const grid = [Math.min(GRID, size.height), Math.min(GRID, size.width)] as const
  const parts = faces.some(({ mask }) => mask !== undefined) ? PARTS : FACE_PARTS
  const store = new ExplainedStore(
    join(options.folder, keyOf(evaluable, dataset, options)),
    grid[0] * grid[1],
  )
  try {
    const left = usable.filter(({ id }) => !store.known.has(id))
    const { signal, progress } = options
    progress?.(usable.length - left.length, usable.length)
    if (left.length > 0) {
      const { engine, composite, method } = options
      const explainer = await loadModelExplainer(model, {
        engine,
        composite: method ? undefined : composite,
        method,
      })
      try {
        let at = 0
        for await (const aligned of alignFaces(left, alignment, picture.height, { parts: true })) {
          signal?.throwIfAborted()
          const face = left[at++]!
          if (typeof aligned === 'string') store.add({ face: face.id, reason: aligned })
          else {
            const shown = { width: picture.width, height: picture.height, data: aligned.picture! }
            const { explanation, ...answered } = await asking.explain(explainer, face, shown, signal)
            const map = pixelRelevance(explanation.relevance, layout)
            const labels = aligned.parts && { ...shown, data: aligned.parts }
            const line: ExplainedFace = {
              face: face.id,
              subject: face.subject,
              ...answered,
              groups: groupsOf(face),
              logit: explanation.logit,
              reached: map.data.reduce((sum, value) => sum + value, 0),
              warned: explanation.warnings.length > 0,
              parts: labels ? sharesByPart(map, labels, parts.length) : null,
              coherence: coherenceOf(map),
            }
            const small = fitted(pictureOf(inputOf(shown, preprocessing), preprocessing), SMALL, 'stretch')
            store.add(line, { map: pooled(map, GRID).data, picture: small.data })
          }
          progress?.(usable.length - left.length + at, usable.length)
        }
      } finally {
        await explainer.release()
      }
    }
    const { skipped, ...explained } = store.read(usable.map(({ id }) => id))
    if (explained.faces.length === 0) {
      throw new UserError(
        `none of its ${usable.length} faces can be used. The first: ${skipped[0]!.reason}`,
        dataset.root,
      )
    }
    return {
      ...explained,
      grid,
      parts,
      classes: asking.classes,
      skipped: [...dataset.skipped, ...skipped],
    }
  } finally {
    store.close()
  }
}

const SMALL = { width: THUMBNAIL, height: THUMBNAIL }

/** What tells one network, data set and way of explaining from another: the name of their folder. */
export function keyOf(
  { model, task, alignment, preprocessing }: Evaluable,
  { kind, root, faces }: Dataset,
  { composite, method, class: asked = 'top', rather }: ExplainFacesOptions,
): string {
  const way = method ?? compositeOf(model, composite)
  const { nodes, initializers } = model.network
  const { mean, ...rest } = preprocessing
  const head = [
    version,
    task,
    alignment,
    asked,
    [...(rather ?? [])],
    way,
    rest,
    model.output,
    kind,
    root,
    nodes,
  ]
  const photos = faces.map((face) => {
    const { size, mtimeMs } = statSync(face.photo, { throwIfNoEntry: false }) ?? {}
    return [face, size, mtimeMs]
  })
  return sha256Of(
    JSON.stringify(head),
    JSON.stringify(photos),
    'planes' in mean ? mean.planes : JSON.stringify(mean),
    ...[...initializers.values()].map(({ data }) => data as NodeJS.ArrayBufferView),
  ).slice(0, 16)
}
