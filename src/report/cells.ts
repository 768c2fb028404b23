/**
 * The numbers behind the report's tables. A cell is one cell of the paper's tables: a task, a network and a setting,
 * with the faces of all test folds taken together.
 */

import { existsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { addToGroup } from '../base/groupBy.ts'
import type { Task } from '../datasets/task.ts'
import type { TestRecord } from '../evaluation/testRecord.ts'
import type { Alignment } from '../faces/align.ts'
import type { NetworkName } from '../networks/index.ts'
import { accuracyOf } from '../statistics/accuracy.ts'
import { type Sums, together } from '../statistics/interval.ts'
import { type ProfileRecord, readProfileRecord } from '../study/profileRecord.ts'
import {
  files,
  isOfStudy,
  type Run,
  type RunRecord,
  readRunRecord,
  readStudyRecord,
  runFiles,
  type StudyRecord,
} from '../study/record.ts'
import {
  alignmentsIn,
  formatSetting,
  isSameSetting,
  ownTest,
  placeOf,
  type Setting,
} from '../study/setting.ts'
import { damageOf, sumsIn } from '../study/sums.ts'

/** The runs of one task, network and setting, one for each fold, and the sum of their tests. */
export interface Cell {
  readonly task: Task
  readonly letter: string
  readonly network: NetworkName
  readonly setting: Setting
  readonly runs: readonly RunRecord[]
  /** The test records, for each alignment that the data set allows. */
  readonly tests: Readonly<Partial<Record<Alignment, TestRecord>>>
  /** What its networks look at, with a profile for each fold; empty where the plan does not ask for it. */
  readonly profiles: readonly RunProfile[]
}

/** The profile of a run, and the fold of its faces. */
interface RunProfile extends ProfileRecord {
  readonly fold: number
}

/** A study and its finished runs, from a folder. */
export interface Study {
  readonly out: string
  readonly record: StudyRecord
  readonly cells: readonly Cell[]
  /** Whether the report shows photos of faces, besides maps. */
  readonly photos: boolean
}

/** Networks are large, and a report reads none. */
const isRead = (name: string) => !name.endsWith('.onnx')

/** @throws UserError where a finished run's files are not as it wrote them: its figures would contradict each other */
function requireUnchanged(folder: string): void {
  const damage = existsSync(sumsIn(folder)) ? damageOf(folder, isRead) : undefined
  if (damage !== undefined)
    throw new UserError(damage, folder, 'The command that made the study makes this run again')
}

/**
 * Read a study. Runs that are not finished, or are of a former plan, are left out; cells stand in the order of the paper's tables.
 *
 * @param options whether its report shows photos of faces
 * @throws UserError when the folder is not a study's, or one of its files cannot be read
 */
export function readStudy(out: string, { photos = true } = {}): Study {
  const record = readStudyRecord(out)
  const cells = new Map<string, Made[]>()
  for (const run of record.runs) {
    const folder = files.run(out, run)
    if (!existsSync(runFiles.result(folder)) || !isOfStudy(record, run, folder)) continue
    requireUnchanged(folder)
    const key = [run.task, run.network, formatSetting(run.setting)].join()
    const profile = readProfileRecord(folder)
    const made = {
      record: readRunRecord(folder),
      ...(profile && { profile: { ...profile, fold: run.fold } }),
    }
    addToGroup(cells, key, made)
  }
  const tasks = unique(record.runs.map(({ task }) => task))
  return {
    out,
    record,
    photos,
    cells: [...cells.values()]
      .map(pooled)
      .sort(
        (a, b) =>
          tasks.indexOf(a.task) - tasks.indexOf(b.task) ||
          byLetter(a, b) ||
          placeOf(a.setting) - placeOf(b.setting),
      ),
  }
}

function byLetter(a: { letter: string }, b: { letter: string }): number {
  return a.letter < b.letter ? -1 : a.letter > b.letter ? 1 : 0
}

/** How many of a study's runs are finished. */
export function runsOf({ cells, record }: Study): { done: number; planned: number } {
  return { done: cells.reduce((sum, { runs }) => sum + runs.length, 0), planned: record.runs.length }
}

/** The tasks that have finished runs, in the order of the plan. */
export function tasksOf(study: Study): Task[] {
  return unique(study.cells.map((cell) => cell.task))
}

/** The cells of a task that have finished runs. */
export function cellsOf(study: Study, task: Task): Cell[] {
  return study.cells.filter((cell) => cell.task === task)
}

/** The networks of a study, planned or finished, by their letters in the paper's tables. */
export function networksOf({ record }: Study): Run[] {
  return [...new Map(record.runs.map((run) => [run.letter, run])).values()].sort(byLetter)
}

/** The cell at one place of a table; undefined where its runs are not finished. */
export function cellAt(study: Study, task: Task, letter: string, setting: Setting): Cell | undefined {
  return study.cells.find(
    (cell) => cell.task === task && cell.letter === letter && isSameSetting(cell.setting, setting),
  )
}

/** A finished run, as read. */
interface Made {
  readonly record: RunRecord
  readonly profile?: RunProfile
}

function pooled(made: readonly Made[]): Cell {
  const runs = made.map(({ record }) => record)
  const { task, letter, network, setting } = runs[0]!.run
  const tests = alignmentsIn(runs[0]!.tests).map(
    (alignment) => [alignment, runs.map((run) => run.tests[alignment]!).reduce(sum)] as const,
  )
  const profiles = made.flatMap(({ profile }) => profile ?? [])
  return { task, letter, network, setting, runs, tests: Object.fromEntries(tests), profiles }
}

/** The test of a cell on photos of its own kind. */
export function ownOf({ tests, setting }: Cell): TestRecord {
  return tests[ownTest(setting)]!
}

/** The number of faces that a cell was tested on, on photos of its own kind. */
function testedFaces(cell: Cell): number {
  return accuracyOf(ownOf(cell).confusion).n
}

/** The first cell of those with the most faces: the others have fewer where their folds are not all finished. */
export function fullestOf(cells: readonly Cell[]): Cell {
  return cells.reduce((best, cell) => (testedFaces(cell) > testedFaces(best) ? cell : best))
}

/** How many faces cells were tested on; if some have unfinished folds, from the fewest to the most: `40–81`. */
export function countOf(cells: readonly Cell[]): string {
  if (cells.length === 0) return '–'
  const counts = cells.map(testedFaces)
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least}–${most}`
}

function sum(a: TestRecord, b: TestRecord): TestRecord {
  const groups = new Map(a.groups.map((group) => [group.group, group]))
  for (const one of b.groups) {
    const before = groups.get(one.group)
    groups.set(
      one.group,
      before
        ? {
            ...both(before, one),
            group: one.group,
            n: before.n + one.n,
            correct: before.correct + one.correct,
          }
        : one,
    )
  }
  return {
    ...both(a, b),
    confusion: a.confusion.map((row, truth) => row.map((n, guess) => n + b.confusion[truth]![guess]!)),
    groups: [...groups.values()],
  }
}

function both(a: { errors?: Sums }, b: { errors?: Sums }): { errors?: Sums } {
  return a.errors && b.errors ? { errors: together(a.errors, b.errors) } : {}
}

/** A list without repetitions. */
export function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
