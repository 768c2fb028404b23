/**
 * FairFace: photos from Flickr, chosen so that seven groups of people are equally represented, with ages in nine
 * ranges. Race is not read.
 *
 * Its labels are tables, `fairface_label_train.csv` and `fairface_label_val.csv` (file, age, gender, race,
 * service_test), or `labels.json`, a list of objects with the photo's `filename`, `age` and `gender`.
 */

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../base/errors.ts'
import type { Dataset } from './dataset.ts'
import { ageLabels, genderOf } from './labels.ts'
import { Listing, PICTURE } from './listing.ts'
import { Reading } from './reading.ts'
import { readLabels, readTable } from './table.ts'

const TABLES = ['fairface_label_train.csv', 'fairface_label_val.csv']
const JSON_FILE = 'labels.json'
/** What the published archives unpack to: faces with a margin of a quarter, or one and a quarter, of their size. */
const FOLDERS = ['', 'fairface-img-margin125-trainval', 'fairface-img-margin025-trainval']

const REMEDY = `A folder of FairFace holds ${TABLES.join(' and ')}, or ${JSON_FILE}, and the photos that they name: check the path`

interface Entry {
  readonly where: string
  readonly file: string
  readonly age: string
  readonly gender: string
}

/**
 * Read the labels of FairFace. Photos are read later, when they are prepared.
 *
 * Its ranges of ages are not Adience's groups. 0–2 lies in a group, and so do 60–69 and more than 70 (60+); a face of
 * any other range lacks `age`, but keeps its gender. A face whose photo is missing is dropped, and a faulty entry is
 * skipped. Identities are not given: every face counts as a person.
 *
 * @param root the folder of the labels
 * @throws UserError naming what is missing
 */
export function readFairface(root: string): Dataset {
  const folder = resolve(root)
  const reading = new Reading()
  const listing = new Listing()
  const seen = new Map<string, string>()
  for (const { where, file, age, gender } of entriesIn(folder, reading)) {
    if (file === '' || file.startsWith('/') || file.split(/[\\/]/).includes('..')) {
      reading.skip(where, `has the file "${file}", which is not a path within the folder`)
      continue
    }
    const before = seen.get(file)
    if (before !== undefined) {
      reading.skip(where, `is of ${file}, as ${before} is`)
      continue
    }
    seen.set(file, where)
    const [labels, label] = [ageLabels(age), genderOf(gender)]
    if (!labels || !label) {
      const [what, text] = labels ? ['gender', gender] : ['age', age]
      reading.skip(where, `has the ${what} "${text}", which is not one of FairFace's`)
      continue
    }
    const photo = FOLDERS.map((name) => listing.find(join(folder, name, file))).find(Boolean)
    if (!photo) {
      reading.drop('picture missing')
      continue
    }
    const id = reading.idFor(file.replace(PICTURE, ''))
    reading.keep({
      id,
      photo,
      subject: id,
      ...labels,
      gender: label,
    })
  }
  return reading.dataset(
    {
      kind: 'fairface',
      root: folder,
      licence: 'CC BY 4.0',
      citation:
        'K. Kärkkäinen, J. Joo: FairFace: Face attribute dataset for balanced race, gender, and age for bias ' +
        'measurement and mitigation. WACV, 1548–1558, 2021',
    },
    REMEDY,
  )
}

function* entriesIn(folder: string, reading: Reading): Iterable<Entry> {
  const tables = TABLES.map((name) => join(folder, name)).filter((path) => existsSync(path))
  const json = join(folder, JSON_FILE)
  if (tables.length === 0 && !existsSync(json))
    throw new UserError('is missing', join(folder, TABLES[0]!), REMEDY)
  for (const path of tables) {
    const table = readTable(path, ['file', 'age', 'gender'])
    for (const { face, reason } of table.faulty) reading.skip(face, reason)
    for (const { where, cells } of table.rows)
      yield { where, file: cells.file!, age: cells.age!, gender: cells.gender! }
  }
  if (tables.length === 0) yield* listIn(json, reading)
}

const Item = z.object({ filename: z.string(), age: z.string(), gender: z.string() })

function* listIn(path: string, reading: Reading): Iterable<Entry> {
  let items: unknown
  try {
    items = JSON.parse(readLabels(path))
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`is not JSON (${messageOf(error)})`, path, REMEDY)
  }
  if (!Array.isArray(items))
    throw new UserError('is not a list', path, `It must be a list of faces, in ${dirname(path)}`)
  for (const [k, item] of items.entries()) {
    const where = `${path}, face ${k + 1}`
    const read = Item.safeParse(item)
    if (read.success) yield { where, file: read.data.filename, age: read.data.age, gender: read.data.gender }
    else reading.skip(where, 'lacks one of filename, age and gender, as text')
  }
}
