/**
 * UTKFace: faces of all ages from the web, with labels that a network guessed and people checked, in the name of each
 * file: `age_gender_race_date.jpg`. Age is in years, gender 0 is m and 1 is f; race is not read.
 *
 * The cut-out pictures are named `….jpg.chip.jpg`: faces turned upright and scaled, with a margin. The photos that they
 * come from have the same names without `.chip.jpg`.
 */

import { basename, join, resolve } from 'node:path'
import type { Dataset } from './dataset.ts'
import { ageLabels } from './labels.ts'
import { contentOf, filesBelow, PICTURE } from './listing.ts'
import { Reading } from './reading.ts'

const NAME = /^(\d{1,3})_([01])_[0-4]_.+$/
const CHIP = '.chip.jpg'
const SET = 'UTKFace'
const REMEDY =
  'A folder of UTKFace holds pictures named age_gender_race_date.jpg, or a folder called UTKFace: check the path'

/**
 * Read UTKFace. Pictures are read later, when they are prepared.
 *
 * It drops pictures whose name lacks a field (a few of the published ones do), photos whose cut-out picture is there
 * too, and repeated files. Identities are not given: every face counts as a person.
 *
 * @param root the folder of the pictures, or one above it: the folder with `UTKFace`, of which only that is read, or
 *   the one with the photos in the wild as `part1` to `part3`
 * @throws UserError when there is no such folder, or no such picture in it
 */
export function readUtkface(root: string): Dataset {
  const top = contentOf(resolve(root))
  const inside = !top.files.some((name) => PICTURE.test(name)) && top.folders.includes(SET)
  const folder = inside ? join(resolve(root), SET) : resolve(root)
  const reading = new Reading()
  const all = filesBelow(folder)
  for (const { below, reason } of all) if (reason !== undefined) reading.skip(join(folder, below), reason)
  const pictures = all.filter(({ isPhoto }) => isPhoto).map(({ below }) => below)
  const chips = new Set(
    pictures.filter((path) => path.endsWith(CHIP)).map((path) => basename(path).slice(0, -CHIP.length)),
  )
  const seen = new Set<string>()
  for (const path of pictures) {
    const file = basename(path)
    if (chips.has(file)) {
      reading.drop('photo of which there is a cut-out picture too')
      continue
    }
    if (seen.has(file)) {
      reading.drop('duplicate picture')
      continue
    }
    seen.add(file)
    const chip = file.endsWith(CHIP)
    const stem = (chip ? file.slice(0, -CHIP.length) : file).replace(PICTURE, '')
    const [, years = '', gender] = NAME.exec(stem) ?? []
    const labels = ageLabels(years)
    if (!labels) {
      reading.drop('name that lacks age, gender or race')
      continue
    }
    const photo = join(folder, path)
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
      licence: 'For non-commercial research. The photos belong to their owners.',
      citation:
        'Z. Zhang, Y. Song, H. Qi: Age progression/regression by conditional adversarial autoencoder. CVPR, 2017',
    },
    REMEDY,
  )
}
