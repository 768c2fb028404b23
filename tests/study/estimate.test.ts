import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADIENCE_LISTED, readAdienceLists } from '../../src/datasets/adience.ts'
import { configOf, writeConfig } from '../../src/study/config.ts'
import { doneOf } from '../../src/study/estimate/done.ts'
import { costOf, preparedBytes, secondsWith, trialFor, workOf } from '../../src/study/estimate/estimate.ts'
import { countFaces } from '../../src/study/estimate/faces.ts'
import { type Cost, Stopwatch } from '../../src/study/estimate/trial.ts'
import { gridOf } from '../../src/study/grid.ts'
import { type Plan, plannedSchedule, readPlan } from '../../src/study/plan.ts'
import { files, runFiles } from '../../src/study/record.ts'
import { writeSums } from '../../src/study/sums.ts'
import { shared } from '../shared.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

const paper = readPlan(resolve(import.meta.dirname, '../../examples/adience-paper.yaml'))
const counts = { faces: 120, labelled: { age: 90, gender: 120 }, alignments: 2 }

function planOf(text: string): Plan {
  return readPlan(writePlan(text).plan)
}

describe('the work of a run', () => {
  const [r, i, m] = gridOf(planOf(TINY_PLAN)) as [Run, Run, Run]

  it('follows from its schedule and the number of faces with a label for its task', () => {
    // Of 90 faces in three folds, 30 are for testing, 54 for training and 6 for validation.
    const work = workOf(planOf(TINY_PLAN), r, counts)
    expect(work).toMatchObject({ validated: 2 * 6, scored: 2 * 30, explained: 2, snapshots: 0 })
    expect(work.schedule.iterations).toBe(6)
    expect(workOf(planOf(TINY_PLAN), i, counts)).toEqual(work)
    expect(workOf(planOf(TINY_PLAN), m, counts)).toEqual({ ...work, validated: 2 * 12 })
  })

  it('is more if epochs are short, and if snapshots are kept and scored', () => {
    const epochs = planOf(TINY_PLAN.replace('iterations: 6', 'epochs: 2'))
    // 54 and 108 pictures, in batches of 8.
    expect([r, m].map((run) => workOf(epochs, run, counts).schedule.iterations)).toEqual([14, 27])
    const kept = workOf(planOf(TINY_PLAN.replace('batch: 8', 'batch: 8\n  snapshotEvery: 2')), r, counts)
    // The third is the final network, which is scored anyway.
    expect(kept).toMatchObject({ snapshots: 3, scored: 30 * (2 + 2) })
  })
})

type Run = ReturnType<typeof gridOf>[number]

describe('what a run costs', () => {
  const cost: Cost = {
    training: 0.5,
    scoring: 10,
    explaining: 100,
    rest: 7,
    model: 1000,
    checkpoint: 3000,
    metrics: 50,
    memory: 9,
  }
  const plan = planOf(TINY_PLAN)
  const [run] = gridOf(plan) as [Run]
  const work = workOf(plan, run, counts)

  it('is the sum of what was measured', () => {
    // Eight maps and the photo itself, for two photos.
    const maps = 2 * 9 * 3 * 51 ** 2
    expect(costOf(run, work, cost)).toEqual({
      seconds: 7 + 6 * 8 * 0.5 + 12 * 1 + 60 * 10 + 2 * 100,
      memory: 9,
      kept: 1000 + 6 * 50 + maps,
      meanwhile: 9000,
    })
  })

  it('has one map for each face of a profile, and single crops to test some of its maps', () => {
    const profiled = { ...work, profiled: 20 }
    // 16 faces, three maps, two orders of 24 regions and the whole picture.
    const more = 20 * (100 / 8) + 16 * 3 * 49 * 1
    expect(costOf(run, profiled, cost).seconds).toBe(costOf(run, work, cost).seconds + more)
  })

  it('is less if part of the training is done', () => {
    expect(costOf(run, work, cost, 0.5).seconds).toBe(7 + (24 + 12) / 2 + 600 + 200)
  })

  it('is known for the paper’s 190 runs from eight trials: four networks, two tasks', () => {
    const trials = new Set(gridOf(paper).map((each) => JSON.stringify(trialFor(paper, each))))
    expect(trials.size).toBe(8)
  })

  it('counts all aligned photos once, at each size', () => {
    // AdienceNet and CaffeNet see 227 pixels of 256; GoogLeNet and VGG-16 224 of 253.
    expect(preparedBytes(paper, counts)).toBe(2 * 120 * 3 * (256 ** 2 + 253 ** 2))
  })
})

