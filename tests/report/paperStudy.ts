import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { csv } from '../../src/base/csv.ts'
import { Random } from '../../src/base/random.ts'
import { CLASSES, type Task } from '../../src/datasets/task.ts'
import type { TestRecord } from '../../src/evaluation/testRecord.ts'
import type { Alignment } from '../../src/faces/align.ts'
import { type NetworkName, networks } from '../../src/networks/index.ts'
import { PAPER_LETTERS, PAPER_SETTINGS, paperScore } from '../../src/report/paper.ts'
import { confusionOf, topClass } from '../../src/statistics/accuracy.ts'
import {
  files,
  type MapRecord,
  type PairsRecord,
  type Run,
  type RunRecord,
  runFiles,
  type StudyRecord,
  writeRecord,
  writeRunRecord,
  writeStudyRecord,
} from '../../src/study/record.ts'
import { ownTest } from '../../src/study/setting.ts'

/** How a written study deviates from the full grid. */
interface Size {
  readonly folds?: number
  /** Faces tested in one fold. */
  readonly faces?: number
  /** Faces with heat maps in one fold. */
  readonly explained?: number
  /** The side of a picture, in pixels. */
  readonly side?: number
  readonly kind?: string
  readonly only?: (run: Run) => boolean
}

const TASKS = ['age', 'gender'] as const satisfies Task[]

/**
 * Write the files of a study of the paper's whole grid, about as accurate as the paper's networks, without training:
 * answers are random, pictures are noise.
 */
export async function writePaperStudy({
  folds = 5,
  faces = 60,
  explained = 3,
  side = 24,
  kind = 'adience',
  only = () => true,
}: Size = {}): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), 'regard-paper-'))
  const random = new Random('paper study')
  const pictures = await Promise.all(Array.from({ length: 6 }, () => noise(random, side)))
  const runs = Array.from({ length: folds }, (_, fold) => TASKS.flatMap((task) => runsOf(task, fold))).flat()
  const truths = new Map(TASKS.map((task) => [task, CLASSES[task]]))
  const study: StudyRecord = {
    name: 'paper-grid',
    version: '0.0.0',
    seed: 1,
    dataset: {
      kind,
      licence: 'none: drawn for a test',
      citation: 'none',
      faces: folds * faces,
      subjects: folds * faces,
      classes: Object.fromEntries([...truths].map(([task, names]) => [task, names.map(() => faces)])),
      dropped: {},
      remarks: {},
      skipped: [],
    },
    folds: { count: 5, test: Array.from({ length: folds }, (_, fold) => fold) },
    runs,
  }
  writeStudyRecord(out, study)
  for (const run of runs.filter(only)) writeRun(out, run, { random, faces, explained, pictures })
  writePairs(out, pictures)
  return out
}

function runsOf(task: (typeof TASKS)[number], fold: number): Run[] {
  return PAPER_LETTERS.flatMap((letter) =>
    PAPER_SETTINGS.own.flatMap((setting): Run[] => {
      if (!paperScore(task, 'own', letter, setting)) return []
      const [network, { input }] = Object.entries(networks).find(([, one]) => one.letter === letter)!
      return [{ task, network: network as NetworkName, letter, input, width: 1, setting, fold }]
    }),
  )
}

interface Props {
  readonly random: Random
  readonly faces: number
  readonly explained: number
  readonly pictures: readonly Buffer[]
}

