/** What the networks of a cell answered, face by face, from the `predictions.csv` of its runs. */

import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { messageOf, UserError } from '../base/errors.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import type { Alignment } from '../faces/align.ts'
import { accuracyOf } from '../statistics/accuracy.ts'
import { files, type RunRecord, runFiles } from '../study/record.ts'
import { alignmentsIn } from '../study/setting.ts'
import type { Cell, Study } from './cells.ts'

/** One test face, and the answer of the network that had not seen it. */
interface Prediction {
  readonly face: string
  /** The person; in older runs, which lack this, each face counts as a person. */
  readonly subject: string
  /** The fold that it was tested in. */
  readonly fold: number
  /** The index of its class by the data set, and by the network. */
  readonly truth: number
  readonly predicted: number
  /** The probability of each class, averaged over the ten crops. */
  readonly probabilities: readonly number[]
}

/** All test faces of a cell: fold by fold, and within a fold in the order of the data set. */
export type Predictions = readonly Prediction[]

/** A cell's files are read once for all figures that use them. */
const known = new WeakMap<Cell, Map<Alignment, Predictions>>()

/**
 * The answers of a cell's networks on photos aligned in one way.
 *
 * @throws UserError naming the file, where it is missing, damaged, or from another run
 */
export function readPredictions(study: Study, cell: Cell, alignment: Alignment): Predictions {
  let read = known.get(cell)
  if (!read) {
    const runs = cell.runs.map((run) => readRun(study.out, run))
    read = new Map(alignmentsIn(cell.tests).map((one) => [one, runs.flatMap((run) => run.get(one)!)]))
    known.set(cell, read)
  }
  return read.get(alignment) ?? []
}

function readRun(out: string, record: RunRecord): Map<Alignment, Prediction[]> {
  const { run, tests } = record
  const path = runFiles.predictions(files.run(out, run))
  const [head = [], ...rows] = rowsOf(path)
  const names = CLASSES[run.task]
  const columns = columnsOf(head, names, path)
  const read = new Map<Alignment, Prediction[]>(alignmentsIn(tests).map((alignment) => [alignment, []]))
  rows.forEach((row, k) => {
    const list = read.get(row[columns.testedOn] as Alignment)
    const [truth, predicted] = [names.indexOf(row[columns.true]!), names.indexOf(row[columns.predicted]!)]
    if (!list || truth < 0 || predicted < 0)
      throw damaged(`has an unknown class or alignment in line ${k + 2}`, path)
    const face = row[columns.face]!
    list.push({
      face,
      subject: row[columns.subject] ?? face,
      fold: run.fold,
      truth,
      predicted,
      probabilities: columns.probabilities.map((column) => Number(row[column])),
    })
  })
  for (const [alignment, { length }] of read) {
    const { n } = accuracyOf(tests[alignment]!.confusion)
    if (length !== n) throw damaged(`has ${length} faces on ${alignment}, and result.json ${n}`, path)
  }
  return read
}

function rowsOf(path: string): string[][] {
  try {
    return parse(readFileSync(path, 'utf8')) as string[][]
  } catch (error) {
    throw damaged(`could not be read (${messageOf(error)})`, path)
  }
}

function columnsOf(head: readonly string[], names: (typeof CLASSES)[Task], path: string) {
  const place = (name: string) => {
    const column = head.indexOf(name)
    if (column < 0) throw damaged(`has no column "${name}"`, path)
    return column
  }
  return {
    face: place('face'),
    subject: head.indexOf('subject'),
    testedOn: place('tested_on'),
    true: place('true'),
    predicted: place('predicted'),
    probabilities: names.map((name) => place(`p ${name}`)),
  }
}

function damaged(what: string, path: string): UserError {
  return new UserError(
    what,
    path,
    'Remove the result.json beside it and run the study again, which writes it again',
  )
}
