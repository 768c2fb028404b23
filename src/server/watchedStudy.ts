/** A study that a page shows: what its files say, and what has changed in them since the last look. */

import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { messageOf } from '../base/errors.ts'
import { holderOf } from '../base/lock.ts'
import { errorOf } from '../evaluation/score.ts'
import { accuracyOf } from '../statistics/accuracy.ts'
import { wilson } from '../statistics/interval.ts'
import { readConfig } from '../study/config.ts'
import { type Notice, type Notices, readNotices } from '../study/notices.ts'
import {
  files,
  isOfStudy,
  type Run,
  readRunRecord,
  readStudyRecord,
  runFiles,
  runName,
  type StudyRecord,
  storedRun,
} from '../study/record.ts'
import { ownTest } from '../study/setting.ts'
import { statusOf } from '../study/status.ts'
import { sumsIn } from '../study/sums.ts'
import { Curve, type Had } from './curve.ts'
import type { Folders } from './folders.ts'
import type { CurvePart, ShownRun, ShownStudy } from './messages.ts'

/** What a look found. */
export interface Looked {
  /** Undefined if only some runs have changed. */
  readonly study?: ShownStudy
  readonly runs: readonly ShownRun[]
}

interface WatchedRun {
  /** The signature of its files at the last look. */
  readonly signature: string
  readonly shown: ShownRun
}

export class WatchedStudy {
  private readonly name: string
  private readonly path: string
  private readonly folders: Folders
  private record: StudyRecord | undefined
  private signature = ''
  private runs = new Map<string, WatchedRun>()
  private readonly curves = new Map<string, MetricsFile>()

  constructor(folders: Folders, name: string, path: string) {
    this.folders = folders
    this.name = name
    this.path = path
  }

  /**
   * Check whether something has changed.
   *
   * @throws UserError where the study cannot be read
   */
  look(): Looked | undefined {
    const signature = [files.study(this.path), files.report(this.path)].map(signatureOf).join()
    const isOther = signature !== this.signature
    if (isOther) {
      this.record = readStudyRecord(this.path)
      this.signature = signature
      const names = new Set(this.record.runs.map(runName))
      for (const name of this.runs.keys()) if (!names.has(name)) this.runs.delete(name)
    }
    const notices = this.folders.within(files.notices(this.path), '.') ? readNotices(this.path) : {}
    const changed = this.record!.runs.flatMap((run) => this.lookAt(run, notices) ?? [])
    if (isOther) return { study: this.shown(), runs: [] }
    return changed.length > 0 ? { runs: changed } : undefined
  }

  /** The whole study, as of the last look. */
  shown(): ShownStudy {
    const { name: title, version, dataset, folds, runs } = this.record!
    const { kind, faces, subjects } = dataset
    return {
      name: this.name,
      title,
      version,
      dataset: { kind, faces, subjects },
      folds: { count: folds.count, test: folds.test },
      runs: runs.map((run) => this.runs.get(runName(run))!.shown),
      ...(this.folders.hasReport(this.path) && {
        report: {
          figures: this.folders.reportFiles(this.path, 'figures'),
          tables: this.folders.reportFiles(this.path, 'tables'),
        },
      }),
      photos: dataset.root !== undefined,
    }
  }

  /** The parts of the curves that a page lacks; `had` is updated. */
  curvesSince(had: Map<string, Had>): CurvePart[] {
    return [...this.curves].flatMap(([run, { curve }]) => {
      const part = curve.since(run, had.get(run))
      had.set(run, curve.had)
      return part ?? []
    })
  }

