/** The report's tables, each as the paper lays it out for the page, and one row a number for the CSV file. */

import type { CsvRow } from '../../base/csv.ts'
import { type Html, html } from '../../base/html.ts'
import { CLASSES, type Task } from '../../datasets/task.ts'
import { type Run, swappedTest } from '../record.ts'
import { alignmentsIn, type Cell, cellAt, networksOf, ownOf, type Study, settingsOf } from './cells.ts'
import {
  type Chance,
  chanceOf,
  errorOf,
  type MeanError,
  percent,
  type Score,
  type Share,
  scoreOf,
  shareOf,
} from './score.ts'

/** What a table says of a test: a column of it, and what chance reaches there. */
interface Measure {
  readonly name: string
  readonly cell: (score: Score) => Html
  /** What the best constant answer reaches, and what guessing evenly does. */
  readonly constant: (chance: Chance) => string
  readonly even: (chance: Chance) => string
}

const ACCURACY: Measure = {
  name: 'accuracy',
  cell: ({ accuracy }) => shareCell(accuracy),
  constant: ({ majority }) => percent(majority.accuracy),
  even: ({ even }) => percent(even),
}
const ONE_OFF: Measure = {
  name: '1-off',
  cell: ({ oneOff }) => shareCell(oneOff),
  constant: ({ majorityOneOff }) => percent(majorityOneOff),
  even: ({ evenOneOff }) => percent(evenOneOff),
}
const ERROR: Measure = {
  name: 'error',
  cell: ({ error }) => errorCell(error!),
  constant: ({ error }) => error!.years.toFixed(1),
  even: ({ error }) => error!.even.toFixed(1),
}

/** What is said of each task, the first above all, and the units that it is in. */
const SAID: Record<Task, { measures: readonly [Measure, ...Measure[]]; units: string }> = {
  age: { measures: [ACCURACY, ONE_OFF], units: '% of faces' },
  gender: { measures: [ACCURACY], units: '% of faces' },
  years: { measures: [ERROR, ACCURACY], units: 'mean absolute error in years, accuracy in % of faces' },
}

/** How each task went on each run's own test set: a row a setting, a column a network, chance below. */
export function accuracyTable(study: Study, task: Task): Html {
  const letters = networksOf(study)
  const { measures, units } = SAID[task]
  const chance = chanceOf(ownOf(cellsOf(study, task)[0]!))
  const constant =
    task === 'years' ? 'one answer for all' : `always “${CLASSES[task][chance.majority.class]}”`
  const chanceRow = (name: string, className: string, of: 'constant' | 'even') => html`
    <tr class="chance ${className}"><th scope="row">${name}</th>${letters.map(() =>
      measures.map((measure) => html`<td>${measure[of](chance)}</td>`),
    )}<td></td></tr>`
  return html`<div class="scroll"><table>
    <caption><b>${task}</b>, ${units}</caption>
    ${head(
      ['', letters, 'n'],
      measures.map(({ name }) => name),
    )}
    <tbody>${settingsOf(study, task).map((setting) => {
      const cells = letters.map((run) => cellAt(study, task, run.letter, setting))
      return html`
      <tr><th scope="row">[${setting}]</th>${cells.map((cell) =>
        measureCells(task, cell && scoreOf(ownOf(cell))),
      )}<td>${cells.flatMap((cell) => (cell ? [scoreOf(ownOf(cell)).n] : []))[0]}</td></tr>`
    })}
    ${chanceRow(constant, 'first', 'constant')}
    ${chanceRow('even guessing', '', 'even')}
    </tbody></table></div>`
}

/** The same on the other alignment than the one trained for, and what that costs. */
export function swapTable(study: Study, task: Task): Html {
  const letters = networksOf(study)
  const { measures, units } = SAID[task]
  const change = task === 'years' ? 'of the error in years' : 'of accuracy in points'
  return html`<div class="scroll"><table>
    <caption><b>${task}</b>, ${units}, and the change ${change}</caption>
    ${head(['trained', 'tested on', letters], [...measures.map(({ name }) => name), 'change'])}
    <tbody>${settingsOf(study, task).map((setting) => {
      const swapped = swappedTest(setting)
      return html`
      <tr><th scope="row">[${setting}]</th><td>${swapped}</td>${letters.map((run) => {
        const cell = cellAt(study, task, run.letter, setting)
        return html`${measureCells(task, cell && scoreOf(cell.tests[swapped]!))}<td>${cell ? changeOf(cell) : '–'}</td>`
      })}</tr>`
    })}</tbody></table></div>`
}

/** How each group of faces fared: a row a group, a column a setting and network. */
export function groupTable(study: Study, task: Task): Html {
  const cells = cellsOf(study, task)
  const groups = [...new Set(cells.flatMap((cell) => ownOf(cell).groups.map(({ group }) => group)))]
  const said = task === 'years' ? 'mean absolute error in years' : '% of faces answered rightly'
  return html`<div class="scroll"><table>
    <caption><b>${task}</b>, ${said}</caption>
    <thead><tr><th>label</th><th>n</th>${cells.map((cell) => html`<th>${cell.letter} [${cell.setting}]</th>`)}</tr></thead>
    <tbody>${groups.map((group) => {
      const fared = cells.map((cell) => ownOf(cell).groups.find((other) => other.group === group))
      return html`
      <tr><th scope="row">${group}</th><td>${fared.find(Boolean)?.n}</td>${fared.map((one) => {
        if (!one) return html`<td>–</td>`
        return one.errors ? errorCell(errorOf(one.errors)) : shareCell(shareOf(one.correct, one.n))
      })}</tr>`
    })}</tbody></table></div>`
}

