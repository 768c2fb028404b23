/**
 * What a study leaves behind, as files: `study.json` for the whole, `runs/<run>/result.json` for each run.
 * The report needs only these files, so it can be made again anywhere, at any time.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import type { Skipped } from '../datasets/dataset.ts'
import type { Repeated } from '../datasets/folds.ts'
import type { Task } from '../datasets/task.ts'
import type { TestRecord } from '../evaluation/testRecord.ts'
import type { Coherence } from '../explanation/coherence.ts'
import type { Alignment } from '../faces/align.ts'
import type { Stretch } from '../faces/stretch.ts'
import type { NetworkName } from '../networks/index.ts'
import { formatSetting, inFileNames, parseSetting, type Setting, type SettingText } from './setting.ts'

/** One cell of the grid: one network, trained for one task, on one kind of picture, with one fold held out. */
export interface Run {
  readonly task: Task
  readonly network: NetworkName
  /** The network's letter in the paper's tables. */
  readonly letter: string
  /** Side of the square crop that the network sees, in pixels. */
  readonly input: number
  /** Fraction of the channels of the published network. */
  readonly width: number
  readonly setting: Setting
  /** The fold that is kept for testing. */
  readonly fold: number
}

/** A run's name, which is also its folder: `age-adiencenet-r-fold0`, `age-googlenet-r-n-fold0`. */
export function runName(run: Run): string {
  return `${run.task}-${run.network}-${inFileNames(run.setting)}-fold${run.fold}`
}

/** A run in the form of files and queues, with its setting as text. */
export interface StoredRun extends Omit<Run, 'setting'> {
  readonly setting: SettingText
}

/** The order of the fields must stay, as configurations are hashed by it. */
export function storedRun(run: Run): StoredRun {
  return { ...run, setting: formatSetting(run.setting) }
}

/**
 * The inverse of {@link storedRun}.
 *
 * @param where it is stored, for the message
 * @throws UserError when its setting does not exist
 */
export function restoredRun(run: StoredRun, where?: string): Run {
  return { ...run, setting: parseSetting(run.setting, where) }
}

/** A study: the content of `study.json`. */
export interface StudyRecord {
  readonly name: string
  /** The version of regard that made it. */
  readonly version: string
  readonly seed: string | number
  readonly dataset: {
    readonly kind: string
    /** Where it lies, relative to the study's folder; older studies lack it. */
    readonly root?: string
    readonly licence: string
    readonly citation: string
    /** Faces that the study uses: those that could be read and aligned. */
    readonly faces: number
    readonly subjects: number
    /** For each task, the number of faces of each class. */
    readonly classes: Partial<Record<Task, readonly number[]>>
    /** Left out by the reader: reason → number of faces. */
    readonly dropped: Readonly<Record<string, number>>
    /** The reader's remarks on faces that it kept: remark → number of faces. */
    readonly remarks: Readonly<Record<string, number>>
    /** Photos and rows that could not be used, each with its reason. */
    readonly skipped: readonly Skipped[]
  }
  readonly folds: {
    readonly count: number
    /** The folds that are tested. */
    readonly test: readonly number[]
    readonly repeated?: Repeated
  }
  readonly runs: readonly Run[]
  /** The hash of each run's configuration, by the run's name; older studies lack it. */
  readonly configs?: Readonly<Record<string, string>>
}

/** One photo of the test set with heat maps for its classes. Files are relative to the run's folder. */
export interface MapRecord {
  readonly face: string
  /** Index of the class that the data set gives it. */
  readonly truth: number
  readonly photo: string
  /** For ages in years, only the answer and the label have a map. */
  readonly classes: readonly {
    readonly probability: number
    readonly map?: string
    /** The coherence of the map; older runs lack it. */
    readonly coherence?: Coherence
  }[]
  /** For ages in years: what moves the expected age; older runs lack it. */
  readonly years?: YearsRecord
}

/** What moves the expected age of a face away from the mean age of the training faces. */
export interface YearsRecord {
  readonly expected: number
  /** The mean age of the training faces. */
  readonly reference: number
  /** The file of the map. */
  readonly map: string
  /**
   * What each part of the face adds to the difference, in years; absent where the parts are unknown, or the map's own
   * sums speak against it.
   */
  readonly parts?: Readonly<Record<string, number>>
}

/** A finished run: the content of `result.json`. */
export interface RunRecord {
  readonly run: Run
  /** Number of pictures that were trained, validated and tested on; `[m]` trains on each face twice. */
  readonly pictures: { readonly train: number; readonly validation: number; readonly test: number }
  readonly iterations: number
  /** Which layers started from trained weights and which are new; absent where all started random. */
  readonly start?: { readonly taken: readonly string[]; readonly fresh: readonly string[] }
  /** The test records, for each alignment that was prepared. */
  readonly tests: Readonly<Partial<Record<Alignment, TestRecord>>>
  readonly maps: readonly MapRecord[]
  /** How the network answered its own test set at every snapshot, in order; absent without snapshots. */
  readonly snapshots?: readonly SnapshotRecord[]
}

