/** The paper's comparisons, each tested on the faces that both networks answered. */

import { groupBy } from '../base/groupBy.ts'
import type { Task } from '../datasets/task.ts'
import { type NetworkName, networks } from '../networks/index.ts'
import { holm } from '../statistics/holm.ts'
import { bracketed, ownTest, STARTS, TRAINING_PHOTOS } from '../study/setting.ts'
import type { Cell, Study } from './cells.ts'
import { type Contrast, contrastOf, type Difference, overPeople } from './contrast.ts'

/** What two compared cells differ in; everything else is the same. */
const KINDS = ['network', 'preprocessing', 'start'] as const
export type ComparisonKind = (typeof KINDS)[number]

/**
 * Two cells of a study compared, each on its own test set: the same faces, aligned as for its training. `difference` is
 * the accuracy of b minus that of a, on the faces that both have; p is McNemar's, by person.
 */
export interface Comparison extends Difference {
  readonly task: Task
  readonly kind: ComparisonKind
  /** Such as `A [r]`: the network's letter and the setting. */
  readonly a: string
  readonly b: string
  /** The number of faces that both were tested on. */
  readonly n: number
  /** How many of them only a has right, and only b. */
  readonly onlyA: number
  readonly onlyB: number
  /** p after Holm's correction, within the task and kind. */
  readonly pAdjusted: number
}

/** Two cells that differ in one thing, in the paper's order. */
export interface Pair {
  readonly a: Cell
  readonly b: Cell
  /** Whether no cell of the study lies between the two in that order. */
  readonly neighbours: boolean
}

const NETWORKS = Object.keys(networks) as NetworkName[]

/** Every pair of cells of one task that differ in only one thing. */
export function pairsOf(study: Study, kind: ComparisonKind): Pair[] {
  const alike = groupBy(study.cells, (cell) => {
    const [{ run }] = cell.runs as [Cell['runs'][number]]
    // Different networks see pictures of different sizes.
    const size = kind === 'network' ? [run.width] : [run.width, run.input]
    return JSON.stringify([cell.task, { ...placeOf(cell), [kind]: 0 }, ...size])
  })
  return [...alike.values()].flatMap((cells) => {
    const sorted = cells.toSorted((a, b) => placeOf(a)[kind] - placeOf(b)[kind])
    return sorted.flatMap((a, k) =>
      sorted.slice(k + 1).map((b, between) => ({ a, b, neighbours: between === 0 })),
    )
  })
}

/** How much more often b of a pair is right than a, each on its own test set. */
export function gainOf(study: Study, { a, b }: Pair): Contrast {
  return contrastOf(study, [
    { cell: b, alignment: ownTest(b.setting), sign: 1 },
    { cell: a, alignment: ownTest(a.setting), sign: -1 },
  ])
}

/** All comparisons of a study, by task and kind; pairs of cells without common faces are left out. */
export function comparisonsOf(study: Study): Comparison[] {
  return KINDS.flatMap((kind) => {
    const pairs = pairsOf(study, kind)
    return [...groupBy(pairs, ({ a }) => a.task)].flatMap(([task, ofTask]) => {
      const tested = ofTask.flatMap((pair) => compared(study, task, kind, pair))
      const adjusted = holm(tested.map(({ p }) => p))
      return tested.map((one, k) => ({ ...one, pAdjusted: adjusted[k]! }))
    })
  })
}

function compared(
  study: Study,
  task: Task,
  kind: ComparisonKind,
  pair: Pair,
): Omit<Comparison, 'pAdjusted'>[] {
  const contrast = gainOf(study, pair)
  if (contrast.length === 0) return []
  const [a, b] = [nameOf(pair.a), nameOf(pair.b)]
  const only = (value: number) => contrast.filter((face) => face.value === value).length
  const difference = overPeople([contrast], `${task} ${a} ${b}`)
  return [{ task, kind, a, b, n: contrast.length, onlyA: only(-1), onlyB: only(1), ...difference }]
}

function nameOf({ letter, setting }: Cell): string {
  return `${letter} ${bracketed(setting)}`
}

/** A cell's place in the paper's order of each thing. */
function placeOf({ network, setting }: Cell): Record<ComparisonKind, number> {
  return {
    network: NETWORKS.indexOf(network),
    preprocessing: TRAINING_PHOTOS.indexOf(setting.photos),
    start: STARTS.indexOf(setting.start),
  }
}