/** Every accuracy of the study, and mean error of ages in years, on every test set. */
export function accuracyRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    alignmentsIn(cell).map((alignment) => {
      const score = scoreOf(cell.tests[alignment]!)
      const chance = chanceOf(cell.tests[alignment]!)
      return {
        ...place(cell),
        tested_on: alignment,
        swapped: alignment === swappedTest(cell.setting) ? 'yes' : 'no',
        n: score.n,
        ...shareColumns('accuracy', score.accuracy),
        ...shareColumns('one_off', cell.task === 'age' ? score.oneOff : undefined),
        chance_majority: fixed(chance.majority.accuracy),
        chance_even: fixed(chance.even),
        ...errorColumns(score.error),
        chance_error: chance.error?.years.toFixed(4) ?? '',
      }
    }),
  )
}

/** Every confusion matrix of the study, one row a cell of it; of ages in years, those cells that are not empty. */
export function confusionRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    alignmentsIn(cell).flatMap((alignment) =>
      cell.tests[alignment]!.confusion.flatMap((row, truth) =>
        row.flatMap((n, guess) => {
          if (n === 0 && cell.task === 'years') return []
          const [said, predicted] = [CLASSES[cell.task][truth]!, CLASSES[cell.task][guess]!]
          return [{ ...place(cell), tested_on: alignment, true: said, predicted, n }]
        }),
      ),
    ),
  )
}

/** How each group fared, on every test set. */
export function groupRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    alignmentsIn(cell).flatMap((alignment) =>
      cell.tests[alignment]!.groups.map(({ group, n, correct, errors }) => ({
        ...place(cell),
        tested_on: alignment,
        group,
        n,
        ...shareColumns('accuracy', shareOf(correct, n)),
        ...errorColumns(errors && errorOf(errors)),
      })),
    ),
  )
}

/** Two rows of headings: the networks' letters, and under each what is said of it. */
function head(columns: readonly (string | readonly Run[])[], measures: readonly string[]): Html {
  return html`<thead>
    <tr>${columns.map((column) =>
      typeof column === 'string'
        ? html`<th></th>`
        : column.map((run) => html`<th class="letter" colspan="${measures.length}">${run.letter}</th>`),
    )}</tr>
    <tr>${columns.map((column) =>
      typeof column === 'string'
        ? html`<th>${column}</th>`
        : column.map(() => measures.map((measure) => html`<th class="measure">${measure}</th>`)),
    )}</tr></thead>`
}

/** What the swapped test set costs a cell, by what is said of its task above all. */
function changeOf(cell: Cell): string {
  const [own, swapped] = [ownOf(cell), cell.tests[swappedTest(cell.setting)]!].map(scoreOf) as [Score, Score]
  if (own.error) return signed(swapped.error!.years - own.error.years, (years) => years.toFixed(1))
  return signed(swapped.accuracy.share - own.accuracy.share, percent)
}

function measureCells(task: Task, score: Score | undefined): Html {
  return html`${SAID[task].measures.map(({ cell }) => (score ? cell(score) : html`<td>–</td>`))}`
}

function errorCell({ years, interval }: MeanError): Html {
  return html`<td>${years.toFixed(1)}<small>${interval.low.toFixed(1)}–${interval.high.toFixed(1)}</small></td>`
}

function shareCell({ share, interval }: Share): Html {
  return html`<td>${percent(share)}<small>${percent(interval.low)}–${percent(interval.high)}</small></td>`
}

function signed(change: number, shown: (size: number) => string): string {
  const value = shown(Math.abs(change))
  return value === '0.0' ? '±0.0' : `${change < 0 ? '−' : '+'}${value}`
}

function cellsOf(study: Study, task: Task): Cell[] {
  return study.cells.filter((cell) => cell.task === task)
}

function place(cell: Cell): CsvRow {
  return { task: cell.task, network: cell.network, setting: cell.setting }
}

/** A share and its interval; the columns stay empty where there is none, such as 1-off for classes without order. */
function shareColumns(name: string, value: Share | undefined): CsvRow {
  return {
    [name]: value ? fixed(value.share) : '',
    [`${name}_low`]: value ? fixed(value.interval.low) : '',
    [`${name}_high`]: value ? fixed(value.interval.high) : '',
  }
}

/** A mean error and its interval, in years; the columns stay empty for other tasks. */
function errorColumns(error: MeanError | undefined): CsvRow {
  return {
    error: error?.years.toFixed(4) ?? '',
    error_low: error?.interval.low.toFixed(4) ?? '',
    error_high: error?.interval.high.toFixed(4) ?? '',
  }
}

function fixed(share: number): string {
  return share.toFixed(4)
}
