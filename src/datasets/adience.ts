/**
 * Adience: photos from Flickr albums, of people of eight age groups, just as their phones took them. Its publishers
 * give five tables, one for each fold, and each face as two pictures: rotated (`faces/`), and aligned in the plane by
 * its landmarks (`aligned/`).
 *
 * **The published lists.** Levi and Hassner trained on lists that their own program made from the tables, and so did
 * the paper, with the same program. A row is in the list for age where its age is written as one of the eight groups,
 * and in the list for gender where it says m or f: 17 424 and 17 603 of 19 487 rows. A single age (`35`) or another
 * range (`(38, 42)`) is in no list, though it may lie within a group. 117 rows occur twice, word for word, in the
 * tables and so in the lists: such a picture counts twice.
 *
 * The program has one repair, for `(25, 23)`, which should read `(25, 32)`; but it looks for `(25 23)`, without the
 * comma, and finds none. So 72 rows lack an age in the lists. All are of one woman (person 1 in the album
 * 30601258@N03), in fold 0: with them, its list for age has 4388 rows and not 4316.
 *
 * **Folds.** No album and no person is in two of them. The program shuffled without a seed, so the order of the
 * published lists, and which tenth of the other four folds validates, cannot be reproduced from the tables; their
 * members and labels can. Their lists for training also lack one row each, which the program loses between the two
 * parts.
 */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Alignment } from '../faces/align.ts'
import type { Dataset, Skipped } from './dataset.ts'
import { Listing } from './listing.ts'
import { Reading } from './reading.ts'
import { readTable, type TableRow } from './table.ts'
import type { Gender } from './task.ts'

/** How many folds Adience has. */
export const ADIENCE_FOLDS = 5

/**
 * How many rows the published lists have: with either label, with an age group, with a gender, and how many more have an
 * age group once the labels are repaired.
 */
export const ADIENCE_LISTED = { faces: 18_769, age: 17_424, gender: 17_603, repaired: 72 } as const

/** The eight groups as the tables write them. */
const AGES = ['(0, 2)', '(4, 6)', '(8, 12)', '(15, 20)', '(25, 32)', '(38, 43)', '(48, 53)', '(60, 100)']
const MISWRITTEN = '(25, 23)'
const MEANT = '(25, 32)'

const COLUMNS = ['user_id', 'original_image', 'face_id', 'age', 'gender']

/** Where the tables lie after unpacking, or beside the program that makes the lists. */
const PLACES = ['', 'folds', 'folds/original_txt_files', 'Folds/original_txt_files']

/** The two picture sets: their folders, and what the name of a picture begins with. */
const PICTURES: Record<Alignment, { readonly folder: string; readonly prefix: string }> = {
  r: { folder: 'faces', prefix: 'coarse_tilt_aligned_face' },
  i: { folder: 'aligned', prefix: 'landmark_aligned_face' },
}

/** A row of Adience's tables. */
export interface AdienceRow {
  /** The album. */
  readonly user: string
  readonly image: string
  /** The person: the publishers count 2284 people, and there are as many of these numbers, each in one album. */
  readonly person: string
  /** From 0 to 4. */
  readonly fold: number
  /** The index of the age group; absent where the lists have none. */
  readonly age?: number
  readonly gender?: Gender
}

/**
 * The five tables, with the labels of the published lists: fold by fold, in the order of the tables.
 *
 * @param root the folder with `fold_0_data.txt` to `fold_4_data.txt`, or with their folder `folds`
 * @param repairLabels whether `(25, 23)` is the group 25–32, as the lists mean it
 * @returns the rows, repeated ones too, and the lines that could not be read
 * @throws UserError naming the table or the column that is missing
 */
export function readAdienceLists(
  root: string,
  repairLabels = false,
): { readonly rows: readonly AdienceRow[]; readonly faulty: readonly Skipped[] } {
  const rows: AdienceRow[] = []
  const faulty: Skipped[] = []
  for (const [fold, path] of tablesIn(root).entries()) {
    const table = readTable(path, COLUMNS, { delimiter: '\t', quotes: false })
    for (const row of table.faulty) faulty.push(row)
    for (const row of table.rows) {
      const read = rowOf(row, fold, repairLabels)
      if (typeof read === 'string') faulty.push({ face: row.where, reason: read })
      else rows.push(read)
    }
  }
  return { rows, faulty }
}