  private lookAt(run: Run, notices: Notices): ShownRun | undefined {
    const name = runName(run)
    const before = this.runs.get(name)
    const notice = notices[name]
    const folder = files.run(this.path, run)
    // A link that leads elsewhere is not a run.
    const isElsewhere = existsSync(folder) && !this.folders.within(folder, '.')
    const signature = isElsewhere
      ? ''
      : `${this.signature} ${this.signatureOf(folder)} ${JSON.stringify(notice)}`
    if (before?.signature === signature) return undefined
    const shown = isElsewhere
      ? { ...headOf(run), state: 'waiting' as const, detail: '' }
      : this.read(run, folder, notice)
    this.runs.set(name, { signature, shown })
    return shown
  }

  private signatureOf(folder: string): string {
    const holder = holderOf(runFiles.lock(folder))
    return [
      holder && `${holder.host} ${holder.pid}`,
      ...[sumsIn(folder), runFiles.metrics(folder), runFiles.result(folder)].map(signatureOf),
    ].join()
  }

  private read(run: Run, folder: string, notice: Notice | undefined): ShownRun {
    const head = headOf(run)
    try {
      const isOwn = isOfStudy(this.record!, run, folder)
      if (!isOwn) this.curves.delete(runName(run))
      const reached = isOwn ? this.curveOf(run, folder).reached : undefined
      const isReadable = (path: string) => this.folders.within(path, '.') !== undefined
      if (signatureOf(sumsIn(folder)) && !isReadable(runFiles.result(folder)))
        return { ...head, state: 'failed', detail: 'result.json is missing' }
      const { state, detail } = statusOf(this.path, this.record!, run, notice, () => reached)
      const iterations = iterationsIn(folder)
      const common = { ...head, state, detail, ...(iterations !== undefined && { iterations }) }
      if (state !== 'finished') return common
      const { iterations: made, tests } = readRunRecord(folder)
      const { confusion, errors } = tests[ownTest(run.setting)]!
      const { n, correct, accuracy } = accuracyOf(confusion)
      const { low, high } = wilson(correct, n)
      return {
        ...common,
        iterations: made,
        accuracy,
        interval: [low, high],
        ...(errors && { years: errorOf(errors).years }),
        profiled: isReadable(runFiles.profile(folder)),
      }
    } catch (error) {
      return { ...head, state: 'failed', detail: messageOf(error) }
    }
  }

  /** The run's updated curves; empty before training. */
  private curveOf(run: Run, folder: string): Curve {
    const path = this.folders.within(runFiles.metrics(folder), '.')
    if (!path) return new Curve()
    const file = this.curves.get(runName(run)) ?? new MetricsFile()
    this.curves.set(runName(run), file)
    file.read(path)
    return file.curve
  }
}

function headOf(run: Run) {
  const { task, network, letter, setting, fold } = storedRun(run)
  return { name: runName(run), task, network, letter, setting, fold }
}

/** How many iterations a run was started for. */
function iterationsIn(folder: string): number | undefined {
  try {
    return (readConfig(folder)?.settings.schedule as { iterations?: number } | undefined)?.iterations
  } catch {
    return undefined
  }
}

/** Distinguishes states of a file; empty where it is missing. */
function signatureOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : ''
}

/**
 * A growing `metrics.jsonl`, of which only new lines are read. A run that continues from a checkpoint replaces the
 * file.
 */
class MetricsFile {
  curve = new Curve()
  private inode = 0
  private offset = 0

  read(path: string): void {
    const file = openSync(path, 'r')
    try {
      const { ino, size } = fstatSync(file)
      if (ino !== this.inode || size < this.offset) {
        this.curve = new Curve()
        this.inode = ino
        this.offset = 0
      }
      const bytes = Buffer.alloc(size - this.offset)
      const count = readSync(file, bytes, 0, bytes.length, this.offset)
      // Anything after the last line's end is still incomplete.
      const end = bytes.subarray(0, count).lastIndexOf('\n') + 1
      for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line) this.add(line)
      this.offset += end
    } finally {
      closeSync(file)
    }
  }

  private add(line: string): void {
    try {
      this.curve.add(JSON.parse(line))
    } catch {
      // A line that was cut short when the process was killed; the run continues in another file.
    }
  }
}
