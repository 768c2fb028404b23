import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseHTML } from 'linkedom'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/base/hash.ts'
import { main } from '../../src/cli/main.ts'
import { PARTS } from '../../src/datasets/synthetic/parts.ts'
import { CLASSES } from '../../src/datasets/task.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { FACE_PARTS } from '../../src/faces/parts.ts'
import { Clock } from '../../src/study/clock.ts'
import { configOf } from '../../src/study/config.ts'
import { gridOf } from '../../src/study/grid.ts'
import { makeRun } from '../../src/study/makeRun.ts'
import { readPlan } from '../../src/study/plan.ts'
import { prepareRuns } from '../../src/study/prepareRuns.ts'
import { type ProfileRecord, readProfileRecord } from '../../src/study/profileRecord.ts'
import { FAITHFUL } from '../../src/study/profileRun.ts'
import { files, readRunRecord, runFiles, storedRun } from '../../src/study/record.ts'
import { claim, stateOf } from '../../src/study/state.ts'
import { sumsIn } from '../../src/study/sums.ts'
import { capturePrinted } from '../cli/capture.ts'
import { writeDrawnAaf } from '../datasets/drawnAaf.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

const captured = capturePrinted()

const TEXT = TINY_PLAN.replace('[age, gender]', '[gender]')
  .replace('[r, i, m]', '[r, i]')
  .replace('{ photos: 2 }', '{ photos: 2, profile: 20 }')
const { plan, out, folder: written } = writePlan(TEXT)
const grid = gridOf(readPlan(plan))
const folderOf = (photos: string) => files.run(out, grid.find(({ setting }) => setting.photos === photos)!)
const profileIn = (folder: string) => readProfileRecord(folder) as ProfileRecord

beforeAll(() => main(['study', plan, '--out', out]))

describe('the profile of a run', () => {
  it('has one row for each chosen test face, explained for the class in the data set', () => {
    const { faces, parts, skipped } = profileIn(folderOf('r'))
    expect(skipped).toEqual([])
    expect(faces).toHaveLength(20)
    expect(parts).toEqual(PARTS)
    for (const face of faces) {
      expect(face.explained).toBe(face.truth)
      expect(face.groups).toContain(`gender ${CLASSES.gender[face.truth!]}`)
      expect(face.parts!.reduce((sum, { area }) => sum + area, 0)).toBeCloseTo(1)
      const total = face.parts!.reduce((sum, { positive, negative }) => sum + positive + negative, 0)
      expect(total).toBeCloseTo(face.reached, 4)
      expect(face.sparseness).toBeGreaterThan(0)
      expect(face.halfArea).toBeGreaterThan(0)
    }
    expect(faces.filter(({ truth }) => truth === 0)).toHaveLength(10)
  })

  it('covers the same faces for all settings, including those with heat maps', () => {
    const [r, i] = ['r', 'i'].map((photos) => {
      const folder = folderOf(photos)
      return { faces: profileIn(folder).faces.map(({ face }) => face), maps: readRunRecord(folder).maps }
    })
    expect(r!.faces).toEqual(i!.faces)
    for (const { face } of r!.maps) expect(r!.faces).toContain(face)
  })

  it('has the average map of each class, and how faithful some maps are', () => {
    const { averages, grid, faithfulness, faces } = profileIn(folderOf('r'))
    expect(grid).toEqual([32, 32])
    expect(averages.map((one) => [one.class, one.faces, one.map.length])).toEqual([
      [0, 10, 1024],
      [1, 10, 1024],
    ])
    // Each face's map has size 1, so their mean has at most that.
    for (const { map } of averages)
      expect(map.reduce((sum, value) => sum + Math.abs(value), 0)).toBeLessThanOrEqual(1.001)
    expect(faithfulness).toHaveLength(FAITHFUL)
    const known = new Map(faces.map(({ face, truth }) => [face, truth]))
    expect(faithfulness.filter(({ face }) => known.get(face) === 0)).toHaveLength(FAITHFUL / 2)
    for (const { abpc } of faithfulness)
      expect(Object.values(abpc).every((value) => Number.isFinite(value))).toBe(true)
  })

  it('has a section in the report, and files of its figures', () => {
    const page = readFileSync(files.report(out), 'utf8')
    expect(page).toContain('<h2>What the networks look at</h2>')
    const { document } = parseHTML(page)
    const looks = document.querySelector('#looks')!
    // The average face, a map for each class, and their difference, for each setting.
    expect(looks.querySelectorAll('.averages img')).toHaveLength(2 * 4)
    expect(looks.textContent).toContain('20 faces of')
    expect(looks.textContent).toContain('How faithful the maps are')
    expect(looks.textContent).not.toMatch(/NaN|undefined/)
    for (const file of ['tables/looks.csv', 'tables/faithful.csv', 'figures/looks-gender-adiencenet-r.svg'])
      expect(existsSync(join(out, 'report', file))).toBe(true)
  })

  it('has parts from landmarks for photos with them, and age groups for ages in years', async () => {
    const faces = mkdtempSync(join(written, 'aaf-'))
    writeDrawnAaf(join(written, 'faces'), faces)
    const years = writePlan(
      TEXT.replace('[gender]', '[years]')
        .replace('[r, i]', '[r]')
        .replace(/dataset: .*/, `dataset: { kind: aaf, root: ${faces} }`),
    )
    await main(['study', years.plan, '--out', years.out])
    const [run] = gridOf(readPlan(years.plan))
    const profile = profileIn(files.run(years.out, run!))
    expect(profile.parts).toEqual(FACE_PARTS)
    expect(profile.faces).toHaveLength(20)
    for (const { explained, parts, truth } of profile.faces) {
      expect(explained).toBeNull()
      expect(parts!.reduce((sum, { area }) => sum + area, 0)).toBeCloseTo(1)
      if (truth !== null) expect(CLASSES.age[truth]).toBeDefined()
    }
  })

  it('is among its run’s checksums, so a run without it is made again and a finished one stays', async () => {
    const folder = folderOf('r')
    const sums = readFileSync(sumsIn(folder), 'utf8')
    expect(sums).toContain('  profile.json')
    expect(sums).toContain('  average-face.png')
    const before = readFileSync(runFiles.profile(folder), 'utf8')
    const other = statSync(runFiles.profile(folderOf('i'))).mtimeMs
    rmSync(runFiles.profile(folder))
    await main(['study', plan, '--out', out])
    expect(captured.printed).toContain('1 run completed, 1 kept')
    expect(readFileSync(runFiles.profile(folder), 'utf8')).toBe(before)
    expect(statSync(runFiles.profile(folderOf('i'))).mtimeMs).toBe(other)
  })
})

