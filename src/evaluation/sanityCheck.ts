/**
 * Whether a network's maps show anything that it has learnt: they are compared with the maps of the same network with
 * shuffled weights, on the same faces.
 */

import { existsSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { append } from '../base/files.ts'
import { sha256Of } from '../base/hash.ts'
import { Lock } from '../base/lock.ts'
import type { Watch } from '../base/watch.ts'
import type { Dataset, Face, Skipped } from '../datasets/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import type { Explainer } from '../explanation/explain.ts'
import { pixelRelevance } from '../explanation/heatMap.ts'
import { randomisable, shuffled } from '../explanation/measures/randomised.ts'
import {
  gridSize,
  LEVEL,
  type SanityTest,
  sanityGrid,
  sanityTest,
} from '../explanation/measures/sanityTest.ts'
import type { TensorOf } from '../graph/types.ts'
import { requirePreprocessing } from '../models/model.ts'
import { type Asked, type Asking, askedOf, askingOf } from './asking.ts'
import type { Evaluable } from './evaluate.ts'
import { keyOf } from './explainFaces.ts'
import { loadWay, type Way } from './measure.ts'
import { isControl } from './measureTable.ts'
import { showAll } from './shownFaces.ts'

/**
 * How many shuffled networks a network is compared with: p is at least 1 / 40, so it is below 0.05 only at that value.
 */
export const SHUFFLED = 39

/** What to check. */
export interface SanityCheckOptions extends Watch, Asked {
  readonly engine: Engine
  /** By their names. */
  readonly methods: ReadonlyMap<string, Way>
  /** Holds a folder for each network, data set and question. */
  readonly folder: string
}

/** The result of the check. */
export interface SanityCheck {
  /** The tests, by the names of the methods. */
  readonly tests: ReadonlyMap<string, SanityTest>
  /** The ids of the faces, in the order of the tests. */
  readonly faces: readonly string[]
  readonly skipped: readonly Skipped[]
}

/**
 * Test the maps of a network against those of the same network with shuffled weights, continuing an earlier call. All
 * are asked the same question; if that is the network's own answer, each is asked for its own. So a network with random
 * weights is one of many, and p is exact.
 *
 * Each network is loaded once for each method and explains all faces; only the grids of its maps are kept.
 *
 * @throws UserError where no face can be used, the network lacks weights to shuffle, or a method does not fit it; the
 *   signal's reason, when that stops it: the networks that have explained all faces by then are kept
 */
export async function checkSanity(
  evaluable: Evaluable,
  dataset: Dataset,
  faces: readonly Face[],
  options: SanityCheckOptions,
): Promise<SanityCheck> {
  const { engine, methods, signal, progress } = options
  const asking = askingOf(evaluable, dataset.faces, options)
  const { model } = asking
  const known = randomisable(model.network, model.output)
  if (known.layers.length === 0) {
    throw new UserError('no convolution or inner product has weights to shuffle', model.path)
  }
  const { shown, skipped } = await showAll(evaluable, dataset, askedOf(asking, faces, evaluable, dataset), {
    signal,
  })
  const ids = shown.map(({ face }) => face.id)
  const key = sha256Of(keyOf(evaluable, dataset, options), JSON.stringify(ids)).slice(0, 16)
  const folder = join(options.folder, `sanity-${key}`)
  const lock = Lock.take(join(folder, 'lock'), 'the check of these maps')
  try {
    const size = gridSize(evaluable.preprocessing.size)
    const files = new Map(
      [...methods.keys()].map((name) => [name, new GridFile(join(folder, `${name}.f32`), ids.length, size)]),
    )
    const networks = SHUFFLED + 1
    const total = methods.size * networks * ids.length
    let done = [...files.values()].reduce((sum, { count }) => sum + count * ids.length, 0)
    for (let k = 0; k < networks; k++) {
      const left = [...methods].filter(([name]) => files.get(name)!.count <= k)
      if (left.length === 0) continue
      // The network's own maps come from the same graph, with its constants computed.
      const network = k === 0 ? known.network : shuffled(known, `sanity ${k}`)
      for (const [name, way] of left) {
        const explainer = await loadWay(engine, { ...model, network }, way, [])
        try {
          const grids: Float32Array[] = []
          for (const { face, input } of shown) {
            signal?.throwIfAborted()
            grids.push((await gridOf(asking, explainer, face, input, signal)) ?? new Float32Array(size))
            progress?.(++done, total)
          }
          files.get(name)!.add(grids)
        } finally {
          await explainer.release()
        }
      }
    }
    const tests = new Map([...files].map(([name, file]) => [name, sanityTest(file.read())]))
    return { tests, faces: ids, skipped: [...dataset.skipped, ...skipped] }
  } finally {
    lock.release()
  }
}

/** The grid of a face's map; undefined where there is none: shuffled weights may give NaN. */
async function gridOf(
  asking: Asking,
  explainer: Explainer,
  face: Face,
  input: TensorOf<'float32'>,
  signal: AbortSignal | undefined,
): Promise<Float32Array | undefined> {
  try {
    const { explanation } = await asking.explain(explainer, face, input, signal)
    return sanityGrid(pixelRelevance(explanation.relevance, requirePreprocessing(asking.model).layout))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return undefined
  }
}

/** The result for a method, in a sentence or two. */
export function sanityInWords(method: string, { pOfFaces, told, p, flat }: SanityTest): string {
  const isTold = p < LEVEL
  const found = `${told} of ${pOfFaces.length} faces; over all faces p = ${Number(p.toFixed(3))}`
  const sentences = [
    `The maps by ${method} ${isTold ? 'differ' : 'do not differ'} from those of networks with shuffled weights: ${found}.`,
  ]
  if (!isTold) {
    sentences.push(
      isControl(method)
        ? 'That is what a control should do.'
        : 'That does not prove that the network has learned nothing, only that this test cannot see it in these maps.',
    )
  }
  if (flat.own > 0 || flat.shuffled > 0)
    sentences.push(
      `${flat.own} of its own maps and ${flat.shuffled} of the ${SHUFFLED * pOfFaces.length} others are empty.`,
    )
  return sentences.join(' ')
}

/** The grids of a method in a file that grows by one network at a time, the original first. */
class GridFile {
  private readonly path: string
  private readonly faces: number
  private readonly size: number
  /** How many networks are in it. */
  count = 0

  constructor(path: string, faces: number, size: number) {
    this.path = path
    this.faces = faces
    this.size = size
    if (!existsSync(path)) return
    const bytes = 4 * faces * size
    this.count = Math.floor(statSync(path).size / bytes)
    // The last one may have been cut short when the process was killed.
    truncateSync(path, this.count * bytes)
  }

  add(grids: readonly Float32Array[]): void {
    append(this.path, Buffer.concat(grids.map(({ buffer }) => new Uint8Array(buffer))))
    this.count++
  }

  /** For each network the grids of its maps, one for each face. */
  read(): Float32Array[][] {
    const { buffer } = Uint8Array.from(readFileSync(this.path))
    return Array.from({ length: this.count }, (_, network) =>
      Array.from(
        { length: this.faces },
        (_, face) => new Float32Array(buffer, 4 * (network * this.faces + face) * this.size, this.size),
      ),
    )
  }
}
