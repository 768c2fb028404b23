/** How a model of any origin performs on the labelled faces of a data set, scored as a study scores its runs. */

import { UsageError, UserError } from '../base/errors.ts'
import type { Watch } from '../base/watch.ts'
import { alignFaces } from '../datasets/alignFaces.ts'
import { type Dataset, type Face, labelOf, type Skipped, skippedBelow } from '../datasets/dataset.ts'
import { makeFolds, type Repeated } from '../datasets/folds.ts'
import { CLASSES, nearestAgeGroup, TASKS, type Task } from '../datasets/task.ts'
import type { Engine } from '../engine/engine.ts'
import type { Cut } from '../faces/cut.ts'
import { agesOf } from '../models/ages.ts'
import { answerNames } from '../models/answersAsked.ts'
import { pictureFor } from '../models/input.ts'
import { isPlain, type Model, requirePreprocessing } from '../models/model.ts'
import type { Preprocessing } from '../models/preprocessing.ts'
import { classScores } from './classScores.ts'
import { requirePlaces, taskOf } from './labels.ts'
import { type Crops, scorePictures, tenCropGraph } from './tenCrop.ts'
import { type TestRecord, testRecord } from './testRecord.ts'
import { expectedAge, overYears } from './years.ts'

/** A model, and all that must be known about it to score it on labelled faces. */
export interface Evaluable {
  readonly model: Model
  readonly task: Task
  readonly alignment: Cut
  readonly preprocessing: Preprocessing
  /** The score of each class of the task, from those of the model's own answer. */
  readonly inTask: (answer: Float32Array) => ArrayLike<number>
}

/** One part of a data set, dealt as a study deals it. */
export interface Fold {
  /** Counted from 0. */
  readonly fold: number
  readonly of: number
  readonly seed: string | number
  /** Where photos that occur more than once go; by default together. */
  readonly repeated?: Repeated
}

/** A model's answers on a data set. */
export interface Evaluation extends TestRecord {
  /** Faces without a label for the task, which were left out. */
  readonly unlabelled: number
  /** What the reader skipped, and faces whose photo cannot be used. */
  readonly skipped: readonly Skipped[]
}

/** How to score a data set. */
interface EvaluateOptions extends Watch {
  readonly engine: Engine
  readonly crops: Crops
  /** The part to score; by default all of it. */
  readonly fold?: Fold
}

/**
 * Gather what must be known about a model from its card and the names of its classes.
 *
 * @param answers the model, once for each question that it answers
 * @param asked what the user says instead of the card
 * @throws UserError naming what is not known or does not fit, and how to give it
 */
export function requireEvaluable(
  answers: readonly Model[],
  asked: { task?: Task; alignment?: Cut } = {},
): Evaluable {
  const model = answerTo(answers, asked.task)
  const { path, card, classes } = model
  const preprocessing = requirePreprocessing(model)
  const alignment = asked.alignment ?? card.alignment
  if (!alignment) {
    throw new UserError(
      'its card does not say how faces are aligned',
      path,
      'Use --alignment, or write `alignment: r` or `i` into the card',
    )
  }
  const task = asked.task ?? [model.task].find(isTask) ?? taskOf(classes)
  if (!task) {
    throw new UsageError(
      `neither its card nor its classes say whether it reads age groups, gender or years: ${classes.slice(0, 12).join(', ')}`,
      path,
      'Give the task with --task and the names of its classes with --classes, or write both into its card',
    )
  }
  return { model, task, alignment, preprocessing, inTask: translator(model, task) }
}

/** @throws UserError where a network's pictures are not square: the parts of a face are only found in squares */
export function requireSquare({ model, preprocessing: { picture } }: Evaluable): void {
  if (picture.width === picture.height) return
  throw new UserError(
    `its pictures are ${picture.height} × ${picture.width}, and parts can only be found in square ones`,
    model.path,
  )
}