describe('a run that is stopped while its maps are tested', () => {
  /** Stops the work when the map tests begin. */
  class StoppingClock extends Clock {
    readonly stop = new AbortController()

    override stage<T>(...[kind, units, work]: Parameters<typeof Clock.prototype.stage<T>>): Promise<T> {
      if (kind.startsWith('perturbing')) this.stop.abort(new Error('stopped'))
      return super.stage(kind, units, work)
    }
  }

  it('resumes, and gets the profile that it would have had', async () => {
    const other = writePlan(TEXT.replace('[r, i]', '[r]'))
    const read = readPlan(other.plan)
    const clock = new StoppingClock(() => {})
    const { signal } = clock.stop
    const prepared = await prepareRuns(read, other.out, gridOf(read), { clock, signal })
    const { job, config } = prepared.runs[0]!
    const engine = await nodeEngine()
    claim(job.folder, config, engine)
    await expect(makeRun(job, { engine, clock, signal })).rejects.toThrow('stopped')
    expect(stateOf(job.folder, config).kind).toBe('begun')
    await main(['study', other.plan, '--out', other.out])
    expect(stateOf(job.folder, config).kind).toBe('finished')
    const [before, after] = [profileIn(folderOf('r')), profileIn(job.folder)]
    expect(after.faces.map(({ face }) => face)).toEqual(before.faces.map(({ face }) => face))
    expect(after.faithfulness).toHaveLength(FAITHFUL)
    for (const [k, { reached }] of after.faces.entries())
      expect(reached).toBeCloseTo(before.faces[k]!.reached, 4)
  })
})

describe('a plan without a profile', () => {
  it('makes none, and keeps its old hash', () => {
    const read = readPlan(writePlan(TINY_PLAN).plan)
    expect(read.explain).toEqual({ photos: 2, profile: 0 })
    const [run] = gridOf(read)
    const job = { run: run!, folds: 3, schedule: {} as never, seed: 1, explained: 2, crops: false }
    const data = { digest: 'd' }
    const settings = {
      ...storedRun(run!),
      folds: 3,
      schedule: {},
      seed: 1,
      photos: 2,
      crops: false,
      data: 'd',
    }
    const hashWith = (profiled: number) => configOf({ ...job, profiled, data }, new Map()).hash
    expect(hashWith(0)).toBe(sha256Of(JSON.stringify(settings)))
    expect(hashWith(5)).not.toBe(hashWith(0))
  })

  it('may set the number of faces in a profile and leave the photos unchanged', () => {
    const read = readPlan(writePlan(TINY_PLAN.replace('{ photos: 2 }', '{ profile: 7 }')).plan)
    expect(read.explain).toEqual({ photos: 4, profile: 7 })
    const wrong = writePlan(TINY_PLAN.replace('{ photos: 2 }', '{ profile: -1 }')).plan
    expect(() => readPlan(wrong)).toThrow(/explain\.profile/)
  })
})
