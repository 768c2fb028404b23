/**
 * A folder a class: photos of one label in a folder that is named by it. Gender: `m`, `f`, `male`, `woman` and the like.
 * Age: a group or a range within one (`25-32`, `(25, 32)`, `25_32`, `60+`), or years (`34`).
 */

import { join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { Dataset, Face } from './dataset.ts'
import { ageLabels, genderOf } from './labels.ts'
import { contentOf, isPicture, PICTURE } from './listing.ts'
import { Reading } from './reading.ts'
import { CLASSES } from './task.ts'

const REMEDY =
  'Each folder is named by what its photos show: a gender (m, f, male, female, man, woman), an age group ' +
  `(${CLASSES.age.join(', ')}) or an age in years (34)`

/** How many names a message lists. */
const SHOWN = 5

/**
 * Read a folder of folders. Photos are read later, when they are prepared.
 *
 * One level is read. A photo outside the folder of a class and a file that is no picture by its name are dropped; a
 * folder within a class is skipped. Every photo counts as a person.
 *
 * @throws UserError when there is no such folder, or one in it that names no class
 */
export function readFolder(root: string): Dataset {
  const top = resolve(root)
  const { files, folders } = contentOf(top)
  const classes = folders.map((name) => ({ name, labels: labelsOf(name) }))
  const unknown = classes.filter(({ labels }) => !labels).map(({ name }) => name)
  if (unknown.length > 0) {
    const named = unknown
      .slice(0, SHOWN)
      .map((name) => `"${name}"`)
      .join(', ')
    const more = unknown.length > SHOWN ? `, … (${unknown.length})` : ''
    throw new UserError(`holds folders that are named by no class: ${named}${more}`, top, REMEDY)
  }
  const reading = new Reading()
  for (const _ of files.filter((name) => isPicture(join(top, name))))
    reading.drop('not in the folder of a class')
  for (const { name, labels } of classes) {
    const folder = join(top, name)
    const inside = contentOf(folder)
    for (const other of inside.folders) {
      reading.skip(join(folder, other), 'is a folder within a class; only the photos beside it are read')
    }
    for (const file of inside.files) {
      if (!isPicture(join(folder, file))) {
        reading.drop('no picture by its name (jpg, png, webp, gif, tiff, avif)')
        continue
      }
      const id = reading.idFor(`${name}/${file.replace(PICTURE, '')}`)
      reading.keep({ id, photo: join(folder, file), subject: id, ...labels })
    }
  }
  return reading.dataset(
    {
      kind: 'folder',
      root: top,
      licence: 'Not known: the photos are your own',
      citation: 'None: the photos are your own',
    },
    REMEDY,
  )
}

/** What the name of a folder says of its photos; nothing where it is a range across groups. */
function labelsOf(name: string): Pick<Face, 'age' | 'years' | 'gender'> | undefined {
  const gender = genderOf(name)
  if (gender) return { gender }
  const labels = ageLabels(name)
  return labels && Object.keys(labels).length > 0 ? labels : undefined
}
