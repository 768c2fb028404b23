/** The studies: the server's, and those that were opened from disk. */

import { create } from 'zustand'
import type {
  CurvePart,
  ListedFolder,
  Point,
  ShownRun,
  ShownStudy,
  Validation,
} from '../../src/server/messages.ts'
import type { Source } from './source.ts'

export interface RunCurve {
  readonly points: readonly Point[]
  readonly validations: readonly Validation[]
}

export type Curves = Readonly<Record<string, RunCurve>>

/** A folder that was opened from disk. */
export interface OpenedFolder {
  readonly folder: ListedFolder
  readonly source: Source
  /** Only for a study. */
  readonly study?: { readonly shown: ShownStudy; readonly curves: Curves }
}

export interface StudyState {
  /** `none`: the page is served as files alone. */
  readonly connection: 'asking' | 'open' | 'lost' | 'none'
  /** Seconds until the next attempt. */
  readonly again: number
  readonly folders: readonly ListedFolder[]
  /** The current study, once known. */
  readonly study: ShownStudy | undefined
  readonly curves: Curves
  /** Why the study cannot be read. */
  readonly unreadable: string | undefined
  /** Folders from disk, by name. */
  readonly opened: Readonly<Record<string, OpenedFolder>>
  /** Why a folder could not be opened. */
  readonly refused: string | undefined
}

export const useStudies = create<StudyState>(() => ({
  connection: 'asking',
  again: 0,
  folders: [],
  study: undefined,
  curves: {},
  unreadable: undefined,
  opened: {},
  refused: undefined,
}))

export const setStudies = useStudies.setState
export const getStudies = useStudies.getState

/** A study with some of its runs updated. */
export function withRuns(study: ShownStudy, changed: readonly ShownRun[]): ShownStudy {
  const now = new Map(changed.map((run) => [run.name, run]))
  return { ...study, runs: study.runs.map((run) => now.get(run.name) ?? run) }
}

/** Curves with new parts. */
export function withParts(curves: Curves, parts: readonly CurvePart[]): Curves {
  return {
    ...curves,
    ...Object.fromEntries(
      parts.map(({ run, from, points, validationsFrom, validations }) => [
        run,
        {
          points: [...(curves[run]?.points ?? []).slice(0, from), ...points],
          validations: [...(curves[run]?.validations ?? []).slice(0, validationsFrom), ...validations],
        },
      ]),
    ),
  }
}
