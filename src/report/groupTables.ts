/** The results of each group of faces: a table for each network, a row for each group, a column for each setting. */

import type { Task } from '../datasets/task.ts'
import { errorOf, percent, shareOf } from '../evaluation/score.ts'
import { networks } from '../networks/index.ts'
import { bracketed } from '../study/setting.ts'
import { type Cell, cellsOf, ownOf, type Study, unique } from './cells.ts'
import type { Table, TableCell } from './table.ts'

/** The tables of a task, on each run's own test set. */
export function groupTables(study: Study, task: Task): Table[] {
  const cells = cellsOf(study, task)
  return unique(cells.map(({ network }) => network)).map((network) =>
    groupTable(
      task,
      cells.filter((cell) => cell.network === network),
    ),
  )
}

function groupTable(task: Task, cells: readonly Cell[]): Table {
  const groups = unique(cells.flatMap((cell) => ownOf(cell).groups.map(({ group }) => group)))
  const { network } = cells[0]!
  return {
    name: `groups-${task}-${network}`,
    title: `${task}, ${networks[network].title}`,
    units: task === 'years' ? 'mean absolute error in years' : '% of faces answered correctly',
    columns: [
      { name: 'label' },
      { name: 'n' },
      ...cells.map(({ setting }) => ({ name: bracketed(setting) })),
    ],
    rows: groups.map((group) => {
      const most = Math.max(...cells.map((cell) => groupOf(cell, group)?.n ?? 0))
      return { cells: [group, String(most), ...cells.map((cell) => fared(cell, group, most))] }
    }),
  }
}

function groupOf(cell: Cell, group: string) {
  return ownOf(cell).groups.find((one) => one.group === group)
}

/** @param most the number of the group's faces, if all folds are finished */
function fared(cell: Cell, group: string, most: number): TableCell {
  const one = groupOf(cell, group)
  if (!one) return { value: '–' }
  const fewer = one.n < most ? [`of ${one.n}`] : []
  if (one.errors) {
    const { years, interval } = errorOf(one.errors)
    return {
      value: years.toFixed(1),
      small: [`${interval.low.toFixed(1)}–${interval.high.toFixed(1)}`, ...fewer],
    }
  }
  const { share, interval } = shareOf(one.correct, one.n)
  return { value: percent(share), small: [`${percent(interval.low)}–${percent(interval.high)}`, ...fewer] }
}
