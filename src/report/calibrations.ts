/**
 * Whether networks are as often right as they are sure: a reliability diagram for each network and task, and the errors
 * as a table.
 */

import * as Plot from '@observablehq/plot'
import type { CsvRow } from '../base/csv.ts'
import type { Task } from '../datasets/task.ts'
import { networks } from '../networks/index.ts'
import { type Calibration, calibrationOf } from '../statistics/calibration.ts'
import {
  bracketed,
  formatSetting,
  inPaperOrder,
  isSameSetting,
  ownTest,
  type Setting,
} from '../study/setting.ts'
import { type Cell, networksOf, type Study, unique } from './cells.ts'
import { lineKey, lineOf } from './lineCode.ts'
import { readPredictions } from './predictions.ts'
import { below, type Drawing, inRows, plot, svgOf } from './svg.ts'
import type { Table } from './table.ts'

/** A cell's calibration on its own test set. */
export interface CalibratedCell {
  readonly cell: Cell
  readonly calibration: Calibration
}

/** The calibration of every cell, except for ages in years, whose answer is not one class. */
export function calibrationsOf(study: Study): CalibratedCell[] {
  return study.cells
    .filter(({ task }) => task !== 'years')
    .map((cell) => {
      const predictions = readPredictions(study, cell, ownTest(cell.setting))
      const calibration = calibrationOf(
        predictions.map(({ probabilities }) => probabilities),
        predictions.map(({ truth }) => truth),
      )
      return { cell, calibration }
    })
}

/** The expected calibration error of each cell: a row for each setting, a column for each network. */
export function calibrationTable(
  study: Study,
  task: Task,
  all: readonly CalibratedCell[],
): Table | undefined {
  const own = all.filter(({ cell }) => cell.task === task)
  if (own.length === 0) return undefined
  const letters = networksOf(study).map(({ letter }) => letter)
  const at = (letter: string, setting: Setting) => {
    const one = own.find(({ cell }) => cell.letter === letter && isSameSetting(cell.setting, setting))
    return one ? (100 * one.calibration.ece).toFixed(1) : '–'
  }
  return {
    name: `calibration-${task}`,
    title: task,
    units: 'expected calibration error in points',
    columns: [{ name: '' }, ...letters.map((name) => ({ name }))],
    rows: inPaperOrder(own.map(({ cell }) => cell.setting)).map((setting) => ({
      cells: [bracketed(setting), ...letters.map((letter) => at(letter, setting))],
    })),
  }
}

/** Every bin of every reliability diagram that has faces in it, and the errors of its cell. */
export function calibrationRows(all: readonly CalibratedCell[]): CsvRow[] {
  return all.flatMap(({ cell, calibration: { bins, ece, brier, nll } }) =>
    bins
      .filter(({ n }) => n > 0)
      .map(({ low, high, n, confidence, accuracy }) => ({
        task: cell.task,
        network: cell.network,
        setting: formatSetting(cell.setting),
        from: low.toFixed(4),
        to: high.toFixed(4),
        n,
        confidence: confidence.toFixed(4),
        accuracy: accuracy.toFixed(4),
        ece: ece.toFixed(4),
        brier: brier.toFixed(4),
        nll: nll.toFixed(4),
      })),
  )
}

/** The reliability diagrams: a row for each task, a column for each network, a line for each setting. */
export function calibrationFigure(all: readonly CalibratedCell[]): string {
  const letters = unique(all.map(({ cell }) => cell.letter))
  const rows = unique(all.map(({ cell }) => cell.task)).map((task) =>
    letters.map((letter) => {
      const own = all.filter(({ cell }) => cell.task === task && cell.letter === letter)
      return own.length === 0 ? undefined : diagram(own)
    }),
  )
  const grid = inRows(rows, 12)
  const key = lineKey(inPaperOrder(all.map(({ cell }) => cell.setting)), grid.width)
  return svgOf(below([key, grid], 6))
}

/** With fewer faces a share means little: such bins of confidence are only in the CSV file. */
export const LEAST_DRAWN = 10

function diagram(own: readonly CalibratedCell[]): Drawing {
  const { network, task } = own[0]!.cell
  const ends = [
    { confidence: 0, accuracy: 0 },
    { confidence: 1, accuracy: 1 },
  ]
  const line = (points: readonly { confidence: number; accuracy: number }[], options: Plot.LineOptions) =>
    Plot.line(points, {
      x: (point: { confidence: number }) => 100 * point.confidence,
      y: (point: { accuracy: number }) => 100 * point.accuracy,
      ...options,
    })
  return plot({
    width: 240,
    height: 240,
    marginTop: 34,
    marginLeft: 34,
    marginRight: 12,
    marginBottom: 34,
    x: { label: 'confidence, %', domain: [0, 100], ticks: 5 },
    y: { label: '% right', domain: [0, 100], ticks: 5, grid: true },
    marks: [
      Plot.text([`${networks[network].title}, ${task}`], {
        frameAnchor: 'top-right',
        dy: -24,
        fontSize: 12,
        fontWeight: 600,
      }),
      line(ends, { strokeDasharray: '4 3', strokeOpacity: 0.6 }),
      ...own.map(({ cell, calibration }) =>
        line(
          calibration.bins.filter(({ n }) => n >= LEAST_DRAWN),
          { ...lineOf(cell.setting), strokeWidth: 1.8 },
        ),
      ),
    ],
  })
}
