/**
 * Differences face by face: how much oftener one network is right than another, or how much one loses on other photos.
 * Two things are asked of a difference: whether other people would show it, and whether other trainings would.
 */

import { groupBy } from '../base/groupBy.ts'
import type { Alignment } from '../faces/align.ts'
import { bootstrap, bootstrapMean } from '../statistics/bootstrap.ts'
import type { Interval } from '../statistics/interval.ts'
import { signFlip } from '../statistics/mcnemar.ts'
import { permutationTest } from '../statistics/permutation.ts'
import { studentOf } from '../statistics/student.ts'
import type { Cell, Study } from './cells.ts'
import { type FaceValue, peopleOf } from './people.ts'
import { readPredictions } from './predictions.ts'

/** A difference on each face of a test set. */
export type Contrast = readonly ContrastFace[]

interface ContrastFace extends FaceValue {
  /** The fold that the face was tested in: faces of one fold and contrast hang on the same trainings. */
  readonly fold: number
}

/** The answers of a cell on photos of a kind, counted for or against. */
export interface ContrastTerm {
  readonly cell: Cell
  readonly alignment: Alignment
  readonly sign: 1 | -1
}

/**
 * For each face that all terms have answers on, the sum of the signs of those that are right: with two terms −1, 0 or 1.
 */
export function contrastOf(study: Study, terms: readonly ContrastTerm[]): Contrast {
  const [first, ...others] = terms.map(({ cell, alignment }) => readPredictions(study, cell, alignment))
  const right = others.map(
    (answers) => new Map(answers.map((one) => [one.face, one.truth === one.predicted])),
  )
  return first!.flatMap(({ face, subject, fold, truth, predicted }) => {
    const all = [truth === predicted, ...right.map((answers) => answers.get(face))]
    if (all.includes(undefined)) return []
    const value = all.reduce((sum, one, k) => sum + (one ? terms[k]!.sign : 0), 0)
    return [{ subject, fold, value }]
  })
}

/** A mean difference, and what of it other people or trainings would show. */
export interface Difference {
  /** A share, −1 to 1, or another mean. */
  readonly difference: number
  /** 95 %. */
  readonly interval: Interval
  /** Two-sided, of there being none. */
  readonly p: number
}

/**
 * Counted differences over people: the interval by a bootstrap of people, p by McNemar's test by person ({@link signFlip}).
 * Several contrasts are taken together, each face of each counting the same; what one person shows in all of them is
 * one draw, so that it does no harm that the contrasts are of the same people.
 *
 * @param contrasts with at least one face
 * @param seed of the bootstrap
 */
export function overPeople(contrasts: readonly Contrast[], seed: string): Difference {
  const { sums, faces } = peopleOf(contrasts.flat())
  return {
    difference: total(sums) / total(faces),
    interval: bootstrapMean(sums, faces, { seed }),
    p: signFlip(sums),
  }
}

/** The same of measured differences, of few people too: Student's t of each one's mean. */
export function overMeasured(contrasts: readonly Contrast[]): Difference {
  const { sums, faces } = peopleOf(contrasts.flat())
  const { mean, interval, p } = studentOf(sums.map((sum, k) => sum / faces[k]!))
  return { difference: mean, interval, p }
}

/** Faces of two kinds, such as of two classes: how much greater the values of the one are. */
export interface TwoKinds {
  readonly a: Contrast
  readonly b: Contrast
}

/**
 * The same of two kinds of faces, which are of different people: the interval by a bootstrap of people, p by dealing people
 * anew to the two sides. Several pairs of kinds are taken together, each face counting the same; who has faces of both
 * kinds counts on both sides.
 *
 * @param seed of the draws
 */
export function overTwoKinds(kinds: readonly TwoKinds[], seed: string): Difference {
  const [a, b] = [peopleOf(kinds.flatMap((one) => one.a)), peopleOf(kinds.flatMap((one) => one.b))]
  const means = ({ sums, faces }: typeof a) => sums.map((sum, k) => [sum / faces[k]!])
  const [p] = permutationTest(means(a), means(b), { seed })
  const sums = [...a.sums, ...b.sums]
  const faces = [...a.faces, ...b.faces]
  const interval = bootstrap(
    sums.length,
    (times) => {
      const mean = (from: number, to: number) => {
        let [sum, n] = [0, 0]
        for (let k = from; k < to; k++) {
          sum += times[k]! * sums[k]!
          n += times[k]! * faces[k]!
        }
        return sum / n
      }
      return mean(0, a.sums.length) - mean(a.sums.length, sums.length)
    },
    { seed },
  )
  return { difference: total(a.sums) / total(a.faces) - total(b.sums) / total(b.faces), interval, p: p! }
}

/** How the differences scatter from training to training. */
export interface Trainings extends Difference {
  /** One a contrast and fold. */
  readonly n: number
  /** In how many of them the difference is greater than 0. */
  readonly greater: number
}

/** Differences over trainings: Student's t of the mean of each contrast and fold. */
export function overTrainings(contrasts: readonly Contrast[]): Trainings {
  return trainingsOf(contrasts.flatMap((contrast) => [...meansByFold(contrast).values()]))
}

/** The same of two kinds of faces, in each fold that has faces of both. */
export function kindsOverTrainings(kinds: readonly TwoKinds[]): Trainings {
  return trainingsOf(
    kinds.flatMap(({ a, b }) => {
      const others = meansByFold(b)
      return [...meansByFold(a)].flatMap(([fold, mean]) =>
        others.has(fold) ? [mean - others.get(fold)!] : [],
      )
    }),
  )
}

function meansByFold(contrast: Contrast): Map<number, number> {
  return new Map(
    [...groupBy(contrast, ({ fold }) => fold)].map(([fold, faces]) => [
      fold,
      total(faces.map(({ value }) => value)) / faces.length,
    ]),
  )
}

function trainingsOf(means: readonly number[]): Trainings {
  const { mean, interval, p } = studentOf(means)
  return { difference: mean, interval, p, n: means.length, greater: means.filter((one) => one > 0).length }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
