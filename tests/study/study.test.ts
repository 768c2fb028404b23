import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { openModelFile } from '../../src/models/node.ts'
import { readStudy, runsOf } from '../../src/report/cells.ts'
import { Folders } from '../../src/server/folders.ts'
import { WatchedStudy } from '../../src/server/watchedStudy.ts'
import { readPlan } from '../../src/study/plan.ts'
import { type RunRecord, readRecord, type StudyRecord } from '../../src/study/record.ts'
import { runStudy } from '../../src/study/run.ts'
import { statusIn } from '../../src/study/status.ts'
import { capturePrinted } from '../cli/capture.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

const captured = capturePrinted()

/** When each run's result was last written. */
function resultTimes(out: string): Record<string, number> {
  return Object.fromEntries(
    readdirSync(join(out, 'runs')).map((run) => [
      run,
      statSync(join(out, 'runs', run, 'result.json')).mtimeMs,
    ]),
  )
}

/** Two tasks by two preprocessings, one of them mixed. */
const PLAN = TINY_PLAN.replace('[r, i, m]', '[r, m]')

describe('regard study', () => {
  const { plan, out } = writePlan(PLAN)

  it('makes every run of the plan once, and later only what has changed', async () => {
    await main(['study', plan, '--out', out])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain('4 runs completed, 0 kept')
    expect(captured.printed).toContain(`Report: ${join(out, 'report', 'index.html')}`)
    expect(captured.printed).toContain('Or see it in your browser: npx regard studio ')
    const first = resultTimes(out)
    expect(Object.keys(first).sort()).toEqual(
      ['age', 'gender'].flatMap((task) => ['m', 'r'].map((setting) => `${task}-adiencenet-${setting}-fold1`)),
    )

    await main(['study', plan, '--out', out])
    expect(captured.printed).toContain('4 runs completed before, nothing left to do')
    expect(resultTimes(out)).toEqual(first)

    writeFileSync(plan, PLAN.replace('checkpointEvery: 3', 'checkpointEvery: 3\n  age: { rate: 0.02 }'))
    await main(['study', plan, '--out', out])
    expect(captured.printed).toContain('2 runs completed, 2 kept')
    const changed = Object.entries(resultTimes(out)).filter(([run, time]) => time !== first[run])
    expect(changed.map(([run]) => run).every((run) => run.startsWith('age'))).toBe(true)
  })

  it('trains a network from trained weights beside random ones, and keeps the two apart', async () => {
    const small = TINY_PLAN.replace('[r, i, m]', '[r]')
    const before = writePlan(small.replace('[age, gender]', '[age]'))
    await main(['study', before.plan, '--out', before.out])
    const weights = join(before.out, 'runs', 'age-adiencenet-r-fold1', 'model.onnx')
    const { plan, out } = writePlan(
      small
        .replace('[age, gender]', '[gender]')
        .replace(/networks: .*/, (line) =>
          line.replace(/\[(.*)}\]/, `[$1}, $1, start: { weights: ${weights} } }]`),
        ),
    )
    await main(['study', plan, '--out', out])
    expect(process.exitCode).toBe(0)
    const runs = ['gender-adiencenet-r-fold1', 'gender-adiencenet-r-s-fold1']
    expect(readdirSync(join(out, 'runs')).sort()).toEqual(runs)
    const [random, started] = runs.map((run) => readRecord<RunRecord>(join(out, 'runs', run, 'result.json')))
    expect(random!.start).toBeUndefined()
    expect(started!.start).toEqual({ taken: ['conv1', 'conv2', 'conv3', 'fc6', 'fc7'], fresh: ['fc8'] })
    expect(started!.run.setting).toBe('r,s')
    const { card } = await openModelFile(join(out, 'runs', runs[1]!, 'model.onnx'))
    expect(card).toMatchObject({ alignment: 'r', trainedOn: { setting: 'r,s' } })
    const page = readFileSync(join(out, 'report', 'index.html'), 'utf8')
    expect(page).toContain('those with <b>s</b> from other trained weights, the others from random weights')

    // Other weights in the same file make that run start again, and leave the other alone.
    cpSync(join(out, 'runs', runs[0]!, 'model.onnx'), weights)
    await main(['study', plan, '--out', out])
    expect(captured.printed).toContain('1 run completed, 1 kept')
  })

  it('leaves a usable model, predictions and heat maps for each run', async () => {
    const run = join(out, 'runs', 'gender-adiencenet-m-fold1')
    const { card } = await openModelFile(join(run, 'model.onnx'))
    expect(card).toMatchObject({ task: 'gender', classes: ['m', 'f'], alignment: 'r', picture: 58 })
    expect(card.meanPicture!.shape).toEqual([3, 58, 58])

    const record = readRecord<RunRecord>(join(run, 'result.json'))
    const rows = readFileSync(join(run, 'predictions.csv'), 'utf8').trim().split('\r\n')
    expect(rows[0]).toBe('face,photo,subject,tested_on,true,predicted,p m,p f')
    expect(rows.length - 1).toBe(2 * record.pictures.test)
    for (const test of [record.tests.r, record.tests.i]) {
      expect(test!.confusion.flat().reduce((sum, n) => sum + n)).toBe(record.pictures.test)
    }
    // Mixed: each face appears both ways, and none of the test faces' people is among them.
    const study = readRecord<StudyRecord>(join(out, 'study.json'))
    expect(study.dataset.root).toBe(join('..', 'faces'))
    expect(record.pictures.train + record.pictures.validation).toBe(
      2 * (study.dataset.faces - record.pictures.test),
    )
    expect(record.maps.length).toBe(2)
    for (const { photo, classes } of record.maps) {
      for (const file of [photo, ...classes.map(({ map }) => map)])
        expect(existsSync(join(run, file!))).toBe(true)
    }
    expect(readdirSync(run).filter((name) => name.includes('checkpoint'))).toEqual([])
  })

  it('gives the same numbers for the same run', async () => {
    const again = writePlan(PLAN.replace('[age, gender]', '[gender]').replace('[r, m]', '[r]'))
    await main(['study', again.plan, '--out', again.out])
    for (const file of ['predictions.csv', 'model.onnx', 'result.json']) {
      const [a, b] = [out, again.out].map((folder) =>
        readFileSync(join(folder, 'runs', 'gender-adiencenet-r-fold1', file)),
      )
      expect(a!.equals(b!), file).toBe(true)
    }
  })

  it('stops after a checkpoint when told to, and resumes from there', async () => {
    const { plan, out } = writePlan(TINY_PLAN.replace('[r, i, m]', '[r]').replace('[age, gender]', '[age]'))
    const parsed = readPlan(plan)
    const run = join(out, 'runs', 'age-adiencenet-r-fold1')
    // The signal comes as soon as the first training begins to write its metrics.
    const control = new AbortController()
    const metrics = join(run, 'metrics.jsonl')
    const watch = setInterval(() => {
      if (existsSync(metrics) && readFileSync(metrics, 'utf8').includes('iteration')) control.abort()
    }, 1)
    await expect(runStudy(parsed, out, { signal: control.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    clearInterval(watch)
    expect(existsSync(join(run, 'checkpoint.safetensors'))).toBe(true)
    expect(existsSync(join(run, 'result.json'))).toBe(false)

    const again = await runStudy(parsed, out, { signal: new AbortController().signal })
    expect(again).toMatchObject({ made: 1, kept: 0 })
    const iterations = readFileSync(metrics, 'utf8').match(/"loss"/g)
    expect(iterations).not.toBeNull()
  })

  it('never counts runs of a former plan among those of the present one', async () => {
    const small = TINY_PLAN.replace('[r, i, m]', '[r, m]').replace('[age, gender]', '[gender]')
    const { plan, out } = writePlan(small)
    await runStudy(readPlan(plan), out, { signal: new AbortController().signal })
    expect(runsOf(readStudy(out))).toEqual({ done: 2, planned: 2 })

    // Another seed deals other folds. As if it had been stopped after the first run, the second is the former one.
    const second = join(out, 'runs', 'gender-adiencenet-m-fold1')
    cpSync(second, `${second}-before`, { recursive: true })
    writeFileSync(plan, small.replace('seed: 1', 'seed: 9'))
    await runStudy(readPlan(plan), out, { signal: new AbortController().signal })
    expect(runsOf(readStudy(out))).toEqual({ done: 2, planned: 2 })
    rmSync(second, { recursive: true })
    renameSync(`${second}-before`, second)
    expect(runsOf(readStudy(out))).toEqual({ done: 1, planned: 2 })
    expect(statusIn(out)).toMatchObject([
      { state: 'finished' },
      { state: 'waiting', detail: 'its folder holds a run of a former plan or other data' },
    ])
    const page = new WatchedStudy(new Folders(out), '.', out)
    page.look()
    expect(page.shown().runs.map(({ state }) => state)).toEqual(['finished', 'waiting'])
  })

  it('skips, names and counts an unusable photo or row, and ends with exit code 3', async () => {
    const { folder, plan, out } = writePlan(
      TINY_PLAN.replace('[r, i, m]', '[r]').replace('[age, gender]', '[gender]'),
    )
    const photos = join(folder, 'faces', 'truth', 'photos')
    const broken = readdirSync(photos).sort()[3]!
    writeFileSync(join(photos, broken), 'not a picture')
    const truth = join(folder, 'faces', 'truth', 'faces.jsonl')
    appendFileSync(truth, readFileSync(truth, 'utf8').split('\n')[0]!)
    await main(['study', plan, '--out', out])
    const face = broken.replace('.jpg', '')
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toContain('2 photos could not be used')
    expect(captured.printed).toContain(face)
    const { dataset } = readRecord<StudyRecord>(join(out, 'study.json'))
    expect(dataset.faces).toBe(119)
    expect(dataset.skipped.map((one) => one.face)).toEqual(['truth/faces.jsonl:121', face])
    expect(readFileSync(join(out, 'report', 'index.html'), 'utf8')).toContain(face)
  })

  it('refuses to train if a class is empty, before training anything', async () => {
    const { folder, plan, out } = writePlan()
    const truth = join(folder, 'faces', 'truth', 'faces.jsonl')
    const lines = readFileSync(truth, 'utf8').split('\n')
    writeFileSync(truth, lines.filter((line) => !line.includes('"age_group":7')).join('\n'))
    await main(['study', plan, '--out', out])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(/task age: the training part holds no face of the class 60\+/)
    expect(existsSync(join(out, 'runs'))).toBe(false)
  })

  it('says where it looked for a missing data set', async () => {
    const { folder, plan, out } = writePlan(
      TINY_PLAN.replace(/dataset: .*/, 'dataset: { kind: aaf, root: nowhere }'),
    )
    await main(['study', plan, '--out', out])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain(join(folder, 'nowhere'))
    rmSync(folder, { recursive: true })
  })
})
