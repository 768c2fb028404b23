/** The report's tables, each as the paper lays it out for the page, and one row a number for the CSV file. */

import { CLASSES, type Task } from '../../datasets/task.ts'
import type { Alignment } from '../../faces/image.ts'
import type { CsvRow } from '../csv.ts'
import { ownTest, type Run, swappedTest } from '../record.ts'
import { type Cell, cellAt, networksOf, type Study, settingsOf } from './cells.ts'
import { type Html, html } from './html.ts'
import { chanceOf, percent, type Share, scoreOf, shareOf } from './score.ts'

/** Accuracy on each run's own test set: a row a setting, a column a network, chance below. */
export function accuracyTable(study: Study, task: Task): Html {
  const letters = networksOf(study)
  const settings = settingsOf(study, task)
  const chance = chanceOf(cellsOf(study, task)[0]!.tests.r)
  const chanceRow = (name: string, className: string, accuracy: number, oneOff?: number) => html`
    <tr class="chance ${className}"><th scope="row">${name}</th>${letters.map(
      () =>
        html`<td>${percent(accuracy)}</td>${oneOff === undefined ? undefined : html`<td>${percent(oneOff)}</td>`}`,
    )}<td></td></tr>`
  return html`<div class="scroll"><table>
    <caption><b>${task}</b>, % of faces</caption>
    ${head(['', letters, 'n'], task === 'age' ? ['accuracy', '1-off'] : ['accuracy'])}
    <tbody>${settings.map((setting) => {
      const cells = letters.map((run) => cellAt(study, task, run.letter, setting))
      return html`
      <tr><th scope="row">[${setting}]</th>${cells.map((cell) => scoreCells(cell, cell && ownTest(setting)))}<td>${
        cells.flatMap((cell) => (cell ? [scoreOf(cell.tests[ownTest(setting)]).n] : []))[0]
      }</td></tr>`
    })}
    ${chanceRow(
      `always “${CLASSES[task][chance.majority.class]}”`,
      'first',
      chance.majority.accuracy,
      task === 'age' ? chance.majorityOneOff : undefined,
    )}
    ${chanceRow('even guessing', '', chance.even, task === 'age' ? chance.evenOneOff : undefined)}
    </tbody></table></div>`
}

/** Accuracy on the other alignment than the one trained for, and what that costs. */
export function swapTable(study: Study, task: Task): Html {
  const letters = networksOf(study)
  return html`<div class="scroll"><table>
    <caption><b>${task}</b>, % of faces, and the change of accuracy in points</caption>
    ${head(['trained', 'tested on', letters], task === 'age' ? ['accuracy', '1-off', 'change'] : ['accuracy', 'change'])}
    <tbody>${settingsOf(study, task).map((setting) => {
      const swapped = swappedTest(setting)
      return html`
      <tr><th scope="row">[${setting}]</th><td>${swapped}</td>${letters.map((run) => {
        const cell = cellAt(study, task, run.letter, setting)
        return html`${scoreCells(cell, swapped)}<td>${cell ? points(changeOf(cell)) : '–'}</td>`
      })}</tr>`
    })}</tbody></table></div>`
}

/** How each group of faces fared: a row a group, a column a setting and network. */
export function groupTable(study: Study, task: Task): Html {
  const cells = cellsOf(study, task)
  const groups = [...new Set(cells.flatMap((cell) => ownOf(cell).groups.map(({ group }) => group)))]
  return html`<div class="scroll"><table>
    <caption><b>${task}</b>, % of faces answered rightly</caption>
    <thead><tr><th>label</th><th>n</th>${cells.map((cell) => html`<th>${cell.letter} [${cell.setting}]</th>`)}</tr></thead>
    <tbody>${groups.map((group) => {
      const fared = cells.map((cell) => ownOf(cell).groups.find((other) => other.group === group))
      return html`
      <tr><th scope="row">${group}</th><td>${fared.find(Boolean)?.n}</td>${fared.map((one) =>
        one ? shareCell(shareOf(one.correct, one.n)) : html`<td>–</td>`,
      )}</tr>`
    })}</tbody></table></div>`
}

/** Every accuracy of the study, on both test sets. */
export function accuracyRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    (['r', 'i'] as const).map((alignment) => {
      const score = scoreOf(cell.tests[alignment])
      const chance = chanceOf(cell.tests[alignment])
      return {
        ...place(cell),
        tested_on: alignment,
        swapped: alignment === swappedTest(cell.setting) ? 'yes' : 'no',
        n: score.n,
        ...shareColumns('accuracy', score.accuracy),
        ...shareColumns('one_off', cell.task === 'age' ? score.oneOff : undefined),
        chance_majority: fixed(chance.majority.accuracy),
        chance_even: fixed(chance.even),
      }
    }),
  )
}

/** Every confusion matrix of the study, one row a cell of it. */
export function confusionRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    (['r', 'i'] as const).flatMap((alignment) =>
      cell.tests[alignment].confusion.flatMap((row, truth) =>
        row.map((n, guess) => ({
          ...place(cell),
          tested_on: alignment,
          true: CLASSES[cell.task][truth]!,
          predicted: CLASSES[cell.task][guess]!,
          n,
        })),
      ),
    ),
  )
}

/** How each group fared, on both test sets. */
export function groupRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    (['r', 'i'] as const).flatMap((alignment) =>
      cell.tests[alignment].groups.map(({ group, n, correct }) => ({
        ...place(cell),
        tested_on: alignment,
        group,
        n,
        ...shareColumns('accuracy', shareOf(correct, n)),
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

/** What the swapped test set costs a cell, as a difference of shares. */
function changeOf(cell: Cell): number {
  const on = (alignment: Alignment) => scoreOf(cell.tests[alignment]).accuracy.share
  return on(swappedTest(cell.setting)) - on(ownTest(cell.setting))
}

function scoreCells(cell: Cell | undefined, alignment: Alignment | undefined): Html {
  if (!cell || !alignment) return html`<td>–</td>`
  const score = scoreOf(cell.tests[alignment])
  return html`${shareCell(score.accuracy)}${cell.task === 'age' ? shareCell(score.oneOff) : undefined}`
}

function shareCell({ share, interval }: Share): Html {
  return html`<td>${percent(share)}<small>${percent(interval.low)}–${percent(interval.high)}</small></td>`
}

function points(change: number): string {
  const value = percent(Math.abs(change))
  return value === '0.0' ? '±0.0' : `${change < 0 ? '−' : '+'}${value}`
}

function cellsOf(study: Study, task: Task): Cell[] {
  return study.cells.filter((cell) => cell.task === task)
}

function ownOf(cell: Cell) {
  return cell.tests[ownTest(cell.setting)]
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

function fixed(share: number): string {
  return share.toFixed(4)
}
