/** The study's numbers as CSV files, with a row for each number and its interval. */

import type { CsvRow } from '../base/csv.ts'
import { CLASSES } from '../datasets/task.ts'
import { chanceOf, errorOf, type MeanError, type Score, type Share, shareOf } from '../evaluation/score.ts'
import { type Spread, spreadOf } from '../statistics/student.ts'
import { alignmentsIn, formatSetting, swappedTest } from '../study/setting.ts'
import { byFold, isPapersData } from './accuracyTables.ts'
import type { Cell, Study } from './cells.ts'
import { curveOf } from './curves.ts'
import { paperScore, type TestKind } from './paper.ts'
import { scoreOn } from './scored.ts'

/** Every accuracy of the study, and mean error of ages in years, on every test set. */
export function accuracyRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    alignmentsIn(cell.tests).map((alignment) => {
      const swapped = alignment === swappedTest(cell.setting)
      const test: TestKind = swapped ? 'swapped' : 'own'
      const score = scoreOn(study, cell, alignment)
      const chance = chanceOf(cell.tests[alignment]!)
      const folds = byFold(cell, test)
      const spread = (of: (one: Score) => number | undefined) =>
        spreadOf(folds.flatMap((one) => of(one) ?? []))
      const isAge = cell.task === 'age'
      return {
        ...place(cell),
        tested_on: alignment,
        swapped: swapped ? 'yes' : 'no',
        n: score.n,
        ...shareColumns('accuracy', score.accuracy),
        ...shareColumns('one_off', isAge ? score.oneOff : undefined),
        chance_majority: fixed(chance.majority.accuracy),
        chance_even: fixed(chance.even),
        ...errorColumns(score.error),
        chance_error: chance.error?.years.toFixed(4) ?? '',
        folds: folds.length,
        ...spreadColumns(
          'accuracy',
          spread(({ accuracy }) => accuracy.share),
        ),
        ...spreadColumns('one_off', isAge ? spread(({ oneOff }) => oneOff.share) : undefined),
        ...spreadColumns(
          'error',
          spread(({ error }) => error?.years),
        ),
        ...paperColumns(study, cell, test),
      }
    }),
  )
}

/** Every confusion matrix of the study, with a row for each cell; for ages in years only non-empty cells. */
export function confusionRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    alignmentsIn(cell.tests).flatMap((alignment) =>
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

/** The results of each group, on every test set. */
export function groupRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    alignmentsIn(cell.tests).flatMap((alignment) =>
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

/** Every point of every learning curve. */
export function curveRows(study: Study): CsvRow[] {
  return study.cells.flatMap((cell) =>
    curveOf(study, cell).points.map(({ setting, fold, iteration, accuracy, scoredOn }) => ({
      task: cell.task,
      network: cell.network,
      setting: formatSetting(setting),
      fold,
      iteration,
      scored_on: scoredOn,
      accuracy: fixed(accuracy),
    })),
  )
}

function place(cell: Cell): CsvRow {
  return { task: cell.task, network: cell.network, setting: formatSetting(cell.setting) }
}

/** A share and its interval; the columns stay empty where there is none, such as 1-off for classes without order. */
function shareColumns(name: string, value: Share | undefined): CsvRow {
  return {
    [name]: value ? fixed(value.share) : '',
    [`${name}_low`]: value ? fixed(value.interval.low) : '',
    [`${name}_high`]: value ? fixed(value.interval.high) : '',
  }
}

/** A mean over folds and its standard deviation; empty for a single fold. */
function spreadColumns(name: string, spread: Spread | undefined): CsvRow {
  const known = spread && spread.n > 1 ? spread : undefined
  return {
    [`${name}_mean`]: known ? fixed(known.mean) : '',
    [`${name}_deviation`]: known ? fixed(known.deviation) : '',
  }
}

/** The paper's figures, as shares; empty where the data set differs or the paper has none. */
function paperColumns(study: Study, cell: Cell, test: TestKind): CsvRow {
  const paper = isPapersData(study) ? paperScore(cell.task, test, cell.letter, cell.setting) : undefined
  const share = (percentage: number | undefined) => (percentage === undefined ? '' : fixed(percentage / 100))
  return { paper_accuracy: share(paper?.accuracy), paper_one_off: share(paper?.oneOff) }
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
