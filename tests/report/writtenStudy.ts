import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csv } from '../../src/base/csv.ts'
import { CLASSES } from '../../src/datasets/task.ts'
import type { Alignment } from '../../src/faces/align.ts'
import { networks } from '../../src/networks/index.ts'
import { readStudy, type Study } from '../../src/report/cells.ts'
import { type ProfileRecord, writeProfileRecord } from '../../src/study/profileRecord.ts'
import {
  files,
  type MapRecord,
  type Run,
  runFiles,
  storedRun,
  writeRecord,
  writeRunRecord,
} from '../../src/study/record.ts'
import { parseSetting, type SettingText } from '../../src/study/setting.ts'

/** A run by its outcome: for each test face, on photos of each kind, whether the answer was right. */
export interface WrittenRun extends Pick<Run, 'task' | 'network'>, Partial<Pick<Run, 'input' | 'width'>> {
  readonly setting: SettingText
  readonly fold?: number
  readonly right: Partial<Record<Alignment, readonly boolean[]>>
  readonly maps?: readonly MapRecord[]
  readonly profile?: ProfileRecord
}

/** The first class where the answer is right, else the second; the probability of the answer is 0.75. */
const [SURE, UNSURE] = [0.75, 0.25]

/**
 * A study's files, as a study writes them, with invented answers.
 *
 * @param subjectOf the person of the k-th face of a fold; by default all differ
 */
export function writeStudy(
  runs: readonly WrittenRun[],
  subjectOf = (k: number, fold: number) => `s${fold}.${k}`,
): Study {
  const out = mkdtempSync(join(tmpdir(), 'regard-written-'))
  const made = runs.map(({ task, network, setting: text, fold = 0, input = 227, width = 1 }): Run => {
    const setting = parseSetting(text)
    return { task, network, setting, fold, letter: networks[network].letter, input, width }
  })
  writeRecord(files.study(out), {
    name: 'written',
    version: '0',
    seed: 1,
    dataset: { kind: 'written', classes: {}, dropped: {}, remarks: {}, skipped: [] },
    folds: { count: 5, test: [0] },
    runs: made.map(storedRun),
  })
  runs.forEach(({ right, maps = [], profile }, at) => {
    const run = made[at]!
    const names = CLASSES[run.task]
    const folder = files.run(out, run)
    mkdirSync(folder, { recursive: true })
    const tested = Object.entries(right) as [Alignment, readonly boolean[]][]
    const rows = tested.flatMap(([alignment, answers]) =>
      answers.map((isRight, k) => ({
        face: `f${run.fold}.${k}`,
        subject: subjectOf(k, run.fold),
        tested_on: alignment,
        true: names[0]!,
        predicted: names[isRight ? 0 : 1]!,
        ...Object.fromEntries(
          names.map((name, c) => [`p ${name}`, c > 1 ? 0 : (c === 0) === isRight ? SURE : UNSURE]),
        ),
      })),
    )
    writeFileSync(runFiles.predictions(folder), csv(rows))
    const tests = Object.fromEntries(
      tested.map(([alignment, answers]) => {
        const confusion = names.map(() => new Array<number>(names.length).fill(0))
        for (const isRight of answers) confusion[0]![isRight ? 0 : 1]!++
        return [alignment, { confusion, groups: [] }]
      }),
    )
    const pictures = { train: 1, validation: 1, test: tested[0]![1].length }
    writeRunRecord(folder, { run, pictures, iterations: 1, tests, maps })
    if (profile) writeProfileRecord(folder, profile)
  })
  return readStudy(out)
}

/** Right faces, then wrong faces, this many of each. */
export function answers(...counts: readonly [right: boolean, count: number][]): boolean[] {
  return counts.flatMap(([right, count]) => new Array<boolean>(count).fill(right))
}