/** The picture of a row, as the published lists write it: the album's folder and the file. */
export function adiencePicture({ user, person, image }: AdienceRow, as: Alignment): string {
  return `${user}/${PICTURES[as].prefix}.${person}.${image}`
}

/**
 * Read Adience: the faces of the published lists, with their folds and their published pictures.
 *
 * A row with neither an age group nor a gender is dropped; so is one whose picture is missing from a set that is there.
 * One of the two sets is enough, but its faces then have only one published alignment.
 *
 * @param root the folder with the tables and the folders `aligned` and `faces`
 * @param options.repairLabels as for {@link readAdienceLists}
 * @throws UserError naming what is missing, or when there are no pictures at all
 */
export function readAdience(
  root: string,
  { repairLabels = false }: { readonly repairLabels?: boolean } = {},
): Dataset {
  const folder = resolve(root)
  const { rows, faulty } = readAdienceLists(folder, repairLabels)
  const reading = new Reading()
  for (const { face, reason } of faulty) reading.skip(face, reason)
  const sets = (['r', 'i'] as const).filter((as) => existsSync(join(folder, PICTURES[as].folder)))
  const listing = new Listing()
  const seen = new Set<string>()
  for (const row of rows) {
    const { user, image, person, fold, age, gender } = row
    if (age === undefined && gender === undefined) {
      reading.drop('neither an age group nor a gender')
      continue
    }
    const published = new Map<Alignment, string>()
    for (const as of sets) {
      const path = listing.find(join(folder, PICTURES[as].folder, adiencePicture(row, as)))
      if (path) published.set(as, path)
    }
    const photo = published.get('r') ?? published.get('i')
    if (photo === undefined || published.size < sets.length) {
      reading.drop('picture missing')
      continue
    }
    const name = `${user}_${person}_${image.replace(/\.\w+$/, '')}`
    if (seen.has(name)) reading.remark('row repeated (kept, as in the published lists)')
    seen.add(name)
    reading.keep({
      id: reading.idFor(name),
      photo,
      published: Object.fromEntries(published),
      fold,
      subject: `${user} ${person}`,
      ...(age === undefined ? {} : { age }),
      ...(gender === undefined ? {} : { gender }),
    })
  }
  return reading.dataset(
    {
      kind: 'adience',
      root: folder,
      licence:
        'Given on request, for research. The photos were put on Flickr by their owners under Creative Commons ' +
        'licences.',
      citation:
        'E. Eidinger, R. Enbar, T. Hassner: Age and gender estimation of unfiltered faces. IEEE Transactions on ' +
        'Information Forensics and Security 9(12), 2170–2179, 2014; lists: G. Levi, T. Hassner: Age and gender ' +
        'classification using convolutional neural networks. CVPR Workshops, 2015',
    },
    'The pictures must lie in aligned/ and faces/ beside the tables. They are given on request, at ' +
      'https://talhassner.github.io/home/projects/Adience/Adience-data.html',
  )
}

function tablesIn(root: string): string[] {
  const names = Array.from({ length: ADIENCE_FOLDS }, (_, fold) => `fold_${fold}_data.txt`)
  const remedy = 'Adience has five tables, fold_0_data.txt to fold_4_data.txt: check the path'
  const place = PLACES.find((place) => names.some((name) => existsSync(join(root, place, name))))
  if (place === undefined) throw new UserError('is missing', join(root, names[0]!), remedy)
  return names.map((name) => {
    const path = join(root, place, name)
    if (existsSync(path)) return path
    throw new UserError('is missing', path, remedy)
  })
}

/** The row of a table, or what is wrong with it. */
function rowOf({ cells }: TableRow, fold: number, repairLabels: boolean): AdienceRow | string {
  const { user_id: user = '', original_image: image = '', face_id: person = '', gender } = cells
  // They become part of a path.
  for (const [column, name] of [
    ['user_id', user],
    ['original_image', image],
  ] as const) {
    if (name === '' || name === '..' || /[\\/]/.test(name))
      return `has the ${column} "${name}", which is not the name of a file`
  }
  if (!/^\d+$/.test(person)) return `has the face_id "${person}", which is not a number`
  const age = AGES.indexOf(repairLabels && cells.age === MISWRITTEN ? MEANT : cells.age!)
  return {
    user,
    image,
    person,
    fold,
    ...(age < 0 ? {} : { age }),
    ...(gender === 'm' || gender === 'f' ? { gender } : {}),
  }
}
