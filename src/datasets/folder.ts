/**
 * A folder for each class: photos of one label below a folder with its name. Gender: `m`, `f`, `male`, `woman` and the
 * like. Age: a group or a range within one (`25-32`, `(25, 32)`, `25_32`, `60+`), or years (`34`).
 */

import { extname, join, resolve, sep } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Dataset, Face } from './dataset.ts'
import { ageLabels, genderOf } from './labels.ts'
import { contentOf, filesBelow, PICTURE, remediesFor } from './listing.ts'
import { Reading } from './reading.ts'
import { CLASSES } from './task.ts'

const REMEDY =
  'Name each folder after what its photos show: a gender (m, f, male, female, men, women), an age group ' +
  `(${CLASSES.age.join(', ')}) or an age in years (34)`

/** How many names a message lists. */
const SHOWN = 5

/**
 * Read a folder of folders. Photos are read later, when they are prepared.
 *
 * All photos below a folder named after a class are of that class, whatever the folders inside it are called, also in
 * `Training/female`: on the way down, the first folder named after a class counts. A photo above any of these is
 * dropped, and files that are not photos are counted by their endings. Every photo counts as a person.
 *
 * @throws UserError when there is no such folder, or it has folders of photos that are not named after a class
 */
export function readFolder(root: string): Dataset {
  const top = resolve(root)
  contentOf(top)
  const reading = new Reading()
  const unknown = new Set<string>()
  const left = new Map<string, number>()
  for (const { below, reason, isPhoto } of filesBelow(top)) {
    const folders = below.split(sep).slice(0, -1)
    const [labels] = folders.flatMap((name) => labelsOf(name) ?? [])
    if (reason !== undefined) reading.skip(join(top, below), reason)
    else if (!isPhoto) {
      const ending = extname(below).toLowerCase()
      left.set(ending, (left.get(ending) ?? 0) + 1)
    } else if (labels) {
      const id = reading.idFor(below.replace(PICTURE, '').split(sep).join('/'))
      reading.keep({ id, photo: join(top, below), subject: id, ...labels })
    } else if (folders.length > 0) unknown.add(folders.join('/'))
    else reading.drop('in no folder that is named after a class')
  }
  if (unknown.size > 0) {
    const named = [...unknown]
      .slice(0, SHOWN)
      .map((name) => `"${name}"`)
      .join(', ')
    const more = unknown.size > SHOWN ? `, … (${unknown.size})` : ''
    throw new UserError(`holds folders that are not named after a class: ${named}${more}`, top, REMEDY)
  }
  for (const [ending, count] of left) {
    const [remedy] = remediesFor([ending])
    const what = `not read as a photo: ${ending || 'without an ending'}`
    reading.drop(remedy ? `${what} (${remedy})` : what, count)
  }
  return reading.dataset(
    {
      kind: 'folder',
      root: top,
      licence: 'Unknown: the photos are your own',
      citation: 'None: the photos are your own',
    },
    REMEDY,
  )
}

/** The labels that a folder's name gives its photos; none where it is a range across groups. */
function labelsOf(name: string): Pick<Face, 'age' | 'years' | 'gender'> | undefined {
  const gender = genderOf(name)
  if (gender) return { gender }
  const labels = ageLabels(name)
  return labels && Object.keys(labels).length > 0 ? labels : undefined
}
