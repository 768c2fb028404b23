/** One run: train, score the test part, explain some of it, and write the files that the report reads. */

import { CLASSES } from '../datasets/task.ts'
import { seenPhotos } from '../evaluation/seen.ts'
import { float32 } from '../graph/types.ts'
import { modelOf } from '../models/model.ts'
import { type TrainedCard, writeModel } from '../models/node.ts'
import { removeCheckpoints } from '../training/checkpoint.ts'
import type { PictureParts, Pictures } from '../training/pictures.ts'
import { type Trained, type TrainedNetwork, train } from '../training/train.ts'
import { explainRun } from './explainRun.ts'
import { labelFor, labelIn, type RunContext, type RunJob } from './job.ts'
import { profileRun } from './profileRun.ts'
import { type RunRecord, runFiles, writeRunRecord } from './record.ts'
import { scoreRun, scoreSnapshots } from './scoreRun.ts'
import { formatSetting, ownTest, trainedOn } from './setting.ts'
import { readStart } from './startingWeights.ts'
import { writeSums } from './sums.ts'

/**
 * Make a run. Its `SHA256SUMS` is written last: where it exists, the run is complete. Only the holder of the run's lock
 * may call this.
 *
 * @throws the signal's reason when the signal stops it; the next call continues from there
 */
export async function makeRun(job: RunJob, context: RunContext): Promise<RunRecord> {
  const { run, split, folder } = job
  const train = { ...picturesOf(job, split.train), parts: partsOf(job) }
  const validation = picturesOf(job, split.validation)
  const trained = await trainRun(job, context, train, validation)
  const card = cardOf(job, trained)
  const { faces } = job.data
  const seen = seenPhotos(
    [...split.train, ...split.validation].map((k) => faces[k]!),
    job.start?.weights,
  )
  writeModel(runFiles.model(folder), trained.network, card, seen)
  const model = modelOf(trained.network, labelFor(run), card)
  const tests = await scoreRun(job, context, model)
  const snapshots = await scoreSnapshots(job, context, trained.iterations, tests)
  const maps = await explainRun(job, context, model)
  await profileRun(job, context, model)
  const record: RunRecord = {
    run,
    pictures: { train: train.pixels.length, validation: validation.pixels.length, test: split.test.length },
    iterations: trained.iterations,
    start: trained.start,
    tests,
    maps,
    snapshots,
  }
  writeRunRecord(folder, record)
  writeSums(folder)
  removeCheckpoints(folder)
  return record
}

async function trainRun(
  job: RunJob,
  { engine, clock, signal }: RunContext,
  pictures: Pictures,
  validation: Pictures,
): Promise<Trained> {
  const { run, schedule, start, folder } = job
  const trained = await clock.stage(
    `training ${run.network}`,
    schedule.iterations * schedule.batch,
    async (tell) =>
      train({
        engine,
        network: run.network,
        width: run.width,
        input: run.input,
        classes: CLASSES[run.task].length,
        train: pictures,
        validation,
        schedule,
        // The same for every setting, so that two runs differ only in their pictures and their start.
        seed: `${job.seed}/${run.task}/fold${run.fold}`,
        start: start && (await readStart(start)),
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
  { run, seed, folds, repeated, data, dataset }: RunJob,
  { network, mean, iterations }: TrainedNetwork,
): TrainedCard {
  const { size } = data
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
      setting: formatSetting(run.setting),
      fold: run.fold,
      folds,
      ...(repeated === 'anywhere' && { repeated }),
      seed,
      iterations,
    },
  }
}

/** Where the parts lie in the training pictures, if training hides one. */
function partsOf({ run, schedule, data: { parts }, split }: RunJob): PictureParts | undefined {
  if (!schedule.augmentation?.hide) return undefined
  const { names, maps } = parts!
  return {
    names,
    maps: trainedOn(run.setting).flatMap((alignment) => split.train.map((k) => maps[alignment]![k]!)),
  }
}

/** The pictures of the training or validation part; `[m]` has each face both ways. */
function picturesOf({ run, data }: RunJob, part: readonly number[]): Pictures {
  const alignments = trainedOn(run.setting)
  return {
    size: data.size,
    pixels: alignments.flatMap((alignment) => part.map((k) => data.pictures[alignment]![k]!)),
    labels: alignments.flatMap(() => part.map((k) => labelIn(data, run, k))),
  }
}
