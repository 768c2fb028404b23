import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { partsInWords } from '../../src/explanation/partsInWords.ts'
import { FACE_PARTS } from '../../src/faces/parts.ts'
import { openModelFile } from '../../src/models/node.ts'
import { type RunRecord, readRecord } from '../../src/study/record.ts'
import { capturePrinted } from '../cli/capture.ts'
import { writeDrawnAaf } from '../datasets/drawnAaf.ts'
import { folder, serial, table } from '../datasets/imdbWikiFolder.ts'
import { shared } from '../shared.ts'
import { writePlan } from './tinyStudy.ts'

const captured = capturePrinted()

const YEARS = `name: years
dataset: DATASET
tasks: [years]
networks: [{ name: adiencenet, input: 51, width: 0.25 }]
preprocessing: [r]
folds: { count: 4, test: [0] }
schedule: { policy: cosine, rate: 0.01, batch: 32, iterations: 320, validateEvery: 320, checkpointEvery: 320 }
seed: 1
explain: { photos: 3 }
`

function rowsOf(path: string): Record<string, string>[] {
  const [head, ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split('\r\n')
    .map((line) => line.split(','))
  return rows.map((row) => Object.fromEntries(row.map((value, k) => [head![k]!, value])))
}

/** Drawn faces in the layout of All-Age-Faces. */
async function drawnFaces(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'regard-years-'))
  await synthesize(join(root, 'drawn'), { count: 400, seed: 7 })
  writeDrawnAaf(join(root, 'drawn'), root)
  return root
}

describe('ages in years', () => {
  let faces: string
  let run: string
  let out: string
  let record: RunRecord
  let said: string

  beforeAll(async () => {
    faces = await drawnFaces()
    const study = writePlan(YEARS.replace('DATASET', `{ kind: aaf, root: ${faces} }`))
    out = study.out
    const log = vi.spyOn(console, 'log').mockImplementation((text) => {
      said += `${text}\n`
    })
    said = ''
    await main(['study', study.plan, '--out', out])
    log.mockRestore()
    run = join(out, 'runs', 'years-adiencenet-r-fold0')
    record = readRecord(join(run, 'result.json'))
  })

  it('are expected from the probabilities of 101 classes, closer than any constant answer', () => {
    const rows = rowsOf(join(run, 'predictions.csv')).filter(({ tested_on }) => tested_on === 'r')
    expect(rows).toHaveLength(record.pictures.test)
    const errors = rows.map((row) => {
      const p = Array.from({ length: 101 }, (_, age) => Number(row[`p ${age}`]))
      expect(p.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 3)
      const expected = p.reduce((sum, one, age) => sum + one * age, 0)
      expect(Number(row.expected)).toBeCloseTo(expected, 1)
      expect(row.predicted).toBe(String(p.indexOf(Math.max(...p))))
      return Math.abs(Number(row.expected) - Number(row.true))
    })
    const { n, sum } = record.tests.r!.errors!
    expect(n).toBe(rows.length)
    expect(sum / n).toBeCloseTo(errors.reduce((total, error) => total + error, 0) / n, 2)
    const [figures] = rowsOf(join(out, 'report', 'tables', 'accuracy.csv'))
    expect(Number(figures!.error)).toBeCloseTo(sum / n, 4)
    // The end of the interval, to rule out chance.
    expect(Number(figures!.error_high)).toBeLessThan(Number(figures!.chance_error))
    expect(Number(figures!.error_low)).toBeLessThan(Number(figures!.error))
    expect(said).toMatch(
      /years +A \[r\] +\d+\.\d years off \(.*\) .* n 101 +chance \d+\.\d years \(always “\d+”\)/,
    )
  })

  it('are reported by group, with errors that add up to the total', () => {
    const { groups, errors } = record.tests.r!
    for (const kind of ['age ', 'gender ']) {
      const own = groups.filter(({ group }) => group.startsWith(kind))
      expect(own.reduce((sum, one) => sum + one.errors!.sum, 0)).toBeCloseTo(errors!.sum, 6)
    }
    const rows = rowsOf(join(out, 'report', 'tables', 'groups.csv'))
    expect(rows.every(({ error }) => Number(error) >= 0)).toBe(true)
    const page = readFileSync(join(out, 'report', 'index.html'), 'utf8')
    expect(page).toContain('years off</b> on average')
    expect(page).toContain('one answer for all')
    expect(page).toContain('mean absolute error in years')
    expect(page).toContain('It is clearly above chance')
    expect(page).not.toContain('Which classes are confused')
  })

  it('have heat maps of the answer and of the data set’s age', () => {
    expect(record.maps).toHaveLength(3)
    for (const { truth, classes } of record.maps) {
      expect(classes).toHaveLength(101)
      const probabilities = classes.map(({ probability }) => probability)
      const answer = probabilities.indexOf(Math.max(...probabilities))
      const mapped = classes.flatMap(({ map }, age) => (map && existsSync(join(run, map)) ? [age] : []))
      expect(mapped).toEqual([...new Set([answer, truth])].sort((a, b) => a - b))
    }
  })

  it('have a heat map of what moves the expected age from the mean, and its parts in years', () => {
    const page = readFileSync(join(out, 'report', 'index.html'), 'utf8')
    for (const { classes, years } of record.maps) {
      const { expected, reference, map, parts } = years!
      expect(expected).toBeCloseTo(
        classes.reduce((sum, { probability }, age) => sum + age * probability, 0),
        3,
      )
      expect(reference).toBeGreaterThan(10)
      expect(reference).toBeLessThan(60)
      expect(existsSync(join(run, map))).toBe(true)
      expect(page).toContain(`<b>${expected.toFixed(1)} years</b>`)
      if (!parts) continue
      expect(Object.keys(parts)).toEqual([...FACE_PARTS])
      expect(page).toContain(partsInWords(parts, 3))
    }
  })

  it('get the same scores from regard evaluate as from the study', async () => {
    const json = join(out, 'figures.json')
    await main([
      'evaluate',
      join(run, 'model.onnx'),
      '--data',
      `aaf:${faces}`,
      '--fold',
      '0/4',
      '--json',
      json,
    ])
    expect(process.exitCode).toBe(0)
    const { task, data } = JSON.parse(readFileSync(json, 'utf8'))
    const [figures] = data
    const { n, sum } = record.tests.r!.errors!
    expect(task).toBe('years')
    expect(figures.n).toBe(n)
    expect(figures.error).toBeCloseTo(sum / n, 4)
    expect(figures.errorInterval[0]).toBeLessThan(figures.error)
    expect(figures.confusion).toEqual(record.tests.r!.confusion)
    expect(figures.chance.error).toBeGreaterThan(figures.error)
    expect(figures.groups.map(({ group }: { group: string }) => group)).toEqual(
      record.tests.r!.groups.map(({ group }) => group),
    )
    expect(captured.printed).toMatch(/error, years +chance, years +accuracy %/)
    expect(captured.printed).not.toContain('true class by row')
  })

  it('are not read from data with only age groups', async () => {
    const { plan, out } = writePlan(YEARS.replace('DATASET', '{ kind: synthetic, count: 40, seed: 5 }'))
    await main(['study', plan, '--out', out])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain(
      'task years: the training part has no faces of different ages in years',
    )
  })
})

