/**
 * What the networks of a study look at, computed from their runs' profiles; test faces of all folds are taken together.
 */

import { existsSync } from 'node:fs'
import type { CsvRow } from '../base/csv.ts'
import type { Html } from '../base/html.ts'
import { CLASSES } from '../datasets/task.ts'
import { averagePicture } from '../evaluation/averages.ts'
import { FEW, type Mean, type Profile, profileOf } from '../evaluation/profile.ts'
import { readPhoto } from '../pictures/node.ts'
import { files, runFiles } from '../study/record.ts'
import { formatSetting } from '../study/setting.ts'
import { averagesRow, type TitledMap } from './averages.ts'
import type { Cell, Study } from './cells.ts'
import { headParts, shareOn } from './headParts.ts'
import { intervalOf } from './people.ts'
import { type ProfileMeasure, profiled } from './profiled.ts'
import { profileRows } from './profileRows.ts'

/** Measures of whole maps: how coherent and how concentrated they are, and how much of them lies on the head. */
export const MAP_MEASURES = {
  region: ({ coherence }) => coherence.region,
  autocorrelation: ({ coherence }) => coherence.autocorrelation,
  sparseness: ({ sparseness }) => sparseness,
  halfArea: ({ halfArea }) => halfArea,
  head: (face, parts) => shareOn(face, parts, headParts(parts)),
} as const satisfies Record<string, ProfileMeasure>

/** What the networks of a cell look at. */
export interface CellLooks {
  readonly cell: Cell
  readonly faces: number
  readonly people: number
  /** Faces that could not be used. */
  readonly skipped: number
  /** For how many faces the parts are unknown, and for how many the map's own sums speak against it. */
  readonly unknown: number
  readonly warned: number
  /** Absent where the parts of no face are known. */
  readonly profile?: Profile
  readonly measures: Readonly<Record<keyof typeof MAP_MEASURES, Mean>>
  /** The average face and the average map of each class. */
  readonly averages: Html
}

/** The cells of a study that have profiles. */
export async function looksOf(study: Study): Promise<CellLooks[]> {
  const looks: CellLooks[] = []
  for (const cell of study.cells) {
    const faces = cell.profiles.flatMap((one) => one.faces)
    if (faces.length === 0) continue
    const classes = CLASSES[cell.task === 'years' ? 'age' : cell.task]
    const { parts } = cell.profiles[0]!
    const unknown = faces.filter((face) => face.parts === null).length
    const measure = (name: keyof typeof MAP_MEASURES) => meanOf(cell, name)
    looks.push({
      cell,
      faces: faces.length,
      people: new Set(faces.map(({ subject }) => subject)).size,
      skipped: cell.profiles.flatMap((one) => one.skipped).length,
      unknown,
      warned: faces.filter(({ warned }) => warned).length,
      ...(unknown < faces.length && { profile: profileOf({ faces, parts, classes }, 'label') }),
      measures: {
        region: measure('region'),
        autocorrelation: measure('autocorrelation'),
        sparseness: measure('sparseness'),
        halfArea: measure('halfArea'),
        head: measure('head'),
      },
      averages: await averagesRow({
        face: await averageFace(study, cell),
        classes: averageMaps(cell, classes),
      }),
    })
  }
  return looks
}

function meanOf(cell: Cell, name: keyof typeof MAP_MEASURES): Mean {
  const values = profiled(cell, MAP_MEASURES[name])
  const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length
  const people = new Set(values.map(({ subject }) => subject)).size
  const seed = `${cell.task} ${cell.network} ${formatSetting(cell.setting)} ${name}`
  return { mean, interval: people < FEW ? null : intervalOf(values, seed) }
}

/** The average map of each class, with every face of every fold counting equally. */
function averageMaps({ profiles }: Cell, classes: readonly string[]): TitledMap[] {
  const [height, width] = profiles[0]!.grid
  return classes.flatMap((name, k) => {
    const own = profiles.flatMap(({ averages }) => averages.filter((one) => one.class === k))
    const count = own.reduce((sum, { faces }) => sum + faces, 0)
    if (count === 0) return []
    const data = new Float32Array(height * width)
    for (const { faces, map } of own) {
      map.forEach((value, at) => {
        data[at]! += (value * faces) / count
      })
    }
    return [{ title: name, map: { width, height, data } }]
  })
}

/** The average of the folds' average faces; undefined for a study that was copied without its pictures. */
async function averageFace({ out }: Study, { runs }: Cell) {
  const paths = runs.map(({ run }) => runFiles.averageFace(files.run(out, run))).filter(existsSync)
  const pictures = await Promise.all(paths.map(readPhoto))
  return pictures.length === 0 ? undefined : averagePicture(pictures.map(({ data }) => data))
}

/** A row for each task, network, setting, class and part. */
export function lookRows(looks: readonly CellLooks[]): CsvRow[] {
  return looks.flatMap(({ cell: { task, network, setting }, profile }) =>
    profile ? profileRows({ task, network, setting: formatSetting(setting) }, profile) : [],
  )
}