describe('the time with several workers', () => {
  it('is at least the longest run, and at most what taking the next run allows', () => {
    expect(secondsWith(1, [1, 2, 3])).toBe(6)
    expect(secondsWith(2, [1, 2, 3])).toBe(3)
    expect(secondsWith(9, [1, 2, 3])).toBe(3)
    const runs = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 20 }), (seconds, workers) => {
        const [longest, share] = [Math.max(...seconds), seconds.reduce((a, b) => a + b) / workers]
        const taken = secondsWith(workers, seconds)
        expect(taken).toBeGreaterThanOrEqual(Math.max(longest, share))
        // Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17, 1969, theorem 1.
        expect(taken).toBeLessThanOrEqual(share + (1 - 1 / workers) * longest + 1e-9)
      }),
    )
  })
})

describe('a stopwatch', () => {
  it('leaves out the first round, and has enough after two rounds and its seconds', () => {
    const watch = new Stopwatch(3)
    expect([watch.mark(0, 0), watch.mark(10, 5000), watch.mark(20, 6000)]).toEqual([false, false, true])
    expect([watch.units, watch.pace]).toEqual([20, 0.1])
    const patient = new Stopwatch(3)
    expect([0, 1, 2].map((done) => patient.mark(done, 1000 * done))).toEqual([false, false, false])
    expect(patient.mark(3, 3000)).toBe(true)
  })
})

describe('the faces of a plan', () => {
  it('are those of Adience’s published lists if it is missing', async () => {
    const found = await countFaces({ ...paper, dataset: { kind: 'adience', root: '/nowhere' } })
    expect(found).toMatchObject({ faces: 18_769, labelled: { age: 17_424, gender: 17_603 }, alignments: 2 })
    expect(found.assumed).toBe('by its published lists: /nowhere is not there')
    const repaired = { kind: 'adience', root: '/nowhere', repairLabels: true } as const
    expect((await countFaces({ ...paper, dataset: repaired })).labelled.age).toBe(17_496)
  })

  it('are the drawn ones, before they are drawn', async () => {
    expect(await countFaces(planOf(TINY_PLAN))).toEqual({
      faces: 120,
      labelled: { age: 120, gender: 120 },
      alignments: 2,
    })
  })

  it('must exist, with labels for the task', async () => {
    const plan = planOf(TINY_PLAN.replace('[age, gender]', '[years]'))
    await expect(countFaces(plan)).rejects.toThrow('task years: no face of the data set has a label for it')
    const missing = { ...plan, dataset: { kind: 'utkface', root: '/nowhere' } as const }
    await expect(countFaces(missing)).rejects.toThrow('/nowhere')
  })

  it('must cover every class to train on, before a photo is read; otherwise years are suggested', async () => {
    const { folder } = writePlan(TINY_PLAN)
    const rows = Array.from({ length: 30 }, (_, k) => {
      writeFileSync(join(folder, `${k}.jpg`), '')
      return `${k}.jpg,${25 + k},${k % 2 ? 'm' : 'f'},${k % 3}`
    })
    const table = join(folder, 'adults.csv')
    writeFileSync(table, ['path,age,gender,fold', ...rows].join('\n'))
    const plan = { ...planOf(TINY_PLAN), dataset: { kind: 'csv', root: table } as const }
    await expect(countFaces(plan)).rejects.toThrow(
      /^task age: the training part holds no face of the classes 0-2, 4-6, .*Use the task years instead/,
    )
    const genders = { ...plan, tasks: ['gender' as const] }
    expect((await countFaces(genders)).labelled).toEqual({ gender: 30 })
  })

  it.skipIf(!shared)('are as many as in Adience’s own tables', () => {
    const count = (repair: boolean, has: 'age' | 'gender') =>
      readAdienceLists(join(shared!, 'data/adience'), repair).rows.filter((row) => row[has] !== undefined)
        .length
    const { rows } = readAdienceLists(join(shared!, 'data/adience'))
    expect(ADIENCE_LISTED).toEqual({
      faces: rows.filter(({ age, gender }) => age !== undefined || gender !== undefined).length,
      age: count(false, 'age'),
      gender: count(false, 'gender'),
      repaired: count(true, 'age') - count(false, 'age'),
    })
  })
})

