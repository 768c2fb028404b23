/**
 * The All-Age-Faces data set: photos of faces, mostly Asian, aged 2 to 80, one for each person.
 *
 * Its folder holds `labels.csv` (name, person_id, age in years, gender `m` or `f`), `photos/<name>.jpg` and
 * `landmarks49/<name>.txt`.
 */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Dataset, Face } from './dataset.ts'
import { ageLabels } from './labels.ts'
import { Reading } from './reading.ts'
import { readTable, type TableRow } from './table.ts'

const COLUMNS = ['name', 'person_id', 'age', 'gender']
const REMEDY = 'A folder of All-Age-Faces holds labels.csv, photos/ and landmarks49/: check the path'

/**
 * Read the labels of All-Age-Faces. Photos are read later, when they are prepared.
 *
 * A face whose age lies between the age groups lacks `age`, but keeps its gender. A malformed row is skipped.
 *
 * @param root the folder of the data set
 * @throws UserError naming what is missing
 */
export function readAaf(root: string): Dataset {
  const folder = resolve(root)
  const path = join(folder, 'labels.csv')
  for (const needed of [path, join(folder, 'photos'), join(folder, 'landmarks49')]) {
    if (!existsSync(needed)) throw new UserError('is missing', needed, REMEDY)
  }
  const reading = new Reading()
  const table = readTable(path, COLUMNS)
  for (const { face, reason } of table.faulty) reading.skip(face, reason)
  const names = new Set<string>()
  for (const row of table.rows) {
    const face = faceOf(row, folder, names)
    if (typeof face === 'string') reading.skip(row.where, face)
    else reading.keep(face)
  }
  return reading.dataset(
    {
      kind: 'aaf',
      root: folder,
      licence: 'No licence is stated; a citation is requested. Meant for research.',
      citation:
        'J. Cheng, Y. Li, J. Wang, L. Yu, S. Wang: Exploiting effective facial patches for robust gender ' +
        'recognition. Tsinghua Science and Technology 24(3), 333–345, 2019',
    },
    REMEDY,
  )
}

/** The face of a row, or what is wrong with the row. */
function faceOf({ cells }: TableRow, folder: string, names: Set<string>): Face | string {
  const { name = '', person_id: subject = '', age = '', gender } = cells
  // The name becomes part of file names.
  if (!/^[\p{L}\p{M}\p{N}_-]+$/u.test(name))
    return `has the name "${name}", which is not made of letters and digits`
  if (names.has(name)) return `has the name "${name}", which an earlier line also has`
  if (subject === '') return 'lacks a person_id'
  const labels = /^\d+$/.test(age) ? ageLabels(age) : undefined
  if (!labels) return `has the age "${age}", not a whole number of years`
  if (gender !== 'm' && gender !== 'f') return `has the gender "${gender}", not m or f`
  names.add(name)
  return {
    id: name,
    photo: join(folder, 'photos', `${name}.jpg`),
    landmarks: join(folder, 'landmarks49', `${name}.txt`),
    subject,
    ...labels,
    gender,
  }
}
