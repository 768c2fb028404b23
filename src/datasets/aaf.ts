/**
 * The All-Age-Faces data set: photos of faces, mostly Asian, aged 2 to 80, one a person.
 *
 * Its folder holds `labels.csv` (name, person_id, age in years, gender `m` or `f`), `photos/<name>.jpg` and
 * `landmarks49/<name>.txt`.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import type { Dataset, Face } from './dataset.ts'
import { ageGroup } from './task.ts'

const HEADER = 'name,person_id,age,gender'

/**
 * Read the labels of All-Age-Faces. Photos are read later, when they are prepared.
 *
 * A face whose age lies between the age groups has no `age`, but still its gender.
 *
 * @param root the folder of the data set
 * @throws UserError naming what is missing, or the file and line of a row that is not as it should be
 */
export function readAaf(root: string): Dataset {
  const folder = resolve(root)
  const table = join(folder, 'labels.csv')
  for (const needed of [table, join(folder, 'photos'), join(folder, 'landmarks49')]) {
    if (existsSync(needed)) continue
    throw new UserError(
      'is missing',
      needed,
      'A folder of All-Age-Faces holds labels.csv, photos/ and landmarks49/: check the path',
    )
  }
  const faces = readRows(table).map(({ name, subject, years, gender }): Face => {
    const age = ageGroup(years)
    return {
      id: name,
      photo: join(folder, 'photos', `${name}.jpg`),
      landmarks: join(folder, 'landmarks49', `${name}.txt`),
      subject,
      years,
      ...(age === undefined ? {} : { age }),
      gender,
    }
  })
  const between = faces.filter((face) => face.age === undefined).length
  return {
    kind: 'aaf',
    root: folder,
    licence: 'No licence is stated; a citation is asked for. Meant for research.',
    citation:
      'J. Cheng, Y. Li, J. Wang, L. Yu, S. Wang: Exploiting effective facial patches for robust gender ' +
      'recognition. Tsinghua Science and Technology 24(3), 333–345, 2019',
    faces,
    dropped: between > 0 ? { 'age between the groups (kept for gender)': between } : {},
  }
}

interface Row {
  name: string
  subject: string
  years: number
  gender: 'm' | 'f'
}

function readRows(table: string): Row[] {
  const [header, ...lines] = readText(table).split(/\r?\n/)
  if (header !== HEADER) throw malformed(table, 1, `is not the header "${HEADER}"`)
  const rows: Row[] = []
  const names = new Set<string>()
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const fail = (what: string) => malformed(table, index + 2, what)
    const fields = line.split(',')
    const [name = '', subject = '', age = '', gender] = fields
    if (fields.length !== 4) throw fail(`has ${fields.length} fields, not 4`)
    // The name becomes part of file names.
    if (!/^[\w-]+$/.test(name)) throw fail(`has the name "${name}", which is not made of letters and digits`)
    if (names.has(name)) throw fail(`has the name "${name}", which an earlier line has too`)
    if (subject === '') throw fail('has no person_id')
    if (!/^\d{1,3}$/.test(age)) throw fail(`has the age "${age}", not a whole number of years`)
    if (gender !== 'm' && gender !== 'f') throw fail(`has the gender "${gender}", not m or f`)
    names.add(name)
    rows.push({ name, subject, years: Number(age), gender })
  }
  if (rows.length === 0) throw new UserError('holds no faces', table)
  return rows
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path)
  }
}

function malformed(table: string, line: number, what: string): UserError {
  return new UserError(`the line ${what}`, `${table}:${line}`, `Each line is ${HEADER}`)
}
