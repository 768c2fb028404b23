/**
 * What a study leaves behind, as files: `study.json` for the whole, `runs/<run>/result.json` for each run.
 * The report is made from these files alone, so that it can be made again, anywhere, at any time.
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
  /** The letter that the paper's tables have for the network. */
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

/** A run as files and queues hold it: its setting is text. */
export interface StoredRun extends Omit<Run, 'setting'> {
  readonly setting: SettingText
}

/** The fields stay in their order, by which configurations are hashed. */
export function storedRun(run: Run): StoredRun {
  return { ...run, setting: formatSetting(run.setting) }
}

/**
 * The inverse of {@link storedRun}.
 *
 * @param where it is stored, for the message
 * @throws UserError when there is no such setting
 */
export function restoredRun(run: StoredRun, where?: string): Run {
  return { ...run, setting: parseSetting(run.setting, where) }
}

/** A study, as `study.json` holds it. */
export interface StudyRecord {
  readonly name: string
  /** The version of regard that made it. */
  readonly version: string
  readonly seed: string | number
  readonly dataset: {
    readonly kind: string
    /** Where it lies, seen from the study's folder; studies from before that was written down lack it. */
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
    /** Said by the reader of faces that it kept: remark → number of faces. */
    readonly remarks: Readonly<Record<string, number>>
    /** Photos and rows that could not be used, each with its reason. */
    readonly skipped: readonly Skipped[]
  }
  readonly folds: {
    readonly count: number
    /** Those that are tested. */
    readonly test: readonly number[]
    readonly repeated?: Repeated
  }
  readonly runs: readonly Run[]
}

/** One photo of the test set with heat maps for its classes. Files are relative to the run's folder. */
export interface MapRecord {
  readonly face: string
  /** Index of the class that the data set gives it. */
  readonly truth: number
  readonly photo: string
  /** Of ages in years, only the answer and what the data set says have a map. */
  readonly classes: readonly {
    readonly probability: number
    readonly map?: string
    /** Of the map; runs from before it was measured have none. */
    readonly coherence?: Coherence
  }[]
  /** Of ages in years: what moves the expected age; runs from before that was explained have none. */
  readonly years?: YearsRecord
}

/** What moves the age that is expected of a face from the mean age of those that were trained on. */
export interface YearsRecord {
  readonly expected: number
  /** That mean. */
  readonly reference: number
  /** Its picture. */
  readonly map: string
  /**
   * What each part of the face adds to the difference, in years; not there where nobody knows where they are, or
   * the map's own sums speak against it.
   */
  readonly parts?: Readonly<Record<string, number>>
}

/** A finished run, as `result.json` holds it. */
export interface RunRecord {
  readonly run: Run
  /** Number of pictures that were trained, validated and tested on; `[m]` trains on each face twice. */
  readonly pictures: { readonly train: number; readonly validation: number; readonly test: number }
  readonly iterations: number
  /** Which layers started from trained weights and which are new; not there where all started random. */
  readonly start?: { readonly taken: readonly string[]; readonly fresh: readonly string[] }
  /** On photos aligned in every way that was prepared. */
  readonly tests: Readonly<Partial<Record<Alignment, TestRecord>>>
  readonly maps: readonly MapRecord[]
  /** How its own test set was answered by the network at every snapshot, in their order; where there are some. */
  readonly snapshots?: readonly SnapshotRecord[]
}

/** How the network was after some iterations. */
export interface SnapshotRecord {
  readonly iteration: number
  /** On the photos that the run is tested on, by ten crops. */
  readonly tests: Readonly<Partial<Record<Alignment, TestRecord>>>
}

/** The faces that the alignment [i] stretches most, each aligned both ways, as `pairs/pairs.json` holds them. */
export interface PairsRecord {
  /** Of the photos that they were made from. */
  readonly digest: string
  /** The test folds that they were chosen from. */
  readonly folds: readonly number[]
  /** The farthest stretched first. */
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
  /** Held by the process that runs the study. */
  lock: (out: string) => join(out, 'study.lock'),
  /** What that process knows of runs beside what their own files say. */
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
  /** Held by the process that makes the run; beside its folder, which may have to be removed. */
  lock: (folder: string) => `${folder}.lock`,
  result: (folder: string) => join(folder, 'result.json'),
  /** What the network looks at, where the plan asks for that; and the average of the faces that say so. */
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

/** @throws UserError naming the file, when it is not there or is not JSON */
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
 * @throws UserError naming the file, when it is not there or cannot be read
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
 * @throws UserError when no study is there, or its record cannot be read
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
