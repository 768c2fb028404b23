/**
 * Differences face by face: how much more often one network is right than another, or how much one loses on other
 * photos. Two questions are asked about a difference: whether other people would show it, and whether other trainings
 * would.
 */

import { groupBy } from '../base/groupBy.ts'
import { FEW } from '../evaluation/profile.ts'
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
  /** The fold that the face was tested in: faces of one fold and contrast depend on the same trainings. */
  readonly fold: number
}

/** A cell's answers on photos of one kind, counted with a sign. */
export interface ContrastTerm {
  readonly cell: Cell
  readonly alignment: Alignment
  readonly sign: 1 | -1
}

/** For each face with answers in all terms, the sum of the signs of the right ones: with two terms −1, 0 or 1. */
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

/** A mean difference, and whether other people or trainings would show it. */
export interface Difference {
  /** A share, −1 to 1, or another mean. */
  readonly difference: number
  /** 95 %. */
  readonly interval: Interval
  /** The two-sided p of no difference. */
  readonly p: number
}

/**
 * Counted differences over people: the interval by a bootstrap of people, or Student's for fewer than {@link FEW}, p by McNemar's test by person ({@link signFlip}).
 * Several contrasts are pooled, with every face counting equally; a person is drawn with all their faces in all
 * contrasts, so it does no harm that these share people.
 *
 * @param contrasts with at least one face
 * @param seed of the bootstrap
 */
export function overPeople(contrasts: readonly Contrast[], seed: string): Difference {
  const { sums, faces } = peopleOf(contrasts.flat())
  return {
    difference: total(sums) / total(faces),
    interval: sums.length < FEW ? ofFew(sums, faces) : bootstrapMean(sums, faces, { seed }),
    p: signFlip(sums),
  }
}

/** Draws from a few people are too much alike: Student's interval of their means, within −1 to 1. */
function ofFew(sums: readonly number[], faces: readonly number[]): Interval {
  const { low, high } = studentOf(sums.map((sum, k) => sum / faces[k]!)).interval
  return { low: Math.max(low, -1), high: Math.min(high, 1) }
}

/** The same for measured differences, also of few people: Student's t of each person's mean. */
export function overMeasured(contrasts: readonly Contrast[]): Difference {
  const { sums, faces } = peopleOf(contrasts.flat())
  const { mean, interval, p } = studentOf(sums.map((sum, k) => sum / faces[k]!))
  return { difference: mean, interval, p }
}

/** Faces of two kinds, such as of two classes: how much greater the values of one kind are. */
export interface TwoKinds {
  readonly a: Contrast
  readonly b: Contrast
}

/**
 * The same for two kinds of faces, which belong to different people: the interval by a bootstrap of people, p by
 * reassigning people to the two sides at random. Several pairs of kinds are pooled, with every face counting equally;
 * people with faces of both kinds count on both sides.
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

/** How the differences vary from training to training. */
export interface Trainings extends Difference {
  /** One for each contrast and fold. */
  readonly n: number
  /** In how many of them the difference is greater than 0. */
  readonly greater: number
}

/** Differences over trainings: Student's t of the mean of each contrast and fold. */
export function overTrainings(contrasts: readonly Contrast[]): Trainings {
  return trainingsOf(contrasts.flatMap((contrast) => [...meansByFold(contrast).values()]))
}

/** The same for two kinds of faces, in each fold that has faces of both. */
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
