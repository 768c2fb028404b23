/** One run: train, score the test part, explain some of it, and leave the files that the report reads. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { csv } from '../base/csv.ts'
import { writeAtomic } from '../base/files.ts'
import { Random } from '../base/random.ts'
import { labelOf } from '../datasets/dataset.ts'
import type { Repeated } from '../datasets/folds.ts'
import { readPicture } from '../datasets/pack.ts'
import { CLASSES } from '../datasets/task.ts'
import type { Engine } from '../engine/engine.ts'
import { topClass } from '../evaluation/accuracy.ts'
import { scorePictures, tenCropGraph } from '../evaluation/tenCrop.ts'
import { expectedAge } from '../evaluation/years.ts'
import { explainedClass } from '../explanation/classes.ts'
import { loadExplainer } from '../explanation/explain.ts'
import { heatMap, pixelRelevance } from '../explanation/heatMap.ts'
import { inputOf, pictureOf } from '../explanation/input.ts'
import type { Alignment } from '../faces/image.ts'
import { float32 } from '../graph/types.ts'
import { composites } from '../rules/composites/presets.ts'
import type { Pictures } from '../training/pictures.ts'
import type { Schedule } from '../training/schedule.ts'
import { type Trained, type TrainedNetwork, train } from '../training/train.ts'
import type { Clock } from './clock.ts'
import type { Material, Parts } from './material.ts'
import { type Model, modelOf, requirePreprocessing, type TrainedCard, writeModel } from './model.ts'
import type { PlannedStart } from './plannedStart.ts'
import {
  type MapRecord,
  ownTest,
  type Run,
  type RunRecord,
  runFiles,
  type TestRecord,
  trainedOn,
  writeRecord,
} from './record.ts'
import { readStart } from './start.ts'
import { writeSums } from './sums.ts'
import { testRecord } from './testRecord.ts'
import { writePicture } from './writePicture.ts'

/** A run, and what it is made from. */
export interface RunJob {
  readonly run: Run
  readonly schedule: Schedule
  /** Trained weights to start from; random ones where it is not given. */
  readonly start?: PlannedStart
  readonly seed: string | number
  /** Into how many folds the people are dealt. */
  readonly folds: number
  /** Where photos went that are there more than once. */
  readonly repeated?: Repeated
  /** How many photos of the test part to explain. */
  readonly photos: number
  readonly material: Material
  readonly parts: Parts
  /** The run's own folder. */
  readonly folder: string
  /** The name of the data set. */
  readonly dataset: string
}

/** For each face of the test part, the probability of each class. */
type Scores = readonly Float32Array[]

