/** How faithful a study's heat maps are: how the scores changed when pictures lost what the maps call relevant. */

import type { CsvRow } from '../base/csv.ts'
import type { Task } from '../datasets/task.ts'
import { type FaithfulFace, RIVALS, type Rival } from '../evaluation/faithfulness.ts'
import { FEW, type Mean } from '../evaluation/profile.ts'
import { holm } from '../statistics/holm.ts'
import { signFlipTest } from '../statistics/permutation.ts'
import { bracketed, formatSetting } from '../study/setting.ts'
import type { Cell, Study } from './cells.ts'
import { intervalOf, peopleOf } from './people.ts'
import type { Table } from './table.ts'
import { pText } from './words.ts'

/** The rivals that know nothing about the network. */
type Control = Exclude<Rival, 'map'>
const CONTROLS = RIVALS.filter((rival): rival is Control => rival !== 'map')

const NAMES: Record<Control, string> = { random: 'random numbers', edges: 'the edges of the photos' }

/** The maps of a cell compared with the controls. */
export interface FaithfulCell {
  readonly cell: Cell
  readonly faces: number
  /** ABPC, in units of the explained value: a logit, or years. */
  readonly abpc: Readonly<Record<Rival, Mean>>
  /** How much better the maps are than each control, and the p by person, adjusted over all cells and controls. */
  readonly over: Readonly<Record<Control, { readonly difference: number; readonly p: number }>>
}

/** The cells of a study with measured faithfulness. */
export function faithfulCells(study: Study): FaithfulCell[] {
  const measured = study.cells.flatMap((cell) => {
    const faces = cell.profiles.flatMap(({ faithfulness }) => faithfulness)
    return faces.length === 0 ? [] : [{ cell, faces }]
  })
  const tests = measured.map(({ cell, faces }) =>
    CONTROLS.map((control) => advantage(faces, control, `${nameOf(cell)} ${control}`)),
  )
  const adjusted = holm(tests.flat().map(({ p }) => p))
  return measured.map(({ cell, faces }, k) => {
    const abpc = (rival: Rival) => meanOf(faces, rival, `${nameOf(cell)} ${rival}`)
    const over = (control: Control) => {
      const at = CONTROLS.indexOf(control)
      return { ...tests[k]![at]!, p: adjusted[k * CONTROLS.length + at]! }
    }
    return {
      cell,
      faces: faces.length,
      abpc: { map: abpc('map'), random: abpc('random'), edges: abpc('edges') },
      over: { random: over('random'), edges: over('edges') },
    }
  })
}

function nameOf({ task, letter, setting }: Cell): string {
  return `${task} ${letter} ${bracketed(setting)}`
}

function meanOf(faces: readonly FaithfulFace[], rival: Rival, seed: string): Mean {
  const values = faces.map(({ subject, abpc }) => ({ subject, value: abpc[rival] }))
  const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length
  const people = new Set(values.map(({ subject }) => subject)).size
  return { mean, interval: people < FEW ? null : intervalOf(values, seed) }
}

function advantage(faces: readonly FaithfulFace[], control: Control, seed: string) {
  const values = faces.map(({ subject, abpc }) => ({ subject, value: abpc.map - abpc[control] }))
  const people = peopleOf(values)
  const means = people.sums.map((sum, k) => [sum / people.faces[k]!])
  const difference = values.reduce((sum, { value }) => sum + value, 0) / values.length
  return { difference, p: signFlipTest(means, { seed })[0]! }
}

/** Whether the maps beat a control by more than chance would. */
function isBetter({ over }: FaithfulCell, control: Control): boolean {
  return over[control].difference > 0 && over[control].p < 0.05
}

/** Which maps are not better than a control. */
export function faithfulSentence(cells: readonly FaithfulCell[]): string {
  const worse = CONTROLS.flatMap((control) => {
    const own = cells.filter((one) => !isBetter(one, control))
    if (own.length === 0) return []
    const which = own.length === cells.length ? 'any network' : own.map(({ cell }) => nameOf(cell)).join(', ')
    return [`than ${NAMES[control]} the maps of ${which}`]
  })
  return worse.length === 0
    ? 'All maps are better than both controls.'
    : `These are not significantly better: ${worse.join('; ')}.`
}

/** The table of one task. */
export function faithfulTable(task: Task, all: readonly FaithfulCell[]): Table | undefined {
  const cells = all.filter(({ cell }) => cell.task === task)
  if (cells.length === 0) return undefined
  const most = Math.max(...cells.map(({ abpc }) => Math.abs(abpc.map.mean)))
  // The logits of a network that has hardly begun to learn differ little.
  const digits = most >= 1 ? 2 : most >= 0.1 ? 3 : 4
  const number = (value: number) =>
    value
      .toFixed(digits)
      .replace('-', '−')
      .replace(/^−(0\.0+)$/, '$1')
  return {
    name: `faithful-${task}`,
    title: `${task}: how faithful the maps are`,
    units: 'ABPC of region perturbation, in units of what is explained',
    columns: [
      { name: '' },
      { name: 'faces' },
      { name: 'maps' },
      { name: 'random numbers' },
      { name: 'edges' },
      { name: 'p, over random' },
      { name: 'p, over edges' },
    ],
    rows: cells.map(({ cell, faces, abpc, over }) => ({
      cells: [
        `${cell.letter} ${bracketed(cell.setting)}`,
        String(faces),
        ...RIVALS.map((rival) => {
          const { mean, interval } = abpc[rival]
          const small = interval ? [`${number(interval.low)} to ${number(interval.high)}`] : []
          return { value: number(mean), small }
        }),
        ...CONTROLS.map((control) => pText(over[control].p)),
      ],
    })),
  }
}

export function faithfulRows(cells: readonly FaithfulCell[]): CsvRow[] {
  return cells.flatMap(({ cell, faces, abpc, over }) =>
    RIVALS.map((rival) => ({
      task: cell.task,
      network: cell.network,
      setting: formatSetting(cell.setting),
      by: rival,
      faces,
      abpc: abpc[rival].mean,
      abpc_low: abpc[rival].interval?.low ?? '',
      abpc_high: abpc[rival].interval?.high ?? '',
      p_of_maps_over_it: rival === 'map' ? '' : over[rival].p,
    })),
  )
}
