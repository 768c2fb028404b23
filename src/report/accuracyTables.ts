/**
 * The results of each task, in the layout of the paper's tables: a row for each setting, a column for each network.
 * Tables 2 and 3 are on each run's own test set, Tables 4 and 5 on the swapped one.
 */

import { CLASSES, type Task } from '../datasets/task.ts'
import { type Chance, chanceOf, percent, type Score, scoreOf } from '../evaluation/score.ts'
import { networks } from '../networks/index.ts'
import { spreadOf } from '../statistics/student.ts'
import {
  alignmentsIn,
  bracketed,
  inPaperOrder,
  isSameSetting,
  ownTest,
  type Setting,
  swappedTest,
} from '../study/setting.ts'
import { type Cell, cellAt, cellsOf, countOf, fullestOf, networksOf, ownOf, type Study } from './cells.ts'
import {
  PAPER_LETTERS,
  PAPER_SETTINGS,
  PAPER_TABLES,
  type PaperScore,
  paperScore,
  type TestKind,
} from './paper.ts'
import { scoreOn } from './scored.ts'
import type { Table, TableCell } from './table.ts'

/** A measure of a test in a table: its column, and what chance reaches. */
interface Measure {
  readonly name: string
  readonly of: (score: Score) => number
  readonly interval: (score: Score) => { readonly low: number; readonly high: number }
  readonly shown: (value: number) => string
  readonly paper?: (score: PaperScore) => number | undefined
  /** What the best constant answer reaches, and what uniform guessing does. */
  readonly constant: (chance: Chance) => number
  readonly even: (chance: Chance) => number
}

const ACCURACY: Measure = {
  name: 'accuracy',
  of: ({ accuracy }) => accuracy.share,
  interval: ({ accuracy }) => accuracy.interval,
  shown: percent,
  paper: ({ accuracy }) => accuracy,
  constant: ({ majority }) => majority.accuracy,
  even: ({ even }) => even,
}
const ONE_OFF: Measure = {
  name: '1-off',
  of: ({ oneOff }) => oneOff.share,
  interval: ({ oneOff }) => oneOff.interval,
  shown: percent,
  paper: ({ oneOff }) => oneOff,
  constant: ({ majorityOneOff }) => majorityOneOff,
  even: ({ evenOneOff }) => evenOneOff,
}
const ERROR: Measure = {
  name: 'error',
  of: ({ error }) => error!.years,
  interval: ({ error }) => error!.interval,
  shown: (years) => years.toFixed(1),
  constant: ({ error }) => error!.years,
  even: ({ error }) => error!.even,
}

/** The measures of each task, the most important first, and their units. */
const SAID: Record<Task, { measures: readonly [Measure, ...Measure[]]; units: string }> = {
  age: { measures: [ACCURACY, ONE_OFF], units: '% of faces' },
  gender: { measures: [ACCURACY], units: '% of faces' },
  years: { measures: [ERROR, ACCURACY], units: 'mean absolute error in years, accuracy in % of faces' },
}

/** Whether the paper's figures belong beside the study's. */
export function isPapersData({ record }: Study): boolean {
  return record.dataset.kind === 'adience'
}

/**
 * The table of one task and kind of test set; undefined where no cell has such a test. On the paper's data set it has
 * all networks and settings of the paper's table, otherwise those of the study; dashes where no run is finished.
 */
export function accuracyTable(study: Study, task: Task, test: TestKind): Table | undefined {
  const cells = cellsOf(study, task).filter((cell) => testOf(cell, test))
  if (cells.length === 0) return undefined
  const { measures, units } = SAID[task]
  const withPaper = isPapersData(study) && task !== 'years'
  const number = task === 'years' ? undefined : PAPER_TABLES[task][test]
  const planned = study.record.runs.filter((run) => run.task === task)
  const letters = [
    ...new Set([...(withPaper ? PAPER_LETTERS : []), ...networksOf(study).map(({ letter }) => letter)]),
  ].sort()
  const settings = inPaperOrder([
    ...(withPaper ? PAPER_SETTINGS[test] : []),
    ...planned.map(({ setting }) => setting),
  ])
  return {
    name:
      number === undefined ? `${task}-${test}` : `table-${number}-${task}${test === 'own' ? '' : '-swapped'}`,
    title: number === undefined ? task : `${task}, as in Table ${number} of the paper`,
    units,
    columns: [
      { name: '' },
      ...letters.flatMap((letter) => measures.map(({ name }) => ({ name, group: titleOf(letter) }))),
      ...(test === 'own' ? [{ name: 'n' }] : []),
    ],
    rows: [
      ...settings.map((setting) => ({
        cells: [
          test === 'own' ? bracketed(setting) : `${bracketed(setting)} on ${swappedTest(setting)}`,
          ...letters.flatMap((letter) => cellsFor(study, task, test, letter, setting, withPaper)),
          ...(test === 'own' ? [countOf(cells.filter((cell) => isSameSetting(cell.setting, setting)))] : []),
        ],
      })),
      ...(test === 'own' ? chanceRows(task, fullestOf(cells), letters.length) : []),
    ],
  }
}

