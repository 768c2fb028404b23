/** Choosing the composite whose maps are the most faithful for a network, on its own faces. */

import { UserError } from '../base/errors.ts'
import type { Watch } from '../base/watch.ts'
import { type Dataset, type Face, labelOf } from '../datasets/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import { compositeOf } from '../models/explain.ts'
import type { Composite } from '../rules/composites/composite.ts'
import { defaultComposite } from '../rules/composites/default.ts'
import { composites } from '../rules/composites/presets.ts'
import type { Evaluable } from './evaluate.ts'
import { measureMaps, taken } from './measure.ts'
import type { MeasuredValue } from './measuredRows.ts'
import { measureTable } from './measureTable.ts'
import type { Mean } from './profile.ts'
import { sampled } from './shownFaces.ts'

/** The chosen composite, and how it fares on faces that it was not chosen on. */
export interface ChosenComposite {
  readonly composite: Composite
  /** The area between the perturbation curves (ABPC), in logits, on the other half of the faces. */
  readonly faithfulness: Mean
  /** The same for the default composite, on the same faces. */
  readonly before: { readonly name: string; readonly faithfulness: Mean }
  /** How many composites were tried, and on how many faces: those that it was chosen on, and the others. */
  readonly tried: number
  readonly faces: readonly [number, number]
}

/** The γ to try, for convolutions and for inner products; Achtibat et al. 2024 use 0.25 and 0.05. */
const GAMMAS = [
  [0.1, 0.05],
  [0.25, 0.05],
  [0.5, 0.1],
  [1, 0.25],
] as const

/** How many faces are used, half of them to choose on. */
const FACES = 32

/** The least number of faces that allows a choice. */
const LEAST = 8

/**
 * Try the presets of relevance and several γ on a sample of faces, and take the composite with the largest area between
 * the perturbation curves (ABPC: Samek et al. 2017) on one half of the people; its faithfulness is measured on the
 * other half.
 *
 * @param faces to draw the sample from
 * @throws UserError where fewer than {@link LEAST} faces can be used, or nothing fits the network; the signal's reason,
 *   when that stops it
 */
export async function chooseComposite(
  evaluable: Evaluable,
  dataset: Dataset,
  faces: readonly Face[],
  options: Watch & { readonly engine: Engine; readonly folder: string },
): Promise<ChosenComposite> {
  const { model, task, preprocessing } = evaluable
  const { height, width } = preprocessing.size
  const region = Math.max(1, Math.round(Math.min(height, width) / 14))
  const measure = taken('region-perturbation', { region, steps: 30 }, 'logits')
  const label = (face: Face) => labelOf(face, task === 'years' ? 'age' : task)
  const sample = sampled(faces, FACES, label, 'composite')
  const before = compositeOf(model)
  const candidates = candidatesFor(evaluable)
  candidates.set(before.name ?? 'its own', before)
  const { rows, skipped } = await measureMaps(evaluable, dataset, sample, {
    ...options,
    methods: candidates,
    taken: [measure],
    parts: [],
  })
  const people = [...new Set(rows.map(({ subject }) => subject))]
  const isFirst = new Set(people.filter((_, k) => k % 2 === 0))
  const halves = [true, false].map((first) => rows.filter(({ subject }) => isFirst.has(subject) === first))
  const [own, others] = halves as [MeasuredValue[], MeasuredValue[]]
  const count = (half: readonly MeasuredValue[]) => new Set(half.map(({ face }) => face)).size
  if (count(own) + count(others) < LEAST) {
    throw new UserError(
      `choosing a composite needs at least ${LEAST} faces, and only ${count(own) + count(others)} can be used${skipped[0] ? `. The first of the others: ${skipped[0].reason}` : ''}`,
      dataset.root,
      'Name a composite',
    )
  }
  const names = [...candidates.keys()]
  const [column] = measureTable(own, names, [measure])
  const best = names.reduce((top, name) => (meanIn(column!, name) > meanIn(column!, top) ? name : top))
  const [elsewhere] = measureTable(others, names, [measure])
  return {
    composite: candidates.get(best)!,
    faithfulness: elsewhere!.means.get(best)!,
    before: { name: before.name ?? 'its own', faithfulness: elsewhere!.means.get(before.name ?? 'its own')! },
    tried: names.filter((name) => Number.isFinite(meanIn(column!, name))).length,
    faces: [count(own), count(others)],
  }
}

function meanIn({ means }: ReturnType<typeof measureTable>[number], name: string): number {
  const { mean } = means.get(name)!
  return Number.isFinite(mean) ? mean : Number.NEGATIVE_INFINITY
}

/** The relevance presets that can differ on a network, and γ rules with the lowest layer flat or not. */
function candidatesFor({ model }: Evaluable): Map<string, Composite> {
  const hasAttention = defaultComposite(model.network).startsWith('attnlrp')
  const presets = Object.entries(composites).filter(
    ([name, composite]) =>
      (composite as Composite).method !== 'gradient' && (hasAttention || !name.startsWith('cplrp')),
  )
  const gammas = GAMMAS.flatMap(([convolutions, products]) =>
    [false, true].map((flat): [string, Composite] => {
      const name = `gamma-${convolutions}-${products}${flat ? '-flat' : ''}`
      const epsilon = 1e-6
      return [
        name,
        {
          name,
          constants: 'keep',
          layers: [
            ...(flat ? [{ first: 1, rule: 'flat' } as const] : []),
            { operators: ['Conv'], rule: 'gamma', gamma: convolutions, epsilon },
            { rule: 'gamma', gamma: products, epsilon },
          ],
        },
      ]
    }),
  )
  return new Map<string, Composite>([...(presets as [string, Composite][]), ...gammas])
}
