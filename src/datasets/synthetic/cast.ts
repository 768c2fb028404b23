/** The people in a synthetic data set and their photos, with balanced classes and folds. */

import { Random } from '../../base/random.ts'
import type { Gender } from '../task.ts'
import { drawPerson, type Person } from './person.ts'
import { onlyCues, type PairOf, type Planting, planted } from './planting.ts'
import { drawShot, type Shot } from './shot.ts'

/** One photo that a synthetic data set holds. */
export interface Sitting {
  /** Names the photo: `s0012_3` is the third of person 12. */
  readonly id: string
  readonly subject: string
  /** The test fold of its person, 0 to 4. */
  readonly fold: number
  readonly person: Person
  readonly shot: Shot
  /** Whether the planted mark is on it; absent where none is planted. */
  readonly marked?: boolean
  /** Where photos come in pairs that differ in one feature, which one of the pair it is. */
  readonly pair?: PairOf
}

/** The number of folds, as in Adience. */
export const FOLDS = 5

/**
 * Draw everybody: two to four photos of each person until there are enough.
 *
 * People come in blocks of sixteen, one of each age group and gender; the next block's people of a class go to the next
 * fold.
 *
 * @param count how many photos; of pairs, how many of these
 * @param planting what is planted
 */
export function drawCast(count: number, seed: string | number, planting: Planting = {}): Sitting[] {
  const only = planting.only && onlyCues(planting.only)
  const order = new Random(`${seed} order`)
  const sittings: Sitting[] = []
  for (let block = 0; sittings.length < count; block++) {
    const combinations = order.shuffle(Array.from({ length: 16 }, (_, i) => i))
    combinations.forEach((combination, place) => {
      const number = 16 * block + place + 1
      const random = new Random(`${seed} person ${number}`)
      const gender: Gender = combination % 2 === 0 ? 'm' : 'f'
      const person = drawPerson(random, Math.floor(combination / 2), gender, only)
      const subject = `s${String(number).padStart(4, '0')}`
      const photos = 2 + random.integer(3)
      for (let photo = 1; photo <= photos && sittings.length < count; photo++) {
        sittings.push({
          id: `${subject}_${photo}`,
          subject,
          fold: (block + combination) % FOLDS,
          person,
          shot: drawShot(random),
        })
      }
    })
  }
  return sittings.flatMap((sitting) => planted(sitting, seed, planting))
}
