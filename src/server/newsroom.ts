/**
 * Tells pages what changes in the folders of studies. All pages share one look at the files, once a second, and only at
 * what some page shows.
 */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { holderOf } from '../base/lock.ts'
import { readNotices } from '../study/notices.ts'
import { files, isOfStudy, readStudyRecord, runFiles, runName } from '../study/record.ts'
import { sumsIn } from '../study/sums.ts'
import type { Had } from './curve.ts'
import type { Folders } from './folders.ts'
import { KINDS } from './kinds.ts'
import type { FolderKind, ListedFolder, News, StudySummary } from './messages.ts'
import { WatchedStudy } from './watchedStudy.ts'

/** Milliseconds between two looks. */
const LOOK = 1000

/** A page that receives news. */
interface Reader {
  /** The study that it shows. */
  readonly study: string | undefined
  readonly had: Map<string, Had>
  readonly tell: (news: News) => void
  /** The last reason that it was told why the study cannot be read. */
  unreadable: string | undefined
}

export class Newsroom {
  private readonly folders: Folders
  private readonly readers = new Set<Reader>()
  private readonly studies = new Map<string, WatchedStudy>()
  private timer: NodeJS.Timeout | undefined
  private listed = ''
  /** The content of files that seldom change, by path. */
  private readonly known = new Map<string, { readonly time: number; readonly value: unknown }>()

  constructor(folders: Folders) {
    this.folders = folders
  }

  /**
   * Send a page everything, and from then on what changes.
   *
   * @param study its name; undefined for only the list
   * @returns a function to call when the page is gone
   */
  read(study: string | undefined, tell: (news: News) => void): () => void {
    const reader: Reader = { study, had: new Map(), tell, unreadable: undefined }
    const list = this.list()
    if (this.readers.size === 0) this.listed = JSON.stringify(list)
    tell({ event: 'folders', data: list })
    if (study !== undefined) this.begin(reader, study)
    this.readers.add(reader)
    this.timer ??= setInterval(() => this.look(), LOOK)
    return () => this.end(reader)
  }

  private begin(reader: Reader, name: string): void {
    try {
      const study = this.watched(name)
      const looked = study.look()
      if (looked) this.tellOthers(name, looked)
      reader.tell({ event: 'study', data: study.shown() })
      this.tellCurves(reader, study)
    } catch (error) {
      this.tellUnreadable(reader, error)
    }
  }

  private end(reader: Reader): void {
    this.readers.delete(reader)
    if (![...this.readers].some(({ study }) => study === reader.study))
      this.studies.delete(reader.study ?? '')
    if (this.readers.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** @throws UserError where there is no such study */
  private watched(name: string): WatchedStudy {
    const path = this.folders.path(name, 'study')
    if (!path) {
      this.studies.delete(name)
      throw new Error(`The study ${name} is gone.`)
    }
    let study = this.studies.get(name)
    if (!study) {
      study = new WatchedStudy(this.folders, name, path)
      this.studies.set(name, study)
    }
    return study
  }

  private look(): void {
    const list = this.list()
    const listed = JSON.stringify(list)
    if (listed !== this.listed) {
      this.listed = listed
      for (const { tell } of this.readers) tell({ event: 'folders', data: list })
    }
    const names = new Set([...this.readers].flatMap(({ study }) => study ?? []))
    for (const name of names) {
      const own = [...this.readers].filter(({ study }) => study === name)
      try {
        const study = this.watched(name)
        const looked = study.look()
        // Pages that were told that it cannot be read get all of it again.
        for (const reader of own.filter(({ unreadable }) => unreadable !== undefined)) {
          reader.unreadable = undefined
          reader.had.clear()
          reader.tell({ event: 'study', data: study.shown() })
        }
        if (looked) this.tellOthers(name, looked)
        for (const reader of own) this.tellCurves(reader, study)
      } catch (error) {
        for (const reader of own) this.tellUnreadable(reader, error)
      }
    }
  }

  private tellOthers(name: string, { study, runs }: NonNullable<ReturnType<WatchedStudy['look']>>): void {
    for (const reader of this.readers) {
      if (reader.study !== name) continue
      reader.tell(study ? { event: 'study', data: study } : { event: 'runs', data: runs })
    }
  }

  private tellCurves(reader: Reader, study: WatchedStudy): void {
    const parts = study.curvesSince(reader.had)
    if (parts.length > 0) reader.tell({ event: 'curves', data: parts })
  }

  private tellUnreadable(reader: Reader, error: unknown): void {
    const reason = messageOf(error)
    if (reader.unreadable === reason) return
    reader.unreadable = reason
    reader.tell({ event: 'unreadable', data: reason })
  }

  /** All folders, with the progress of studies, and what belongs to which study. */
  list(): ListedFolder[] {
    const all = [...this.folders.all().values()]
    const studies = all.filter(({ kinds }) => kinds.includes('study'))
    return all.map(({ name, kinds, path }) => {
      const of = kinds.includes('study') ? undefined : this.studyOf(path, kinds, studies)
      return { name, kinds, ...(kinds.includes('study') && this.summary(path)), ...(of && { of }) }
    })
  }

  private summary(path: string): { study: StudySummary } | { error: string } {
    try {
      const record = this.knownOf(files.study(path), () => readStudyRecord(path))
      const { name: title, runs } = record
      const folders = runs.map((run) => files.run(path, run))
      const finished = runs.filter(
        (run, k) => existsSync(sumsIn(folders[k]!)) && isOfStudy(record, run, folders[k]!),
      ).length
      const notices = this.folders.within(files.notices(path), '.') ? readNotices(path) : {}
      const underway = runs.filter(
        (run, k) => notices[runName(run)]?.state === 'underway' || holderOf(runFiles.lock(folders[k]!)),
      ).length
      return { study: { title, runs: runs.length, finished, underway } }
    } catch (error) {
      return { error: messageOf(error) }
    }
  }

  /** The study in whose folder it lies, or whose network or data it is about. */
  private studyOf(
    path: string,
    kinds: readonly FolderKind[],
    studies: readonly { readonly name: string; readonly path: string }[],
  ): string | undefined {
    try {
      const { networks, root } = this.subjectOf(path, kinds[0]!)
      return studies.find((study) => {
        if (isWithin(study.path, path)) return true
        if (networks.some((network) => isWithin(study.path, resolve(network)))) return true
        const { dataset } = this.knownOf(files.study(study.path), () => readStudyRecord(study.path))
        return (
          root !== undefined &&
          dataset.root !== undefined &&
          resolve(study.path, dataset.root) === resolve(path, root)
        )
      })?.name
    } catch {
      return undefined
    }
  }

  /** The files of the networks that a folder's findings are about, or the data set that they are about. */
  private subjectOf(path: string, kind: FolderKind): { networks: readonly string[]; root?: string } {
    const file = join(path, KINDS[kind].signs[0]!)
    return this.knownOf(file, () => {
      const { model, networks = [], root } = JSON.parse(readFileSync(file, 'utf8')) as Subject
      return { networks: [...(model ? [model] : []), ...networks.map((each) => each.model)], root }
    })
  }

  /** The content of a file, which is read again if it has changed. */
  private knownOf<T>(path: string, read: () => T): T {
    const time = statSync(path).mtimeMs
    const known = this.known.get(path)
    if (known?.time === time) return known.value as T
    const value = read()
    this.known.set(path, { time, value })
    return value
  }
}

/** The fields in files of atlases, checks, comparisons, profiles and measures that say what they are about. */
interface Subject {
  readonly model?: string
  readonly networks?: readonly { readonly model: string }[]
  readonly root?: string
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`)
}