describe('the progress of a run', () => {
  const plan = planOf(TINY_PLAN)
  const [run] = gridOf(plan) as [Run]
  const schedule = plannedSchedule(plan, run, 1)
  const { seed, explain, crops } = plan

  /** A study's folder in which the run began with this schedule. */
  function begun(from = schedule): { out: string; folder: string } {
    const out = mkdtempSync(join(tmpdir(), 'regard-done-'))
    const folder = files.run(out, run)
    const job = { run, folds: 3, schedule: from, seed, explained: explain.photos, profiled: 0, crops }
    const data = { digest: 'of some photos', parts: { digest: 'of their parts' } }
    writeConfig(folder, configOf({ ...job, data }, new Map()), { threads: 2, device: 'cpu' })
    return { out, folder }
  }

  it('is nothing without a folder', () => {
    expect(doneOf(plan, run, '/nowhere', schedule)).toEqual({ kind: 'new', iteration: 0 })
  })

  it('is an iteration, whatever the photos', () => {
    const { out, folder } = begun()
    expect(doneOf(plan, run, out, schedule)).toEqual({ kind: 'begun', iteration: 0 })
    writeFileSync(runFiles.metrics(folder), '{"iteration":3,"loss":1}\n{"iteration":4,"lo')
    expect(doneOf(plan, run, out, schedule)).toEqual({ kind: 'begun', iteration: 3 })
  })

  it('is complete if the folder is intact; the run is damaged if a file has changed', () => {
    const { out, folder } = begun()
    writeFileSync(runFiles.metrics(folder), '{"iteration":6,"loss":1}\n')
    writeSums(folder)
    expect(doneOf(plan, run, out, schedule)).toEqual({ kind: 'finished', iteration: 6 })
    writeFileSync(runFiles.metrics(folder), '{"iteration":6,"loss":2}\n')
    expect(doneOf(plan, run, out, schedule)).toMatchObject({
      kind: 'damaged',
      reason: 'metrics.jsonl has changed since it was written',
    })
    writeFileSync(runFiles.config(folder), '{')
    expect(doneOf(plan, run, out, schedule)).toMatchObject({ kind: 'damaged' })
  })

  it('is known if training hides parts of the faces', () => {
    const hide = { part: 'hair', probability: 0.5, how: 'swap' } as const
    const hiding = { ...schedule, augmentation: { hide } }
    const { out } = begun(hiding)
    expect(doneOf(plan, run, out, hiding)).toEqual({ kind: 'begun', iteration: 0 })
    expect(doneOf(plan, run, out, schedule)).toEqual({ kind: 'other', iteration: 0 })
  })

  it('is nothing if it began with another plan', () => {
    const { out } = begun({ ...schedule, batch: 9 })
    expect(doneOf(plan, run, out, schedule)).toEqual({ kind: 'other', iteration: 0 })
  })

  it('does not depend on the iterations per epoch, which the photos decide', () => {
    const epochs = planOf(TINY_PLAN.replace('iterations: 6', 'epochs: 2'))
    const [few, more] = [54, 60].map((pictures) => plannedSchedule(epochs, run, pictures))
    const { out } = begun(few)
    expect(doneOf(epochs, run, out, more!)).toEqual({ kind: 'begun', iteration: 0 })
  })
})