/** What a run is made with. */
export interface Workshop {
  readonly engine: Engine
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Make a run. Its `SHA256SUMS` is written last: where it is, the run is whole. Only who holds the run's lock may do this.
 *
 * @throws the signal's reason when the signal stops it; what is done is gone on from the next time
 */
export async function makeRun(job: RunJob, workshop: Workshop): Promise<RunRecord> {
  const { run, parts, folder } = job
  const train = picturesOf(job, parts.train)
  const validation = picturesOf(job, parts.validation)
  const trained = await trainRun(job, workshop, train, validation)
  const card = cardOf(job, trained)
  writeModel(runFiles.model(folder), trained.network, card)
  const model = modelOf(trained.network, labelFor(run), card)
  const scores = await scoreRun(job, workshop, model)
  writeAtomic(runFiles.predictions(folder), csv(predictionRows(job, scores)))
  const maps = await explainRun(job, workshop, model)
  const record: RunRecord = {
    run,
    pictures: { train: train.pixels.length, validation: validation.pixels.length, test: parts.test.length },
    iterations: trained.iterations,
    start: trained.start,
    tests: Object.fromEntries([...scores].map(([alignment, rows]) => [alignment, tested(job, rows)])),
    maps,
  }
  writeRecord(runFiles.result(folder), record)
  writeSums(folder)
  for (const name of ['checkpoint', 'checkpoint.previous']) {
    rmSync(join(folder, `${name}.safetensors`), { force: true })
  }
  return record
}

/** `gender [m] fold 0`: what the progress line calls a run. */
function labelFor({ task, letter, setting, fold }: Run): string {
  return `${task} ${letter} [${setting}] fold ${fold}`
}

async function trainRun(
  job: RunJob,
  { engine, clock, signal }: Workshop,
  pictures: Pictures,
  validation: Pictures,
): Promise<Trained> {
  const { run, schedule, start, folder } = job
  const trained = await clock.stage(`training ${run.network}`, schedule.iterations * schedule.batch, (tell) =>
    train({
      engine,
      network: run.network,
      width: run.width,
      input: run.input,
      classes: CLASSES[run.task].length,
      train: pictures,
      validation,
      schedule,
      // The same for every setting: what differs between two runs is then their pictures and their start alone.
      seed: `${job.seed}/${run.task}/fold${run.fold}`,
      start: start && readStart(start),
      folder,
      signal,
      progress: ({ iteration, iterations, loss, accuracy, imagesPerSecond }) => {
        const reached = accuracy === undefined ? '' : `, ${Math.round(100 * accuracy)} % right`
        const state = `${iteration}/${iterations}, loss ${loss.toFixed(3)}${reached}`
        const pace = `${Math.round(imagesPerSecond)} images/s`
        tell(iteration * schedule.batch, `${labelFor(run)}: training ${state}, ${pace}`)
      },
      snapshot: (network) =>
        writeModel(
          runFiles.snapshot(folder, network.iterations, schedule.iterations),
          network.network,
          cardOf(job, network),
        ),
    }),
  )
  if (!trained.finished) throw signal.reason
  return trained
}

/** The card of a run's network. */
function cardOf(
  { run, seed, folds, repeated, material, dataset }: RunJob,
  { network, mean, iterations }: TrainedNetwork,
): TrainedCard {
  const { size } = material
  return {
    network: run.network,
    task: run.task,
    classes: [...CLASSES[run.task]],
    output: network.outputs[0]!.name,
    input: { name: network.inputs[0]!.name, size: run.input, layout: 'NCHW', channels: 'BGR', scale: 1 },
    meanPicture: float32([3, size, size], mean),
    picture: size,
    fit: 'pad',
    alignment: ownTest(run.setting),
    composite: 'paper',
    trainedOn: {
      dataset,
      setting: run.setting,
      fold: run.fold,
      folds,
      ...(repeated === 'anywhere' && { repeated }),
      seed,
      iterations,
    },
  }
}

/** Score the test part by ten crops, aligned in every way that the material has. */
async function scoreRun(
  { run, material, parts }: RunJob,
  { engine, clock, signal }: Workshop,
  model: Model,
): Promise<Map<Alignment, Scores>> {
  const graph = tenCropGraph(model.network, requirePreprocessing(model))
  const n = parts.test.length
  function* testPictures(alignment: Alignment) {
    for (const k of parts.test) yield readPicture(material.pictures[alignment]![k]!)
  }
  const on = (alignment: Alignment) =>
    clock.stage(`scoring ${run.network}`, 10 * n, (tell) =>
      scorePictures(engine, graph, testPictures(alignment), (done) => {
        signal.throwIfAborted()
        tell(10 * done, `${labelFor(run)}: scoring on ${alignment} ${done}/${n}`)
      }),
    )
  const scores = new Map<Alignment, Scores>()
  for (const alignment of alignmentsIn(material)) scores.set(alignment, await on(alignment))
  return scores
}

/** Draw heat maps for some photos of the test part: of all classes, or of ages in years of those that matter. */
async function explainRun(
  job: RunJob,
  { engine, clock, signal }: Workshop,
  model: Model,
): Promise<MapRecord[]> {
  const { run, material, folder } = job
  const chosen = photosOf(job)
  if (chosen.length === 0) return []
  const preprocessing = requirePreprocessing(model)
  const explainer = await loadExplainer(engine, model.network, composites.paper)
  const maps: MapRecord[] = []
  try {
    return await clock.stage(`explaining ${run.network}`, chosen.length, async (tell) => {
      for (const k of chosen) {
        signal.throwIfAborted()
        const { id } = material.faces[k]!
        const side = material.size
        const data = readPicture(material.pictures[ownTest(run.setting)]![k]!)
        const input = inputOf({ width: side, height: side, data }, preprocessing)
        const photo = `maps/${id}.png`
        await writePicture(join(folder, photo), pictureOf(input, preprocessing))
        const truth = labelIn(material, run, k)
        const wanted = run.task === 'years' ? (['top', truth] as const) : CLASSES[run.task].map((_, c) => c)
        const explanations = await explainer.explain(input, wanted)
        const drawn = new Map<number, string>()
        for (const { target, relevance } of explanations) {
          const explained = explainedClass(target)
          const map = `maps/${id}.class${explained}.png`
          await writePicture(join(folder, map), heatMap(pixelRelevance(relevance)))
          drawn.set(explained, map)
        }
        const { probabilities } = explanations[0]!.outputs[explainer.output]!
        const classes = Array.from(probabilities!, (probability, c) => ({ probability, map: drawn.get(c) }))
        maps.push({ face: id, truth, photo, classes })
        tell(maps.length, `${labelFor(run)}: explaining ${maps.length}/${chosen.length}`)
      }
      return maps
    })
  } finally {
    await explainer.release()
  }
}

/** Photos of the test part to explain, spread over the classes; the same for all networks and settings. */
function photosOf({ run, seed, photos, material, parts: { test } }: RunJob): number[] {
  const random = new Random(`${seed}/photos/${run.task}/fold${run.fold}`)
  const classes = random.shuffle(CLASSES[run.task].map((_, k) => k))
  const waiting = random.shuffle(test)
  const chosen: number[] = []
  for (let turn = 0; chosen.length < Math.min(photos, test.length); turn++) {
    const wanted = classes[turn % classes.length]
    const place = waiting.findIndex((k) => labelIn(material, run, k) === wanted)
    if (place >= 0) chosen.push(...waiting.splice(place, 1))
  }
  return chosen.sort((a, b) => labelIn(material, run, a) - labelIn(material, run, b))
}

/** The pictures that a part is trained or validated on; `[m]` has each face both ways. */
function picturesOf({ run, material }: RunJob, part: readonly number[]): Pictures {
  const alignments = trainedOn(run.setting)
  return {
    size: material.size,
    pixels: alignments.flatMap((alignment) => part.map((k) => material.pictures[alignment]![k]!)),
    labels: alignments.flatMap(() => part.map((k) => labelIn(material, run, k))),
  }
}

function tested({ run, material, parts }: RunJob, scores: Scores): TestRecord {
  return testRecord(
    parts.test.map((k) => material.faces[k]!),
    run.task,
    scores,
  )
}

function predictionRows({ run, material, parts }: RunJob, scores: ReadonlyMap<Alignment, Scores>) {
  const names = CLASSES[run.task]
  return [...scores].flatMap(([alignment, rows]) =>
    parts.test.map((k, place) => {
      const probabilities = rows[place]!
      return {
        face: material.faces[k]!.id,
        tested_on: alignment,
        true: names[labelIn(material, run, k)]!,
        predicted: names[topClass(probabilities)]!,
        ...(run.task === 'years' && { expected: expectedAge(probabilities).toFixed(2) }),
        ...Object.fromEntries(names.map((name, c) => [`p ${name}`, probabilities[c]!.toFixed(6)])),
      }
    }),
  )
}

function alignmentsIn({ pictures }: Material): Alignment[] {
  return (['r', 'i'] as const).filter((alignment) => pictures[alignment])
}

/** The class of a face that is in a part of the split: those without a label for the task are not. */
function labelIn({ faces }: Material, { task }: Run, k: number): number {
  return labelOf(faces[k]!, task)!
}
