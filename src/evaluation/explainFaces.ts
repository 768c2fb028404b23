/** Explains all faces of a data set, as the network sees them. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { sha256Of } from '../base/hash.ts'
import { version } from '../base/version.ts'
import type { Watch } from '../base/watch.ts'
import { type Dataset, type Face, skippedBelow } from '../datasets/dataset.ts'
import { partNames } from '../datasets/partNames.ts'
import { pooled } from '../explanation/pooled.ts'
import { agesToAsk } from '../models/ages.ts'
import { compositeOf } from '../models/explain.ts'
import { fitted } from '../pictures/fit.ts'
import { type Asked, askedOf, askingOf } from './asking.ts'
import { type Evaluable, requireSquare } from './evaluate.ts'
import { type ExplainEachOptions, explainEach } from './explainEach.ts'
import { type ExplainedFaces, ExplainedStore, GRID, THUMBNAIL } from './explainedFaces.ts'

/** What to explain about each face, and how. */
export interface ExplainFacesOptions extends ExplainEachOptions, Watch, Asked {
  /** Holds a folder for each network, data set and way of explaining. */
  readonly folder: string
}

/**
 * Explain every face of a data set, continuing an earlier call with the same options.
 *
 * @param faces those to explain
 * @throws UserError where no face can be used, or the folder cannot be written; the signal's reason, when that stops
 *   it: what was explained until then is kept
 */
export async function explainFaces(
  evaluable: Evaluable,
  dataset: Dataset,
  faces: readonly Face[],
  options: ExplainFacesOptions,
): Promise<ExplainedFaces> {
  const { preprocessing } = evaluable
  const { size } = preprocessing
  const asking = askingOf(evaluable, dataset.faces, options)
  requireSquare(evaluable)
  const usable = askedOf(asking, faces, evaluable, dataset)
  const grid = [Math.min(GRID, size.height), Math.min(GRID, size.width)] as const
  const parts = partNames(faces)
  const store = new ExplainedStore(
    join(options.folder, keyOf(evaluable, dataset, options)),
    grid[0] * grid[1],
  )
  try {
    const left = usable.filter(({ id }) => !store.known.has(id))
    const { progress } = options
    progress?.(usable.length - left.length, usable.length)
    if (left.length > 0) {
      let at = 0
      for await (const one of explainEach(evaluable, asking, left, parts.length, options)) {
        at++
        if ('reason' in one) store.add(one)
        else {
          const small = fitted(one.shown, SMALL, 'stretch')
          store.add(one.line, { map: pooled(one.map, GRID).data, picture: small.data })
        }
        progress?.(usable.length - left.length + at, usable.length)
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
      skipped: skippedBelow([...dataset.skipped, ...skipped], dataset.root),
    }
  } finally {
    store.close()
  }
}

const SMALL = { width: THUMBNAIL, height: THUMBNAIL }

/** The name of the folder for a network, data set and way of explaining. */
export function keyOf(
  { model, task, alignment, preprocessing }: Evaluable,
  { kind, root, faces }: Dataset,
  {
    composite,
    method,
    class: asked = 'top',
    rather,
  }: Pick<ExplainEachOptions, 'composite' | 'method'> & Asked,
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
    [model.output, model.kind, model.task, model.classes, agesToAsk(model)],
    kind,
    root,
    partNames(faces),
    nodes,
  ]
  const given = faces.map((face) => [face, filesOf(face).map(editionOf)])
  return sha256Of(
    // Attributes may hold 64-bit whole numbers, which JSON lacks.
    JSON.stringify(head, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
    JSON.stringify(given),
    'planes' in mean ? mean.planes : JSON.stringify(mean),
    ...[...initializers.values()].map(({ data }) => data as NodeJS.ArrayBufferView),
  ).slice(0, 16)
}

/** All files that a face is made from. */
function filesOf({ photo, landmarks, mask, published = {} }: Face): string[] {
  return [photo, landmarks, mask, ...Object.values(published)].filter((file) => file !== undefined)
}

/** Tells a file from what it was before it was changed; a file that is missing is told where it is used. */
function editionOf(file: string): readonly [size?: number, changed?: number] {
  const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {}
  return [size, mtimeMs]
}