/** The network's results after some iterations. */
export interface SnapshotRecord {
  readonly iteration: number
  /** The test records on the run's own test photos, by ten crops. */
  readonly tests: Readonly<Partial<Record<Alignment, TestRecord>>>
}

/** The faces that the alignment [i] stretches most, each aligned both ways: the content of `pairs/pairs.json`. */
export interface PairsRecord {
  /** A hash of the photos that they were made from. */
  readonly digest: string
  /** The test folds that they were chosen from. */
  readonly folds: readonly number[]
  /** The most stretched first. */
  readonly pairs: readonly PairRecord[]
}

/** One face, aligned both ways. Files are relative to the folder of the record. */
export interface PairRecord {
  readonly face: string
  readonly stretch: Stretch
  readonly r: string
  readonly i: string
}

/** The files of a study in its folder. */
export const files = {
  study: (out: string) => join(out, 'study.json'),
  /** The lock of the process that runs the study. */
  lock: (out: string) => join(out, 'study.lock'),
  /** What that process knows about runs beyond their own files. */
  notices: (out: string) => join(out, 'notices.json'),
  run: (out: string, run: Run) => join(out, 'runs', runName(run)),
  report: (out: string) => join(out, 'report', 'index.html'),
  pairs: (out: string) => join(out, 'pairs', 'pairs.json'),
}

/** The files of a run in its folder. */
export const runFiles = {
  config: (folder: string) => join(folder, 'config.json'),
  metrics: (folder: string) => join(folder, 'metrics.jsonl'),
  model: (folder: string) => join(folder, 'model.onnx'),
  predictions: (folder: string) => join(folder, 'predictions.csv'),
  /** The probabilities of every crop, where the plan asks for them. */
  crops: (folder: string) => join(folder, 'crops.parquet'),
  /** The lock of the process that makes the run; beside its folder, which may have to be removed. */
  lock: (folder: string) => `${folder}.lock`,
  result: (folder: string) => join(folder, 'result.json'),
  /** What the network looks at, where the plan asks for it; and the average of those faces. */
  profile: (folder: string) => join(folder, 'profile.json'),
  averageFace: (folder: string) => join(folder, 'average-face.png'),
  /** @param iteration written with as many digits as the last one has, so that files sort as iterations do */
  snapshot: (folder: string, iteration: number, last: number) =>
    join(folder, 'snapshots', `iteration-${String(iteration).padStart(String(last).length, '0')}.onnx`),
}

/** Write a record as JSON that people can read too. */
export function writeRecord(path: string, record: unknown): void {
  writeAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`)
}

/** @throws UserError naming the file, when it is missing or not JSON */
export function readRecord<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    throw new UserError(
      `could not be read (${messageOf(error)})`,
      path,
      'Remove it and run the same command again, which writes it again',
    )
  }
}

export function writeRunRecord(folder: string, record: RunRecord): void {
  writeRecord(runFiles.result(folder), { ...record, run: storedRun(record.run) })
}

/**
 * The record of the finished run in a folder.
 *
 * @throws UserError naming the file, when it is missing or cannot be read
 */
export function readRunRecord(folder: string): RunRecord {
  const path = runFiles.result(folder)
  const { run, ...rest } = readRecord<Omit<RunRecord, 'run'> & { run: StoredRun }>(path)
  return { run: restoredRun(run, path), ...rest }
}

export function writeStudyRecord(out: string, record: StudyRecord): void {
  writeRecord(files.study(out), { ...record, runs: record.runs.map(storedRun) })
}

/**
 * The record of the study in a folder.
 *
 * @throws UserError when there is no study, or its record cannot be read
 */
export function readStudyRecord(out: string): StudyRecord {
  const path = files.study(out)
  const remedy = 'Name the folder that `regard study` wrote to'
  if (!existsSync(path)) throw new UserError('this folder holds no study: it lacks study.json', out, remedy)
  const record = readRecord<Partial<Omit<StudyRecord, 'runs'> & { runs: StoredRun[] }>>(path)
  if (Array.isArray(record.runs) && record.dataset && record.folds) {
    const runs = record.runs.map((run) => restoredRun(run, path))
    return { ...(record as Omit<StudyRecord, 'runs'>), runs }
  }
  throw new UserError('is not what `regard study` writes', path, remedy)
}

/**
 * Whether the run in a folder was begun with the present plan and data of its study, as far as the study tells: after the
 * plan is changed, a run of the former one stays until the new one begins.
 *
 * @throws UserError where the run's configuration cannot be read
 */
export function isOfStudy({ configs }: Pick<StudyRecord, 'configs'>, run: Run, folder: string): boolean {
  const now = configs?.[runName(run)]
  const path = runFiles.config(folder)
  return now === undefined || !existsSync(path) || readRecord<{ hash: string }>(path).hash === now
}
