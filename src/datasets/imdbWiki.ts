/**
 * The IMDB-WIKI data set: photos of celebrities from IMDb (460 723) and Wikipedia (62 328), with the date of
 * birth and the year of the photo, collected by a program and not checked by people.
 *
 * regard reads the cropped set: `imdb.mat` or `wiki.mat`, beside the folders of pictures that it names. The pictures
 * are cut around the face that a detector found, with a margin of 40 %, and turned upright. There are no landmarks.
 */

import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { MatlabArray, type MatlabRecord, type MatlabValue } from '../formats/matlab/value.ts'
import { readMatlabFile } from '../formats/node.ts'
import type { Dataset } from './dataset.ts'
import { Listing } from './listing.ts'
import { Reading } from './reading.ts'
import { ageGroup, type Gender, OLDEST } from './task.ts'

/** Which rows of IMDB-WIKI are good enough to train on. */
interface ImdbWikiChoice {
  /** The least score of the detector for the face. */
  readonly faceScore: number
  /** The greatest score for a second face in the same photo; −∞ takes only photos without one. */
  readonly secondFaceScore: number
}

/**
 * DEX “only use the photos where the second strongest face detection is below a threshold”, says the project's page; it
 * does not give the threshold, nor one for the first face. These are the defaults of the scripts of
 * yu4u/age-gender-estimation (`create_db.py --min_score 1.0`), which many programs that read the set took over: a score
 * of at least 1, and no second face.
 */
const USUAL_CHOICE: ImdbWikiChoice = { faceScore: 1, secondFaceScore: Number.NEGATIVE_INFINITY }

const PARTS = ['imdb', 'wiki'] as const

/**
 * Read the labels of IMDB-WIKI's cropped set. Pictures are read later, when they are prepared.
 *
 * A row is left out, and counted, for the first of these reasons that it has: no date of birth or year; an age
 * below 0 or above 100; no face; a face with a low score; a second face; a picture that is missing, or that an earlier
 * row has. A row whose gender is unknown is kept for its age, and one whose age lies between the age groups for its
 * gender and years.
 *
 * @param root the folder with `imdb.mat`, `wiki.mat` or both, or with the folders `imdb_crop` and `wiki_crop`
 * @throws UserError when there is no such file, it is not in the published form, or no face is left
 */
export async function readImdbWiki(root: string, choice = USUAL_CHOICE): Promise<Dataset> {
  const folder = resolve(root)
  const files = PARTS.flatMap((part) => {
    const path = [join(folder, `${part}.mat`), join(folder, `${part}_crop`, `${part}.mat`)].find(existsSync)
    return path ? [{ part, path }] : []
  })
  if (files.length === 0) {
    throw new UserError(
      'there is no imdb.mat or wiki.mat',
      folder,
      'Unpack imdb_crop.tar or wiki_crop.tar, and give the folder that this makes',
    )
  }
  const reading = new Reading()
  const listing = new Listing()
  const seen = new Set<string>()
  for (const { part, path } of files) {
    for (const row of rowsOf((await readMatlabFile(path))[part], path, part)) {
      const reason = reasonToDrop(row, choice)
      const photo = reason ? undefined : listing.find(row.photo)
      if (!photo) {
        reading.drop(reason ?? 'picture missing')
        continue
      }
      if (seen.has(photo)) {
        reading.drop('the picture of an earlier row')
        continue
      }
      seen.add(photo)
      const age = ageGroup(row.years)
      reading.keep({
        id: row.id,
        photo,
        // Cut out around the face and upright: as good as `r`.
        published: { r: photo },
        subject: row.subject,
        years: row.years,
        ...(age === undefined ? {} : { age }),
        ...(row.gender === undefined ? {} : { gender: row.gender }),
      })
    }
  }
  return reading.dataset(
    {
      kind: 'imdb-wiki',
      root: folder,
      licence: 'For academic research only. The photos belong to their owners.',
      citation:
        'R. Rothe, R. Timofte, L. Van Gool: Deep expectation of real and apparent age from a single image ' +
        'without facial landmarks. International Journal of Computer Vision 126, 144–157, 2018; and DEX: Deep ' +
        'EXpectation of apparent age from a single image. ICCV Workshops, 2015',
    },
    'The pictures must lie in the folders beside the .mat file, as published',
  )
}

/**
 * The age in years as the set's publishers compute it, with the photo taken on 1 July:
 * `[age, ~] = datevec(datenum(photo_taken, 7, 1) - dob)`, the year that this many days reach, counted from the year 0,
 * which is a leap year.
 *
 * It is the number of birthdays up to 1 July, except for people born on 1 July and, in most years, 30 June: by this
 * formula their birthdays come up to two days late. For a photo of 2010: born on 5 March 1980 → 30; 29 June 1980 → 30;
 * 30 June and 1 July 1980 → 29 (not 30); 5 December 1980 → 29; 2 July 2010 → −1, which is impossible.
 *
 * @param dob the date of birth as MATLAB's serial date: days, where 1 is 1 January of the year 0
 * @param photoTaken a year
 */
