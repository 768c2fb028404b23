/** What a model answers for every face in every photo. */

import type { Watch } from '../base/watch.ts'
import { CLASSES, nearestAgeGroup } from '../datasets/task.ts'
import type { Engine } from '../engine/engine.ts'
import type { CutFace } from '../faces/cut.ts'
import { agesOf } from '../models/ages.ts'
import { answerNames } from '../models/answersAsked.ts'
import { pictureFor } from '../models/input.ts'
import { isPlain, type Model, requirePreprocessing } from '../models/model.ts'
import { topClass } from '../statistics/accuracy.ts'
import { classScores } from './classScores.ts'
import { facesIn } from './facesIn.ts'
import { scorePictures, tenCropGraph } from './tenCrop.ts'
import { deviationOf, expectedAge } from './years.ts'

/** An age in years. */
export interface AgeAnswer {
  /** The expected age; for a network whose answer is one number, that number. */
  readonly years: number
  /** The standard deviation of the distribution; absent where the answer is one number. */
  readonly deviation?: number
  /** The nearest age group. */
  readonly group: string
  /** The probability of each class, in the order of `ages`; absent where the answer is one number. */
  readonly probabilities?: readonly number[]
  /** The age that each class stands for. */
  readonly ages?: readonly number[]
}

/** One class among several. */
export interface ClassAnswer {
  readonly class: string
  /** How sure the network is of it, 0 to 1. */
  readonly probability: number
  /** The probability of each class, by name; where a name stands twice, the later ones are `NAME [INDEX]`. */
  readonly probabilities: Readonly<Record<string, number>>
}

/** A plain number that is not an age. */
export interface NumberAnswer {
  readonly value: number
}

/** The answers for one face. */
export interface PredictedFace {
  /** Where it is and how sure the detector was; absent where the photo is used as it is. */
  readonly found?: NonNullable<CutFace['found']>
  /** By the question: `years`, `gender`, or the card's name for it; of several alike, `NAME (OUTPUT)`. */
  readonly answers: Readonly<Record<string, AgeAnswer | ClassAnswer | NumberAnswer>>
}

/** The answers for one photo. */
export interface PredictedPhoto {
  readonly photo: string
  readonly faces: readonly PredictedFace[]
  /** Faces that were found but could not be used, and why. */
  readonly refused: readonly string[]
  /** Why the photo itself cannot be used. */
  readonly broken?: string
}

/** How photos are processed; progress is counted in photos. */
export interface PredictOptions extends Watch {
  readonly engine: Engine
  /** Whether each photo shows one face that is already cut out, or the network is not about faces. */
  readonly asIs: boolean
}

/**
 * Predict every face of photos: each cut out as for training and explaining, by its centre crop alone.
 *
 * @param answers the model, once for each question that it answers; all of one network
 * @returns the answers for each photo, in order
 * @throws UserError where it is not known how photos become its input; the signal's reason, when that stops it
 */
export async function predict(
  answers: readonly Model[],
  photos: readonly string[],
  { engine, asIs, signal, progress }: PredictOptions,
): Promise<PredictedPhoto[]> {
  const [model] = answers as [Model, ...Model[]]
  const preprocessing = requirePreprocessing(model)
  const names = answerNames(answers)
  const readers = answers.map((answer, k) => readerOf(answer, names[k]!))
  const cut = photos.map((photo) => ({ photo, faces: [] as CutFace['found'][], refused: [] as string[] }))
  const broken = new Map<number, string>()
  async function* pictures() {
    let k = 0
    const jobs = photos.map((photo) => ({ photo }))
    for await (const { faces, refused, broken: why } of facesIn(jobs, model, { asIs })) {
      cut[k]!.refused.push(...refused)
      if (why !== undefined) broken.set(k, why)
      for (const { picture, found } of faces) {
        cut[k]!.faces.push(found)
        yield pictureFor(picture, preprocessing).data
      }
      progress?.(++k, photos.length)
    }
  }
  const outputs = answers.map((answer) => ({ output: answer.output, plain: isPlain(answer) }))
  const graph = tenCropGraph(model.network, preprocessing, { outputs, crops: 1, of: model.path })
  const rows = await scorePictures(engine, graph, pictures(), { crops: 1, signal, of: model.path })
  let face = 0
  return cut.map(({ photo, faces, refused }, k) => ({
    photo,
    faces: faces.map((found) => ({ ...(found && { found }), answers: readRow(rows[face++]!, readers) })),
    refused,
    ...(broken.has(k) && { broken: broken.get(k)! }),
  }))
}

/** How to read one answer from a row of scores. */
interface Reader {
  readonly name: string
  /** How many scores belong to it. */
  readonly length: number
  read(scores: Float32Array): AgeAnswer | ClassAnswer | NumberAnswer
}

function readerOf(model: Model, name: string): Reader {
  const { task, classes } = model
  if (model.kind === 'number' && task !== 'years')
    return { name, length: 1, read: (scores) => ({ value: scores[0]! }) }
  if (task !== 'years') {
    const length = isPlain(model) ? 1 : classes.length
    const keys = apart(classes)
    return { name, length, read: (scores) => classAnswer(classScores(model, scores), classes, keys) }
  }
  const ages = agesOf(model)
  const length = ages?.length ?? 1
  return {
    name,
    length,
    read: (scores) => ageAnswer(ages ? classScores(model, scores) : scores, ages),
  }
}

function readRow(row: Float32Array, readers: readonly Reader[]): PredictedFace['answers'] {
  let from = 0
  return Object.fromEntries(
    readers.map(({ name, length, read }) => {
      const own = row.subarray(from, from + length)
      from += length
      return [name, read(own)]
    }),
  )
}

function ageAnswer(scores: ArrayLike<number>, ages: readonly number[] | undefined): AgeAnswer {
  const years = ages ? expectedAge(scores, ages) : scores[0]!
  const group = CLASSES.age[nearestAgeGroup(years)]!
  if (!ages) return { years, group }
  return { years, deviation: deviationOf(scores, ages), group, probabilities: Array.from(scores), ages }
}

/** The names of classes; one that an earlier class has is followed by its index, as the second “crane” of ImageNet. */
function apart(classes: readonly string[]): string[] {
  const taken = new Set<string>()
  return classes.map((name, k) => {
    const own = taken.has(name) ? `${name} [${k}]` : name
    taken.add(own)
    return own
  })
}

function classAnswer(
  scores: ArrayLike<number>,
  classes: readonly string[],
  keys: readonly string[],
): ClassAnswer {
  const top = topClass(scores)
  return {
    class: classes[top]!,
    probability: scores[top]!,
    probabilities: Object.fromEntries(keys.map((key, k) => [key, scores[k]!])),
  }
}