/** The answer of a model that a task is about: ages in years give age groups too. */
function answerTo(answers: readonly Model[], asked: Task | undefined): Model {
  const [first] = answers as [Model, ...Model[]]
  // The user may say what the card does not.
  if (answers.length === 1 && (!asked || !isTask(first.task))) return first
  const tasks = answerNames(answers)
  if (!asked) throw new UsageError(`it answers ${tasks.join(' and ')}`, first.path, 'Choose one with --task')
  const found =
    answers.find(({ task }) => task === asked) ??
    (asked === 'age' ? answers.find(({ task }) => task === 'years') : undefined)
  if (found) return found
  throw new UsageError(`it answers ${tasks.join(' and ')}, not ${asked}`, first.path)
}

/** From a model's own answer to the classes of a task. For ages, the group nearest to the expected age. */
function translator(model: Model, task: Task): Evaluable['inTask'] {
  if (task === 'years' || (task === 'age' && model.task === 'years')) {
    const ages = agesOf(model)
    const age = (row: Float32Array) => (ages ? expectedAge(classScores(model, row), ages) : row[0]!)
    if (task === 'years')
      return (row) => (ages ? overYears(classScores(model, row), ages) : overYears([1], [age(row)]))
    return (row) => {
      const group = nearestAgeGroup(age(row))
      return CLASSES.age.map((_, k) => Number(k === group))
    }
  }
  const places = requirePlaces(model.classes, task, model.path)
  return (row) => places.map((place) => classScores(model, row)[place]!)
}

/**
 * Score a model on a data set.
 *
 * @throws UserError when there is no such fold, no face has a label, no photo can be used, or the network cannot run on
 *   several pictures; the signal's reason, when that stops it
 */
export async function evaluate(
  { model, task, alignment, preprocessing, inTask }: Evaluable,
  dataset: Dataset,
  { engine, crops, fold, signal, progress }: EvaluateOptions,
): Promise<Evaluation> {
  const chosen = fold ? facesOf(dataset, fold) : dataset.faces
  const labelled = chosen.filter((face) => labelOf(face, task) !== undefined)
  if (labelled.length === 0) throw new UserError(`no face has a label for the task ${task}`, dataset.root)
  const { picture } = preprocessing
  const kept: Face[] = []
  const skipped: Skipped[] = []
  async function* pictures() {
    let at = 0
    for await (const result of alignFaces(labelled, alignment, picture.height)) {
      const face = labelled[at++]!
      if (typeof result === 'string') {
        skipped.push({ face: face.id, reason: result })
        continue
      }
      kept.push(face)
      const square = { width: picture.height, height: picture.height, data: result.picture! }
      yield pictureFor(square, preprocessing).data
    }
  }
  const plain = isPlain(model) || (task === 'years' && model.logits === 1)
  const outputs = [{ output: model.output, plain }]
  const graph = tenCropGraph(model.network, preprocessing, { outputs, crops, of: model.path })
  const scores = await scorePictures(engine, graph, pictures(), {
    crops,
    signal,
    of: model.path,
    progress: (done) => progress?.(done + skipped.length, labelled.length),
  })
  if (kept.length === 0) {
    throw new UserError(
      `none of its ${labelled.length} faces can be used. The first: ${skipped[0]!.reason}`,
      dataset.root,
    )
  }
  return {
    ...testRecord(kept, task, scores.map(inTask)),
    unlabelled: chosen.length - labelled.length,
    skipped: skippedBelow([...dataset.skipped, ...skipped], dataset.root),
  }
}

/** The faces of one fold. Folds are dealt from all faces, before any is left out, as in a study. */
export function facesOf({ faces }: Dataset, { fold, of, seed, repeated }: Fold): Face[] {
  const folds = makeFolds(faces, of, seed, repeated)
  return faces.filter((_, k) => folds[k] === fold)
}

function isTask(task: string | undefined): task is Task {
  return TASKS.some((known) => known === task)
}
