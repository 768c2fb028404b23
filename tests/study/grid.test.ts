import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gridOf } from '../../src/study/grid.ts'
import { plannedFor, plannedSchedule, readPlan } from '../../src/study/plan.ts'
import { runName } from '../../src/study/record.ts'
import { bracketed } from '../../src/study/setting.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

// The paper's accuracies in percent, AdienceNet, CaffeNet, GoogLeNet, VGG-16. A dash means that nothing was trained.
const PAPER = {
  age: `
    [i]    51.4  52.1  54.3  –
    [r]    51.9  52.3  53.3  –
    [m]    53.6  54.3  56.2  –
    [i,n]  –     51.6  56.2  53.6
    [r,n]  –     52.1  57.4  –
    [m,n]  –     52.8  58.5  56.5
    [i,w]  –     –     –     59.7
    [m,w]  –     –     –     62.8`,
  gender: `
    [i]    88.1  87.4  87.9  –
    [r]    88.3  87.8  88.9  –
    [m]    89.0  88.8  89.7  –
    [i,n]  –     89.9  91.0  92.0
    [r,n]  –     90.6  91.6  –
    [m,n]  –     90.6  91.7  92.6
    [i,w]  –     –     –     90.5
    [m,w]  –     –     –     92.2`,
}

/** The cells with a figure, on every fold: `age A[i] 0`. */
function cellsOfPaper(): string[] {
  return Object.entries(PAPER).flatMap(([task, table]) =>
    table
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [setting, ...figures] = line.trim().split(/ +/)
        return figures.flatMap((figure, k) =>
          figure === '–' ? [] : [0, 1, 2, 3, 4].map((fold) => `${task} ${'ACGV'[k]}${setting} ${fold}`),
        )
      }),
  )
}

describe('the grid of a plan', () => {
  it('has every network, start and kind of photos, for each task and fold, once', () => {
    const text = TINY_PLAN.replace('test: [1]', 'test: [0, 2]')
    const names = gridOf(readPlan(writePlan(text).plan)).map(runName)
    expect(names).toEqual(
      [0, 2].flatMap((fold) =>
        ['age', 'gender'].flatMap((task) =>
          ['r', 'i', 'm'].map((setting) => `${task}-adiencenet-${setting}-fold${fold}`),
        ),
      ),
    )
  })

  it('leaves out what a network skips', () => {
    const networks = `[adiencenet, { name: vgg16, start: imagenet, preprocessing: [m] }]`
    const text = TINY_PLAN.replace(/networks: .*/, `networks: ${networks}`).replace('[age, gender]', '[age]')
    const cells = gridOf(readPlan(writePlan(text).plan)).map(
      ({ letter, setting }) => `${letter}${bracketed(setting)}`,
    )
    expect(cells).toEqual(['A[r]', 'A[i]', 'A[m]', 'V[m,n]'])
  })
})

describe('examples/adience-paper.yaml', () => {
  const plan = readPlan(resolve(import.meta.dirname, '../../examples/adience-paper.yaml'))
  const grid = gridOf(plan)

  it('has the cells of the paper’s tables, with their dashes: 190 runs', () => {
    const cells = grid.map(
      ({ task, letter, setting, fold }) => `${task} ${letter}${bracketed(setting)} ${fold}`,
    )
    expect(cells.toSorted()).toEqual(cellsOfPaper().toSorted())
    expect(cells.length).toBe(190)
    expect(new Set(grid.map(runName)).size).toBe(190)
  })

  it('has one of the paper’s schedules for every run, and the start of its setting', () => {
    for (const run of grid) {
      expect(plannedSchedule(plan, run, 1).iterations).toBeGreaterThan(0)
      const { start } = plannedFor(plan, run)
      const published = { imagenet: `${run.network}-imagenet`, 'imdb-wiki': 'vgg16-imdb-wiki' }
      expect(start?.published?.name).toBe(published[run.setting.start as keyof typeof published])
    }
  })
})
