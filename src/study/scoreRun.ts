/** Scores a run's network on its test photos, by ten crops, and writes the results. */

import { dirname, relative, sep } from 'node:path'
import { csv } from '../base/csv.ts'
import { writeAtomic } from '../base/files.ts'
import { readPicture } from '../datasets/pack.ts'
import { CLASSES } from '../datasets/task.ts'
import { CROPS, scorePictures, tenCropGraph } from '../evaluation/tenCrop.ts'
import { type TestRecord, testRecord } from '../evaluation/testRecord.ts'
import { expectedAge } from '../evaluation/years.ts'
import type { Alignment } from '../faces/align.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { openModelFile } from '../models/node.ts'
import { topClass } from '../statistics/accuracy.ts'
import { labelFor, labelIn, type RunContext, type RunJob } from './job.ts'
import { runFiles, type SnapshotRecord } from './record.ts'
import { alignmentsIn, ownTest } from './setting.ts'

/** The answers on photos aligned in one way, in the order of the test part. */
interface Answers {
  /** For each face, the probability of each class. */
  readonly scores: readonly Float32Array[]
  /** For each face, the same for each of its crops, one after another; only where they are kept. */
  readonly crops?: readonly Float32Array[]
}

/**
 * Score the test part, aligned in every way that the data has, and write `predictions.csv` and, where the job asks
 * for it, `crops.parquet`.
 */
export async function scoreRun(
  job: RunJob,
  context: RunContext,
  model: Model,
): Promise<Partial<Record<Alignment, TestRecord>>> {
  const answers = new Map<Alignment, Answers>()
  for (const alignment of alignmentsIn(job.data.pictures)) {
    answers.set(alignment, await answersOn(job, context, model, alignment, job.crops))
  }
  const rows = [...answers].flatMap(([alignment, { scores }]) => predictionRows(job, alignment, scores))
  writeAtomic(runFiles.predictions(job.folder), csv(rows))
  if (job.crops) writeAtomic(runFiles.crops(job.folder), await cropRows(job, answers))
  return Object.fromEntries([...answers].map(([alignment, { scores }]) => [alignment, tested(job, scores)]))
}

/**
 * Score the run's own test photos by the network at every snapshot.
 *
 * @param trained after how many iterations training ended, which may be before its schedule's end
 * @param tests those of the final network, for a snapshot that is the same network
 */
export async function scoreSnapshots(
  job: RunJob,
  context: RunContext,
  trained: number,
  tests: Partial<Record<Alignment, TestRecord>>,
): Promise<SnapshotRecord[] | undefined> {
  const { run, schedule, folder } = job
  const { snapshotEvery, iterations } = schedule
  if (snapshotEvery === undefined) return undefined
  const own = ownTest(run.setting)
  const snapshots: SnapshotRecord[] = []
  for (let iteration = snapshotEvery; iteration <= trained; iteration += snapshotEvery) {
    if (iteration === trained) {
      snapshots.push({ iteration, tests: { [own]: tests[own]! } })
      break
    }
    const model = await openModelFile(runFiles.snapshot(folder, iteration, iterations))
    const { scores } = await answersOn(job, context, model, own)
    snapshots.push({ iteration, tests: { [own]: tested(job, scores) } })
  }
  return snapshots
}

async function answersOn(
  { run, data, split }: RunJob,
  { engine, clock, signal }: RunContext,
  model: Model,
  alignment: Alignment,
  each = false,
): Promise<Answers> {
  const graph = tenCropGraph(model.network, requirePreprocessing(model), { each })
  const n = split.test.length
  function* pictures() {
    for (const k of split.test) yield readPicture(data.pictures[alignment]![k]!)
  }
  const crops: Float32Array[] = []
  const scores = await clock.stage(`scoring ${run.network}`, 10 * n, (tell) =>
    scorePictures(engine, graph, pictures(), {
      signal,
      progress(done) {
        tell(10 * done, `${labelFor(run)}: scoring on ${alignment} ${done}/${n}`)
      },
      keep: (own) => crops.push(own),
    }),
  )
  return each ? { scores, crops } : { scores }
}

function tested({ run, data, split }: RunJob, scores: Answers['scores']): TestRecord {
  return testRecord(
    split.test.map((k) => data.faces[k]!),
    run.task,
    scores,
  )
}

function predictionRows({ run, data, split }: RunJob, alignment: Alignment, scores: Answers['scores']) {
  const names = CLASSES[run.task]
  const common = commonFolder(data.faces.map(({ photo }) => photo))
  return split.test.map((k, place) => {
    const probabilities = scores[place]!
    return {
      face: data.faces[k]!.id,
      // Relative to the folder of all photos, so that it is the same on every machine, and reveals nobody's home
      // folder.
      photo: relative(common, data.faces[k]!.photo).split(sep).join('/'),
      subject: data.faces[k]!.subject,
      tested_on: alignment,
      true: names[labelIn(data, run, k)]!,
      predicted: names[topClass(probabilities)]!,
      ...(run.task === 'years' && { expected: expectedAge(probabilities).toFixed(2) }),
      ...Object.fromEntries(names.map((name, c) => [`p ${name}`, probabilities[c]!.toFixed(6)])),
    }
  })
}

/** The deepest folder that contains all files. */
function commonFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => dirname(path).split(sep))
  const [first] = folders as [string[]]
  const depth = folders.reduce((least, parts) => {
    const other = parts.findIndex((part, k) => part !== first[k])
    return Math.min(least, other < 0 ? parts.length : other)
  }, first.length)
  return first.slice(0, depth).join(sep) || sep
}

/** A row for each crop of each photo, as a Parquet file. */
async function cropRows(
  { run, data, split }: RunJob,
  answers: ReadonlyMap<Alignment, Answers>,
): Promise<Uint8Array> {
  // Few plans ask for crops, and each run is a program of its own.
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const names = CLASSES[run.task]
  const rows = [...answers].flatMap(([alignment, { crops }]) =>
    split.test.flatMap((k, place) =>
      CROPS.map((crop, c) => ({
        face: data.faces[k]!.id,
        alignment,
        crop,
        probabilities: crops![place]!.subarray(c * names.length, (c + 1) * names.length),
      })),
    ),
  )
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'face', data: rows.map(({ face }) => face), type: 'STRING' },
      { name: 'tested_on', data: rows.map(({ alignment }) => alignment), type: 'STRING' },
      { name: 'crop', data: rows.map(({ crop }) => crop), type: 'STRING' },
      ...names.map((name, c) => ({
        name: `p ${name}`,
        data: rows.map(({ probabilities }) => probabilities[c]!),
        type: 'FLOAT' as const,
      })),
    ],
  })
  return new Uint8Array(buffer)
}