function writeRun(out: string, run: Run, { random, faces, explained, pictures }: Props): void {
  const folder = files.run(out, run)
  const names = CLASSES[run.task]
  const truths = Array.from({ length: faces }, (_, k) => k % names.length)
  const own = ownTest(run.setting)
  const share = (as: Alignment) =>
    (paperScore(run.task, as === own ? 'own' : 'swapped', run.letter, run.setting)?.accuracy ?? 45) / 100
  const answers = new Map(
    (['r', 'i'] as const).map((as) => [
      as,
      truths.map((truth) => probabilitiesOf(random, names.length, truth, share(as))),
    ]),
  )
  const id = (k: number) => `fold${run.fold}-face${String(k).padStart(3, '0')}`
  write(
    runFiles.predictions(folder),
    csv(
      [...answers].flatMap(([as, rows]) =>
        rows.map((row, k) => ({
          face: id(k),
          tested_on: as,
          true: names[truths[k]!]!,
          predicted: names[topClass(row)]!,
          ...Object.fromEntries(names.map((name, c) => [`p ${name}`, row[c]!.toFixed(6)])),
        })),
      ),
    ),
  )
  write(runFiles.metrics(folder), metricsOf(random, share(own)))
  const maps = Array.from({ length: explained }, (_, k): MapRecord => {
    const face = Math.floor(((k + 0.5) * names.length) / explained)
    const photo = `maps/${id(face)}.png`
    write(join(folder, photo), pictures[0]!)
    const classes = names.map((_, c) => {
      const map = `maps/${id(face)}.class${c}.png`
      write(join(folder, map), pictures[1 + ((face + c) % (pictures.length - 1))]!)
      return { probability: answers.get(own)![face]![c]!, map }
    })
    return { face: id(face), truth: truths[face]!, photo, classes }
  })
  const record: RunRecord = {
    run,
    pictures: { train: 4 * faces, validation: faces, test: faces },
    iterations: 5000,
    tests: Object.fromEntries([...answers].map(([as, rows]) => [as, testOf(run.task, truths, rows)])),
    maps,
  }
  writeRunRecord(folder, record)
}

/** Probabilities that add up to 1, in which the true class usually leads, with this share of chance. */
function probabilitiesOf(random: Random, count: number, truth: number, share: number): number[] {
  const near = Math.min(count - 1, Math.max(0, truth + (random.uniform() < 0.5 ? -1 : 1)))
  const answer = random.uniform() < share ? truth : near
  const rows = Array.from(
    { length: count },
    (_, k) => random.uniform() + (k === answer ? 0.6 + 2 * random.uniform() : 0),
  )
  const sum = rows.reduce((total, value) => total + value, 0)
  return rows.map((value) => value / sum)
}

function testOf(task: Task, truths: readonly number[], rows: readonly (readonly number[])[]): TestRecord {
  const predicted = rows.map(topClass)
  const groups = CLASSES[task].map((name, k) => {
    const own = truths.flatMap((truth, face) => (truth === k ? [predicted[face] === k] : []))
    return { group: `${task} ${name}`, n: own.length, correct: own.filter(Boolean).length }
  })
  return { confusion: confusionOf(predicted, truths, CLASSES[task].length), groups }
}

function metricsOf(random: Random, share: number): string {
  const lines = Array.from({ length: 40 }, (_, k) => {
    const iteration = 125 * (k + 1)
    const accuracy = share * (1 - Math.exp(-iteration / 900)) + 0.02 * random.uniform()
    return [
      { iteration, loss: 1, accuracy: 0.5, norm: 1, rate: 0.01, seconds: iteration, time: iteration },
      { iteration, validation: { accuracy, n: 100 }, time: iteration },
    ]
  })
  return lines
    .flat()
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
}

function writePairs(out: string, pictures: readonly Buffer[]): void {
  const folder = dirname(files.pairs(out))
  const pairs = [0, 1, 2].map((k) => ({
    face: `fold0-face00${k}`,
    stretch: { ratio: 1.5 - k / 10, elongation: k === 2 ? 0.8 : 1.4, shear: 0.1 },
    r: `${k + 1}.r.png`,
    i: `${k + 1}.i.png`,
  }))
  for (const { r, i } of pairs) {
    write(join(folder, r), pictures[0]!)
    write(join(folder, i), pictures[1]!)
  }
  writeRecord(files.pairs(out), { digest: 'none', folds: [0], pairs } satisfies PairsRecord)
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function noise(random: Random, side: number): Promise<Buffer> {
  const data = Uint8Array.from({ length: 3 * side * side }, () => Math.floor(256 * random.uniform()))
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer()
}
