import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { type RunRecord, readRecord } from '../../src/study/record.ts'
import { writeDrawnAaf } from '../datasets/drawnAaf.ts'
import { learnedPlan, writePlan } from '../study/tinyStudy.ts'

let said: string
let printed: string

beforeEach(() => {
  said = printed = ''
  process.exitCode = 0
  const say = (text: unknown) => {
    said += `${text}\n`
    return true
  }
  vi.spyOn(process.stderr, 'write').mockImplementation(say)
  vi.spyOn(console, 'error').mockImplementation(say)
  vi.spyOn(console, 'log').mockImplementation((text) => {
    printed += `${text}\n`
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = 0
})

// The networks of a tiny study, trained until their answers differ from face to face, and the faces that it was made with.
const { folder, plan, out } = writePlan(learnedPlan('[r, i]'))
const faces = `synthetic:${join(folder, 'faces')}`
const run = (task: 'age' | 'gender', setting: 'r' | 'i') =>
  join(out, 'runs', `${task}-adiencenet-${setting}-fold1`)
const model = join(run('gender', 'r'), 'model.onnx')
const json = join(folder, 'figures.json')

beforeAll(() => main(['study', plan, '--out', out]))

function total(rows: readonly (readonly number[])[]): number {
  return rows.flat().reduce((sum, n) => sum + n, 0)
}

describe('regard evaluate', () => {
  it('scores a built-in network in each of its tasks', async () => {
    // Drawn faces show nothing about the network except that every face counts where it belongs.
    const named = join(folder, 'named')
    const drawn = join(folder, 'faces', 'truth', 'photos')
    mkdirSync(named)
    for (const [k, name] of ['30_0_0_1.jpg', '64_1_0_2.jpg', '5_1_0_3.jpg'].entries())
      copyFileSync(join(drawn, readdirSync(drawn).sort()[k]!), join(named, name))
    const some = ['--data', `utkface:${named}`, '--crops', '1', '--json', json]
    for (const task of ['gender', 'years', 'age']) {
      await main(['evaluate', 'faceres', '--task', task, ...some])
      expect(process.exitCode, said).toBe(0)
      const { model, data } = JSON.parse(readFileSync(json, 'utf8'))
      const [{ n, confusion, error }] = data
      expect([model, n, total(confusion)]).toEqual(['faceres', 3, 3])
      expect(typeof error).toBe(task === 'years' ? 'number' : 'undefined')
      expect(confusion).toHaveLength({ gender: 2, years: 101, age: 8 }[task]!)
    }
    expect(printed).toContain('faceres: gender, the centre of faces cut out upright, 1.4 times their box')
    await main(['evaluate', '--data', faces])
    expect(said).toContain('faceres: it answers years and gender. Choose one with --task')
    expect(process.exitCode).toBe(2)
  })

  it('takes a run’s folder as its model, and class names separated by commas', async () => {
    const some = ['--data', faces, '--fold', '1/3', '--crops', '1', '--json', json]
    await main(['evaluate', run('gender', 'r'), '--classes', 'm,f', ...some])
    expect(process.exitCode, said).toBe(0)
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ model, classes: ['m', 'f'] })
    await main(['evaluate', run('gender', 'r'), '--classes', 'm,f,x', ...some])
    expect(process.exitCode).not.toBe(0)
  })

  // Figures of networks that always give the same answer would agree anyway.
  it.each(['age', 'gender'] as const)('is tried on networks whose answers differ: %s', (task) => {
    const kinds = (['r', 'i'] as const).map((setting) => {
      const { tests } = readRecord<RunRecord>(join(run(task, setting), 'result.json'))
      const { confusion } = tests[setting]!
      return confusion[0]!.filter((_, guess) => confusion.some((row) => row[guess]! > 0)).length
    })
    expect(Math.max(...kinds)).toBeGreaterThan(1)
  })

  it.each([
    ['age', 'r'],
    ['age', 'i'],
    ['gender', 'r'],
    ['gender', 'i'],
  ] as const)('gives the figures of the study itself: %s [%s]', async (task, setting) => {
    await main([
      'evaluate',
      join(run(task, setting), 'model.onnx'),
      '--data',
      faces,
      '--fold',
      '1/3',
      '--json',
      json,
    ])
    expect(process.exitCode).toBe(0)
    const { data, alignment } = JSON.parse(readFileSync(json, 'utf8'))
    const [figures] = data
    const record = readRecord<RunRecord>(join(run(task, setting), 'result.json'))
    const own = record.tests[setting]!
    expect(alignment).toBe(setting)
    expect(figures.confusion).toEqual(own.confusion)
    expect(figures.n).toBe(record.pictures.test)
    expect(figures.groups.map(({ group, n }: { group: string; n: number }) => ({ group, n }))).toEqual(
      own.groups.map(({ group, n }) => ({ group, n })),
    )
    expect('oneOff' in figures).toBe(task === 'age')
    expect(figures.scored).toEqual({ fold: 1, of: 3, seed: 1 })
    expect(printed).toContain('fold 1 of 3, seed 1')
    expect(said).not.toContain('Warning')
  })

  it('warns if the network has seen the faces', async () => {
    await main(['evaluate', model, '--data', faces, '--crops', '1', '--json', json])
    expect(said).toMatch(/Warning: .*trained on the photos of 81 of these 120 faces\..*--fold 1\/3/)
    expect(JSON.parse(readFileSync(json, 'utf8')).data[0]).toMatchObject({ scored: 'all', n: 120 })
    await main(['evaluate', model, '--data', faces, '--crops', '1', '--fold', '0/3'])
    expect(said).toMatch(/Warning: .*trained on the photos of \d+ of these \d+ faces/)
  })

  it('scores several data sets, and every face of those that it was not trained on', async () => {
    const other = join(folder, 'aaf')
    writeDrawnAaf(join(folder, 'faces'), other)
    await main([
      'evaluate',
      model,
      '--data',
      faces,
      '--data',
      `aaf:${other}`,
      '--fold',
      '1/3',
      '--json',
      json,
    ])
    const { data } = JSON.parse(readFileSync(json, 'utf8'))
    expect(data.map(({ kind, scored }: { kind: string; scored: unknown }) => [kind, scored])).toEqual([
      ['synthetic', { fold: 1, of: 3, seed: 1 }],
      ['aaf', 'all'],
    ])
    expect(data[1].n).toBe(120)
    expect(total(data[1].confusion)).toBe(120)
    // The second has copies of the first one's photos.
    expect(said.match(/Warning: .*/g)).toEqual([
      'Warning: the model was trained on the photos of 81 of these 120 faces. Score it on other photos',
    ])
  })

  it('names, skips and counts an unreadable photo and a malformed row', async () => {
    const broken = join(folder, 'broken')
    writeDrawnAaf(join(folder, 'faces'), broken)
    const [first] = readdirSync(join(broken, 'photos')).sort()
    writeFileSync(join(broken, 'photos', first!), 'no picture')
    appendFileSync(join(broken, 'labels.csv'), 'another,1\r\n')
    await main(['evaluate', model, '--data', `aaf:${broken}`, '--json', json])
    expect(process.exitCode).toBe(3)
    expect(said).toMatch(/2 photos could not be used:/)
    expect(said).toContain('labels.csv:122: has 2 fields, not 4')
    expect(said).toContain(first!.replace('.jpg', ''))
    const [figures] = JSON.parse(readFileSync(json, 'utf8')).data
    expect(figures.n).toBe(119)
    expect(figures.skipped).toHaveLength(2)
  })

  it('agrees with predict about the faces, for a study’s network used by its card', async () => {
    const drawn = join(folder, 'faces', 'truth', 'photos')
    const photo = join(drawn, readdirSync(drawn).sort()[0]!)
    const csv = join(folder, 'faces.csv')
    await main(['predict', photo, '--model', join(run('age', 'r'), 'model.onnx'), '--csv', csv])
    expect(process.exitCode, said).toBe(0)
    const [head, row] = readFileSync(csv, 'utf8').split('\r\n')
    expect(head).toBe('photo,face,left,top,width,height,score,age_group,age_group_probability,network')
    expect(row).toMatch(/,(\d+-\d+|60\+),0\.\d+,\S+model\.onnx$/)
  })

  it('says what a network without a card leaves unknown, and takes it as flags', async () => {
    const bare = join(folder, 'bare.onnx')
    copyFileSync(model, bare)
    await main(['evaluate', bare, '--data', faces])
    expect(process.exitCode).toBe(1)
    expect(said).toMatch(
      /it is unknown how a photo becomes the input .*: channels, scale and mean are missing/,
    )
    const names = join(folder, 'names.txt')
    writeFileSync(names, 'man\nwoman\n')
    // Paths in flags may lead anywhere.
    const how = ['--channels', 'BGR', '--scale', '1', '--mean', join(run('gender', 'r'), 'model.mean.npy')]
    const all = [...how, '--picture', '58', '--alignment', 'r', '--classes', names, '--seed', '1']
    await main(['evaluate', bare, '--data', faces, '--fold', '1/3', '--json', json, ...all])
    const record = readRecord<RunRecord>(join(run('gender', 'r'), 'result.json'))
    expect(JSON.parse(readFileSync(json, 'utf8')).data[0].confusion).toEqual(record.tests.r!.confusion)
  })

  it.each([
    [
      'a kind that there is not',
      ['--data', 'synthetik:faces'],
      /no kind 'synthetik'. Did you mean synthetic/,
    ],
    ['a data set without a kind', ['--data', 'faces'], /Write its kind before it: folder:photos/],
    ['no data set', [], /required option '--data/],
    ['a fold that there is not', ['--data', 'aaf:x', '--fold', '3/3'], /K from 0 to N - 1/],
    [
      'a fold of other data',
      ['--data', 'aaf:x', '--fold', '1/3'],
      /--fold is only for data of kind synthetic/,
    ],
    ['a task that it does not answer', ['--data', 'aaf:x', '--task', 'age'], /it answers gender, not age/],
  ])('reports %s as wrong use', async (_, args, message) => {
    await main(['evaluate', model, ...args])
    expect(said).toMatch(message)
    expect(process.exitCode).toBe(2)
  })
})
