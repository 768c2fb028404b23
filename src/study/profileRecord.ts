/** What a run's network looks at, in numbers: `profile.json` in the run's folder. */

import { existsSync } from 'node:fs'
import { writeAtomic } from '../base/files.ts'
import type { Skipped } from '../datasets/dataset.ts'
import type { ExplainedFace } from '../evaluation/explainedFaces.ts'
import type { FaithfulFace } from '../evaluation/faithfulness.ts'
import { readRecord, runFiles } from './record.ts'

/** A face of the profile: explained for the class that the data set gives it, or for its expected age. */
export interface ProfiledFace extends ExplainedFace {
  /** How concentrated its map is: the Gini index of |R|, and the area that carries half of the positive relevance. */
  readonly sparseness: number
  readonly halfArea: number
}

/** The average map of a class. */
export interface AverageMap {
  /** Its index; for ages in years, the index of the age group. */
  readonly class: number
  readonly faces: number
  /** The mean relevance in equal parts of the picture, row by row; each face's |R| adds up to 1. */
  readonly map: readonly number[]
}

/** The profile of a run on its own test set. */
export interface ProfileRecord {
  /** The names of the parts of a face. */
  readonly parts: readonly string[]
  /** The height and width of the average maps. */
  readonly grid: readonly [rows: number, columns: number]
  readonly faces: readonly ProfiledFace[]
  readonly averages: readonly AverageMap[]
  /** How faithful some of the maps are. */
  readonly faithfulness: readonly FaithfulFace[]
  /** Faces that could not be used. */
  readonly skipped: readonly Skipped[]
}

/** Write a profile on a single line, as there are many faces. */
export function writeProfileRecord(folder: string, record: ProfileRecord): void {
  writeAtomic(runFiles.profile(folder), `${JSON.stringify(record)}\n`)
}

/**
 * The profile of the run in a folder; undefined where its plan does not ask for one.
 *
 * @throws UserError naming the file, when it cannot be read
 */
export function readProfileRecord(folder: string): ProfileRecord | undefined {
  const path = runFiles.profile(folder)
  return existsSync(path) ? readRecord<ProfileRecord>(path) : undefined
}