describe.skipIf(!shared)('IMDB-WIKI in a plan', () => {
  const COUNT = 40
  let root: string

  beforeAll(() => {
    const aaf = join(shared!, 'data/aaf')
    const rows = readFileSync(join(aaf, 'labels.csv'), 'utf8').trim().split('\n').slice(1)
    const people = Array.from({ length: COUNT }, (_, k) =>
      rows[Math.floor((k * rows.length) / COUNT)]!.split(','),
    )
    const photo = (name: string) => `00/${name}.jpg`
    root = folder(
      'wiki',
      table(
        people.map(([name, , age, gender]) => ({
          photo: photo(name!),
          name: `person ${name}`,
          dob: serial(2010 - Number(age), 3, 1),
          gender: gender === 'm' ? 1 : 0,
        })),
      ),
    )
    mkdirSync(join(root, '00'))
    for (const [name] of people) cpSync(join(aaf, 'photos', `${name}.jpg`), join(root, photo(name!)))
  })

  it('trains on its photos as they are, and its weights can start others', async () => {
    const short = (text: string) =>
      text
        .replace('iterations: 320', 'iterations: 4')
        .replace('batch: 32', 'batch: 8')
        .replace('photos: 3', 'photos: 1')
    const before = writePlan(short(YEARS.replace('DATASET', `{ kind: imdb-wiki, root: ${root} }`)))
    await main(['study', before.plan, '--out', before.out])
    expect(process.exitCode).toBe(0)
    const model = join(before.out, 'runs', 'years-adiencenet-r-fold0', 'model.onnx')
    const { tests, pictures } = readRecord<RunRecord>(join(model, '..', 'result.json'))
    expect(Object.keys(tests)).toEqual(['r'])
    expect(pictures.train + pictures.validation + pictures.test).toBe(COUNT)
    const { card } = await openModelFile(model)
    expect(card).toMatchObject({
      task: 'years',
      alignment: 'r',
      trainedOn: { dataset: 'imdb-wiki', setting: 'r' },
    })
    expect(card.classes).toHaveLength(101)
    const page = readFileSync(join(before.out, 'report', 'index.html'), 'utf8')
    expect(page).toContain('on photos as they are published, cut out and upright')
    expect(page).not.toContain('Swapped test sets')

    const after = writePlan(
      short(YEARS.replace('DATASET', `{ kind: imdb-wiki, root: ${root} }`))
        .replace('tasks: [years]', 'tasks: [gender]')
        .replace('width: 0.25', `width: 0.25, start: { weights: ${model}, kind: imdb-wiki }`),
    )
    await main(['study', after.plan, '--out', after.out])
    expect(process.exitCode).toBe(0)
    const started = readRecord<RunRecord>(
      join(after.out, 'runs', 'gender-adiencenet-r-w-fold0', 'result.json'),
    )
    expect(started.start).toEqual({ taken: ['conv1', 'conv2', 'conv3', 'fc6', 'fc7'], fresh: ['fc8'] })

    // Without landmarks, faces are detected and fitted to the reference face.
    await main(['evaluate', model, '--data', `imdb-wiki:${root}`, '--alignment', 'i'])
    expect(captured.printed).toMatch(/faces aligned \[i\].* {2}all {4}40 /s)
    expect(process.exitCode).toBe(0)
  })
})
