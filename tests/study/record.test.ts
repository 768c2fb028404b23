import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  files,
  type Run,
  type RunRecord,
  readRunRecord,
  readStudyRecord,
  runFiles,
  runName,
  type StudyRecord,
  writeRunRecord,
  writeStudyRecord,
} from '../../src/study/record.ts'

const run: Run = {
  task: 'age',
  network: 'googlenet',
  letter: 'G',
  input: 224,
  width: 1,
  setting: { photos: 'm', start: 'imagenet' },
  fold: 0,
}
/** The stored form: what 0.1 wrote, field by field. */
const STORED =
  '{"task":"age","network":"googlenet","letter":"G","input":224,"width":1,"setting":"m,n","fold":0}'

function written(): string {
  const out = mkdtempSync(join(tmpdir(), 'regard-record-'))
  const dataset = { kind: 'drawn', licence: '', citation: '', faces: 2, subjects: 2 }
  const study: StudyRecord = {
    name: 'one',
    version: '0.1.0',
    seed: 1,
    dataset: { ...dataset, classes: {}, dropped: {}, remarks: {}, skipped: [] },
    folds: { count: 2, test: [0] },
    runs: [run],
  }
  const record: RunRecord = {
    run,
    pictures: { train: 1, validation: 1, test: 1 },
    iterations: 5,
    tests: {},
    maps: [],
  }
  mkdirSync(files.run(out, run), { recursive: true })
  writeStudyRecord(out, study)
  writeRunRecord(files.run(out, run), record)
  return out
}

describe('the records of a study', () => {
  it('have settings as text in files, and as records in memory', () => {
    const out = written()
    const { runs } = JSON.parse(readFileSync(files.study(out), 'utf8'))
    expect(JSON.stringify(runs)).toBe(`[${STORED}]`)
    expect(readStudyRecord(out).runs).toEqual([run])
    const folder = join(out, 'runs', 'age-googlenet-m-n-fold0')
    expect(runName(run)).toBe('age-googlenet-m-n-fold0')
    expect(JSON.stringify(JSON.parse(readFileSync(runFiles.result(folder), 'utf8')).run)).toBe(STORED)
    expect(readRunRecord(folder).run).toEqual(run)
  })

  it('are refused if a setting is invalid, with the file name', () => {
    const out = written()
    const folder = files.run(out, run)
    for (const [path, read] of [
      [files.study(out), () => readStudyRecord(out)],
      [runFiles.result(folder), () => readRunRecord(folder)],
    ] as const) {
      writeFileSync(path, readFileSync(path, 'utf8').replace('"m,n"', '"m,x"'))
      expect(read).toThrow(`${path}: there is no setting 'm,x'`)
    }
  })
})