export function ageAt(dob: number, photoTaken: number): number {
  const days = Math.floor(firstDay(photoTaken) + 181 + (isLeap(photoTaken) ? 1 : 0) - dob)
  // For 0 days MATLAB gives 0, Octave −1. Somebody born on that day is 0 years old.
  if (days === 0) return 0
  let years = Math.floor(days / 365.2425)
  while (firstDay(years + 1) <= days) years++
  while (firstDay(years) > days) years--
  return years
}

/** The serial date of 1 January of a year. */
function firstDay(year: number): number {
  return 365 * year + Math.ceil(year / 4) - Math.ceil(year / 100) + Math.ceil(year / 400) + 1
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

interface Row {
  readonly id: string
  readonly photo: string
  readonly subject: string
  /** NaN where the date of birth or the year is not known. */
  readonly years: number
  readonly gender: Gender | undefined
  /** Infinite where no face was found: `Inf`, says the project's page, and −∞ is what scripts for the files look for. */
  readonly faceScore: number
  /** NaN where there is no second face. */
  readonly secondFaceScore: number
}

function reasonToDrop(row: Row, choice: ImdbWikiChoice): string | undefined {
  if (Number.isNaN(row.years)) return 'no date of birth or year'
  if (row.years < 0 || row.years > OLDEST) return `age below 0 or above ${OLDEST}`
  if (!Number.isFinite(row.faceScore)) return 'no face found'
  if (row.faceScore < choice.faceScore) return `face score below ${choice.faceScore}`
  if (row.secondFaceScore > choice.secondFaceScore) return 'a second face'
  return undefined
}

function* rowsOf(set: MatlabValue | undefined, path: string, part: string): Iterable<Row> {
  if (!isRecord(set)) throw malformed(path, `there is no struct ${part}`)
  const dob = numbers(set, 'dob', path)
  const columns = {
    taken: numbers(set, 'photo_taken', path),
    gender: numbers(set, 'gender', path),
    faceScore: numbers(set, 'face_score', path),
    secondFaceScore: numbers(set, 'second_face_score', path),
    photo: cells(set, 'full_path', path),
    name: 'name' in set ? cells(set, 'name', path) : undefined,
    celebrity: 'celeb_id' in set ? numbers(set, 'celeb_id', path) : undefined,
  }
  if (!columns.name && !columns.celebrity) throw malformed(path, 'has neither the field name nor celeb_id')
  for (const [field, column] of Object.entries(columns)) {
    if (column && column.length !== dob.length) {
      throw malformed(path, `has ${dob.length} dates of birth, and ${column.length} values of ${field}`)
    }
  }
  for (const [k, born] of dob.entries()) {
    const photo = columns.photo[k]!
    if (photo === '' || isAbsolute(photo) || photo.split(/[\\/]/).includes('..')) {
      throw malformed(
        path,
        `row ${k + 1} has the full_path "${photo}", which is not a path within the folder`,
      )
    }
    const id = `${part}-${k + 1}`
    const celebrity = columns.celebrity && `${part} ${columns.celebrity[k]}`
    const [gender, taken] = [columns.gender[k]!, columns.taken[k]!]
    yield {
      id,
      photo: join(dirname(path), photo),
      // The name, where there is one, so that somebody in both parts counts as one person.
      subject: columns.name?.[k] || celebrity || id,
      years: Number.isFinite(born) && Number.isFinite(taken) ? ageAt(born, taken) : Number.NaN,
      gender: gender === 0 ? 'f' : gender === 1 ? 'm' : undefined,
      faceScore: columns.faceScore[k]!,
      secondFaceScore: columns.secondFaceScore[k]!,
    }
  }
}

function isRecord(value: MatlabValue | undefined): value is MatlabRecord {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof MatlabArray)
}

function numbers(set: MatlabRecord, field: string, path: string): number[] {
  const value = set[field]
  if (!(value instanceof MatlabArray)) throw malformed(path, `has no numbers in the field ${field}`)
  return Array.from<number | bigint, number>(value.data, Number)
}

// An empty cell, such as a missing name, is an array of no numbers.
function cells(set: MatlabRecord, field: string, path: string): string[] {
  const value = set[field]
  if (!Array.isArray(value)) throw malformed(path, `has no cells in the field ${field}`)
  return value.map((cell: MatlabValue) => (typeof cell === 'string' ? cell : ''))
}

function malformed(path: string, what: string): UserError {
  return new UserError(what, path, "It must be IMDB-WIKI's own file, as published")
}