/** The network's letter with its name, as a group of columns: `A AdienceNet`. */
function titleOf(letter: string): string {
  const network = Object.values(networks).find((one) => one.letter === letter)
  return network ? `${letter} ${network.title}` : letter
}

function testOf(cell: Cell, test: TestKind) {
  return cell.tests[(test === 'own' ? ownTest : swappedTest)(cell.setting)]
}

function cellsFor(
  study: Study,
  task: Task,
  test: TestKind,
  letter: string,
  setting: Setting,
  withPaper: boolean,
): TableCell[] {
  const cell = cellAt(study, task, letter, setting)
  const record = cell && testOf(cell, test)
  const paper = withPaper ? paperScore(task, test, letter, setting) : undefined
  return SAID[task].measures.map((measure, k) => {
    const theirs = paper && measure.paper?.(paper)
    const marked = theirs === undefined ? {} : { paper: theirs.toFixed(1) }
    if (!cell || !record) return { value: '–', ...marked }
    const extra = [
      ...(test === 'swapped' && k === 0 ? [`${changeOf(cell)} to own`] : []),
      ...missingFolds(study, cell, k),
    ]
    return { ...measured(study, cell, test, measure, extra), ...marked }
  })
}

/** A value with its interval; for several folds, their mean and standard deviation above the pooled value. */
function measured(
  study: Study,
  cell: Cell,
  test: TestKind,
  measure: Measure,
  extra: readonly string[],
): TableCell {
  const score = scoreOn(study, cell, (test === 'own' ? ownTest : swappedTest)(cell.setting))
  const pooled = measure.shown(measure.of(score))
  const { low, high } = measure.interval(score)
  const interval = `${measure.shown(low)}–${measure.shown(high)}`
  const spread = spreadOf(byFold(cell, test).map(measure.of))
  // For a single fold, the mean adds nothing to the value.
  if (spread.n < 2) return { value: pooled, small: [interval, ...extra] }
  return {
    value: `${measure.shown(spread.mean)} ± ${measure.shown(spread.deviation)}`,
    small: [`${pooled}, ${interval}`, ...extra],
  }
}

/** The score of each fold of a cell. */
export function byFold(cell: Cell, test: TestKind): Score[] {
  const alignment = (test === 'own' ? ownTest : swappedTest)(cell.setting)
  return cell.runs.flatMap(({ tests }) => {
    const one = tests[alignment]
    return one ? [scoreOf(one)] : []
  })
}

function missingFolds(study: Study, cell: Cell, k: number): string[] {
  const planned = study.record.folds.test.length
  return k === 0 && cell.runs.length < planned ? [`${cell.runs.length} of ${planned} folds`] : []
}

function chanceRows(task: Task, cell: Cell, count: number) {
  const chance = chanceOf(ownOf(cell))
  const constant =
    task === 'years' ? 'one answer for all' : `always “${CLASSES[task][chance.majority.class]}”`
  const row = (name: string, of: 'constant' | 'even') => ({
    isFaint: true,
    cells: [
      name,
      ...Array.from({ length: count }, () =>
        SAID[task].measures.map((measure) => measure.shown(measure[of](chance))),
      ).flat(),
      '',
    ],
  })
  return [row(constant, 'constant'), row('even guessing', 'even')]
}

/** What the swapped test set costs a cell, in its task's main measure. */
function changeOf(cell: Cell): string {
  const [measure] = SAID[cell.task].measures
  const [own, swapped] = [ownOf(cell), testOf(cell, 'swapped')!].map((test) => measure.of(scoreOf(test)))
  return signed(swapped! - own!, measure.shown)
}

/** A change with its sign; ± where it rounds to zero. */
export function signed(change: number, shown: (size: number) => string): string {
  const value = shown(Math.abs(change))
  return value === '0.0' ? '±0.0' : `${change < 0 ? '−' : '+'}${value}`
}

/** Whether any cell was tested on photos of the other kind too. */
export function hasSwaps(study: Study): boolean {
  return study.cells.some((cell) => alignmentsIn(cell.tests).length > 1)
}
