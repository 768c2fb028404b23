/**
 * UTKFace: faces of all ages from the web, with what a network guessed and people checked of each in the name of its
 * file: `age_gender_race_date.jpg`. Age is in years, gender 0 is m and 1 is f; race is not read.
 *
 * The cut-out pictures are named `….jpg.chip.jpg`: faces turned upright and scaled, with a margin. The photos that they
 * come from have the same names without `.chip.jpg`.
 */

import { join, resolve } from 'node:path'
import type { Dataset } from './dataset.ts'
import { ageLabels } from './labels.ts'
import { contentOf, PICTURE } from './listing.ts'
import { Reading } from './reading.ts'

const NAME = /^(\d{1,3})_([01])_[0-4]_.+$/
const CHIP = '.chip.jpg'
const SET = 'UTKFace'
const REMEDY =
  'A folder of UTKFace holds pictures named age_gender_race_date.jpg, or the folder UTKFace: check the path'

/**
 * Read UTKFace. Pictures are read later, when they are prepared.
 *
 * A picture whose name lacks a field is dropped (a few of the published set do), and a photo whose cut-out picture is
 * there too. Nobody says who is shown: every face counts as a person.
 *
 * @param root the folder of the pictures, or the one that holds it as `UTKFace`
 * @throws UserError when there is no such folder, or no such picture in it
 */
export function readUtkface(root: string): Dataset {
  const top = contentOf(resolve(root))
  const inside = !top.files.some((name) => PICTURE.test(name)) && top.folders.includes(SET)
  const folder = inside ? join(resolve(root), SET) : resolve(root)
  const files = inside ? contentOf(folder).files : top.files
  const chips = new Set(
    files.filter((name) => name.endsWith(CHIP)).map((name) => name.slice(0, -CHIP.length)),
  )
  const reading = new Reading()
  for (const file of files) {
    if (!PICTURE.test(file)) continue
    if (chips.has(file)) {
      reading.drop('photo whose cut-out picture is there too')
      continue
    }
    const chip = file.endsWith(CHIP)
    const stem = (chip ? file.slice(0, -CHIP.length) : file).replace(PICTURE, '')
    const [, years = '', gender] = NAME.exec(stem) ?? []
    const labels = ageLabels(years)
    if (!labels) {
      reading.drop('name without age, gender and race')
      continue
    }
    const photo = join(folder, file)
    const id = reading.idFor(stem)
    reading.keep({
      id,
      photo,
      ...(chip ? { published: { r: photo } } : {}),
      subject: id,
      ...labels,
      gender: gender === '0' ? 'm' : 'f',
    })
  }
  return reading.dataset(
    {
      kind: 'utkface',
      root: resolve(root),
      licence: 'For research that is not commercial. The photos belong to their owners.',
      citation:
        'Z. Zhang, Y. Song, H. Qi: Age progression/regression by conditional adversarial autoencoder. CVPR, 2017',
    },
    REMEDY,
  )
}
