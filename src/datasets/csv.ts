/**
 * A user's own table of faces: CSV with a comma, semicolon or tab between the fields. Its first line names the columns:
 * `path`, and any of `age`, `gender` (or `sex`), `subject`, `landmarks` and `fold`.
 */

import { dirname, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromHome } from '../base/home.ts'
import type { Dataset, Face } from './dataset.ts'
import { ageLabels, genderOf } from './labels.ts'
import { Listing, PICTURE } from './listing.ts'
import { Reading } from './reading.ts'
import { readTable, type TableRow } from './table.ts'

const COLUMNS = ['path', 'age', 'subject', 'landmarks', 'fold']

const REMEDY =
  'Each line describes a face: path, and age (years or a group such as 25-32), gender (m or f) or both; optionally ' +
  'subject (who it is), landmarks (a file) and fold (a number from 0)'

/**
 * Read a table of faces. Photos are read later, when they are prepared.
 *
 * Paths are relative to the table, or to the home folder after `~/`. A field may be empty, except for `path`, and for
 * `fold` where that column exists. Without a `subject`, each face counts as a person. A row without a label is dropped;
 * a faulty one is skipped: one with a meaningless label, a missing file, or the photo and landmarks of an earlier row.
 * A remark lists columns that are not read.
 *
 * @param table the file
 * @throws UserError when it cannot be read, lacks both age and gender, or no row can be used
 */
export function readCsv(table: string): Dataset {
  const path = resolve(table)
  const { columns, rows, faulty } = readTable(path, ['path'])
  const gender = columns.has('gender') ? 'gender' : 'sex'
  if (!columns.has('age') && !columns.has(gender)) {
    throw new UserError('has neither a column age nor a column gender', `${path}:1`, REMEDY)
  }
  const reading = new Reading()
  for (const { face, reason } of faulty) reading.skip(face, reason)
  const read = [...COLUMNS, gender]
  for (const column of columns)
    if (!read.includes(column)) reading.remark(`column "${column}" not read`, rows.length)
  const listing = new Listing()
  const seen = new Map<string, string>()
  const named = new Set(rows.flatMap(({ cells }) => cells.subject || []))
  for (const row of rows) {
    const cells = { ...row.cells, gender: row.cells[gender] ?? '' }
    const face = faceOf(cells, columns, (file) => listing.find(resolve(dirname(path), fromHome(file))))
    if (typeof face === 'string') {
      reading.skip(row.where, face)
      continue
    }
    const key = JSON.stringify([face.photo, face.landmarks])
    const before = seen.get(key)
    if (before !== undefined) {
      reading.skip(row.where, `is of the photo of ${before}`)
      continue
    }
    seen.set(key, row.where)
    if (face.age === undefined && face.years === undefined && face.gender === undefined) {
      reading.drop('no label')
      continue
    }
    const id = reading.idFor(row.cells.path!.replace(PICTURE, ''))
    if (face.subject === '' && named.size > 0)
      reading.remark('without a subject (each counts as another person)')
    reading.keep({ id, ...face, subject: face.subject || nameBeside(named, id) })
  }
  return reading.dataset(
    {
      kind: 'csv',
      root: path,
      licence: 'Unknown: the table is your own',
      citation: 'None: the table is your own',
    },
    REMEDY,
  )
}

/** A name for a face's person that nobody else has. */
function nameBeside(named: ReadonlySet<string>, id: string): string {
  return named.has(id) ? nameBeside(named, `${id}*`) : id
}

/** The face of a row without its id, or what is wrong with the row. */
function faceOf(
  cells: TableRow['cells'],
  columns: ReadonlySet<string>,
  find: (path: string) => string | undefined,
): Omit<Face, 'id'> | string {
  const { path = '', age = '', gender = '', subject = '', landmarks = '', fold } = cells
  if (path === '') return 'has no path'
  const [photo, points] = [find(path), landmarks === '' ? undefined : find(landmarks)]
  if (!photo) return `has the path ${path}, which does not exist`
  if (landmarks !== '' && !points) return `has the landmarks ${landmarks}, a file that does not exist`
  const labels = age === '' ? {} : ageLabels(age)
  if (!labels) return `has the age "${age}", which is neither a number of years nor a range`
  const label = gender === '' ? undefined : genderOf(gender)
  if (gender !== '' && !label) return `has the gender "${gender}", not m or f`
  if (columns.has('fold') && !/^\d{1,3}$/.test(fold!)) return `has the fold "${fold}", not a number from 0`
  return {
    photo,
    ...(points ? { landmarks: points } : {}),
    ...(columns.has('fold') ? { fold: Number(fold) } : {}),
    subject,
    ...labels,
    ...(label ? { gender: label } : {}),
  }
}
