/** The heat maps of a study's runs, by cell and face. */

import { join } from 'node:path'
import type { Task } from '../datasets/task.ts'
import { files, type MapRecord, type Run } from '../study/record.ts'
import { type Cell, cellsOf, type Study } from './cells.ts'
import { fileSize } from './pictures.ts'

/** One run's explanation of a face. */
export interface Explained {
  readonly run: Run
  readonly map: MapRecord
}

/** The explained faces of a cell, over all of its folds. */
export function explainedBy({ runs }: Cell): Map<string, Explained> {
  return new Map(runs.flatMap(({ run, maps }) => maps.map((map) => [map.face, { run, map }] as const)))
}

/** The faces of a task that any of its runs has explained, in the order of their labels. */
export function explainedFaces(study: Study, task: Task): string[] {
  const truths = new Map<string, number>()
  for (const { runs } of cellsOf(study, task)) {
    for (const { maps } of runs) for (const { face, truth } of maps) truths.set(face, truth)
  }
  return [...truths].sort(([, a], [, b]) => a - b).map(([face]) => face)
}

/** Where a picture of a run is. */
export function pathOf(study: Study, { run }: Explained, name: string): string {
  return join(files.run(study.out, run), name)
}

/** How many bytes the maps of a face take, for all classes and all cells of a task, with its photos. */
export function bytesOf(study: Study, task: Task, face: string): number {
  let bytes = 0
  for (const cell of cellsOf(study, task)) {
    const one = explainedBy(cell).get(face)
    if (!one) continue
    const { photo, years, classes } = one.map
    for (const name of [photo, years?.map, ...classes.map(({ map }) => map)]) {
      if (name !== undefined) bytes += fileSize(pathOf(study, one, name))
    }
  }
  return bytes
}
