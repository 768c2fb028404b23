import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import type { Task } from '../../src/datasets/task.ts'
import {
  alignmentsOf,
  hiddenParts,
  plannedFor,
  plannedSchedule,
  readPlan,
  requireSteps,
  scheduleOf,
  settingOf,
} from '../../src/study/plan.ts'
import { formatSetting, parseSetting, type SettingText } from '../../src/study/setting.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-plan-'))
const good = `name: small
dataset: { kind: aaf, root: faces }
tasks: [age, gender]
networks: [adiencenet]
preprocessing: [r, m]
folds: { count: 5, test: [0, 3] }
schedule:
  rate: 0.01
  gamma: 0.1
  steps: [10, 20]
  batch: 8
  iterations: 30
  validateEvery: 10
  checkpointEvery: 10
  gender: { steps: [5], iterations: 10 }
seed: 1
`

function read(text: string) {
  const path = join(folder, 'plan.yaml')
  writeFileSync(path, text)
  return readPlan(path)
}

const run = (task: Task) => ({ task, network: 'adiencenet', setting: parseSetting('r') }) as const

/** A plan with another schedule. */
function scheduled(lines: string[]): string {
  return good.replace(/schedule:\n( {2}.*\n)+/, `schedule:\n${lines.map((line) => `  ${line}\n`).join('')}`)
}

const length = ['batch: 8', 'iterations: 30', 'validateEvery: 10', 'checkpointEvery: 10']

const STARTS = `
  - { name: vgg16, start: random }
  - { name: vgg16, start: { weights: vgg.caffemodel, kind: imagenet } }
  - { name: vgg16, start: { weights: /w.onnx, kind: imdb-wiki, freshRate: 1 } }`

/** The message that refuses a plan. */
function complaint(text: string): string {
  try {
    read(text)
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as Error).message
  }
  throw new Error('the plan was accepted')
}

describe('a plan', () => {
  it('is read with its defaults, and with its root relative to its own file', () => {
    expect(read(good)).toMatchObject({
      dataset: { kind: 'aaf', root: join(folder, 'faces') },
      networks: [{ name: 'adiencenet', input: 227, width: 1, preprocessing: ['r', 'm'] }],
      schedule: { momentum: 0.9, decay: 0.0005 },
      explain: { photos: 4 },
      crops: false,
    })
  })

  it('has one schedule, which a task can override', () => {
    const plan = read(good)
    expect(scheduleOf(plan, run('age'), 100)).toMatchObject({ rate: 0.01, steps: [10, 20], iterations: 30 })
    expect(scheduleOf(plan, run('gender'), 100)).toMatchObject({ rate: 0.01, steps: [5], iterations: 10 })
  })

  it('has no steps beyond the end of a network’s own training, or of its epochs', () => {
    const own = read(
      good.replace('networks: [adiencenet]', 'networks: [{ name: adiencenet, iterations: 8 }]'),
    )
    expect(() => plannedSchedule(own, run('age'), 100)).toThrow(
      /steps: must lie below the 8 iterations of adiencenet/,
    )
    const epochs = read(good.replace('iterations: 30', 'epochs: 1'))
    const steps = (pictures: number) => requireSteps(scheduleOf(epochs, run('age'), pictures), run('age'))
    expect(() => steps(100)).toThrow(/steps: must lie below the 13 iterations/)
    expect(() => steps(1000)).not.toThrow()
  })

  it('counts the iterations of epochs in decimals', () => {
    const plan = read(
      good
        .replace('iterations: 30', 'epochs: 1.1')
        .replace('batch: 8', 'batch: 10')
        .replace('[10, 20]', '[5]'),
    )
    expect(scheduleOf(plan, run('age'), 100).iterations).toBe(11)
  })

  it.each(['adience', 'csv', 'fairface', 'folder', 'utkface'])('may train on %s', (kind) => {
    const plan = read(good.replace('kind: aaf', `kind: ${kind}`))
    expect(plan.dataset).toEqual({ kind, root: join(folder, 'faces') })
  })

  it("may repair the labels that Adience's lists lose", () => {
    const text = good.replace('kind: aaf, root: faces', 'kind: adience, root: faces, repairLabels: true')
    expect(read(text).dataset).toMatchObject({ repairLabels: true })
    const less = read(good.replace('root: faces', 'root: faces, without: leave-out.csv')).dataset
    expect(less).toMatchObject({ without: expect.stringMatching(/^\/.*\/leave-out\.csv$/) })
  })

  it('may train on IMDB-WIKI for ages in years', () => {
    const text = good
      .replace('kind: aaf', 'kind: imdb-wiki')
      .replace('[age, gender]', '[years]')
      .replace('[r, m]', '[r]')
      .replace('gender: { steps: [5]', 'years: { steps: [7]')
    const plan = read(text)
    expect(plan.dataset).toEqual({ kind: 'imdb-wiki', root: join(folder, 'faces') })
    expect(scheduleOf(plan, run('years'), 100)).toMatchObject({ steps: [7], iterations: 10 })
  })

  describe('is tested on', () => {
    const face = { id: 'a', photo: '/a.jpg', subject: 'a' }
    const marked = { ...face, landmarks: '/a.txt' }
    const published = { ...face, published: { r: '/r.jpg' } }
    it.each([
      ['what it is trained on', ['r'], [face], ['r']],
      ['both, where it is trained on both at once', ['m'], [face], ['r', 'i']],
      ['both, where there are landmarks', ['r'], [marked], ['r', 'i']],
      ['no pictures that faces must be looked for', ['r'], [published, marked], ['r']],
      ['published pictures that nobody trains on', ['i'], [published], ['r', 'i']],
    ] as const)('%s', (_, preprocessing, faces, expected) => {
      expect(alignmentsOf({ networks: [{ preprocessing: [...preprocessing] }] }, faces)).toEqual(expected)
    })
  })

  it('has the same schedule, to the order of its fields, as before other policies existed', () => {
    expect(JSON.stringify(scheduleOf(read(good), run('gender'), 100))).toBe(
      '{"rate":0.01,"gamma":0.1,"steps":[5],"batch":8,"iterations":10,"momentum":0.9,"decay":0.0005,"validateEvery":10,"checkpointEvery":10}',
    )
  })

  it.each([
    [['policy: step', 'gamma: 0.5', 'every: 10'], { policy: 'step', gamma: 0.5, every: 10 }],
    [['policy: multistep', 'gamma: 0.5', 'steps: [10]'], { policy: 'multistep', steps: [10] }],
    [['policy: poly', 'power: 0.5', 'warmup: 5'], { policy: 'poly', power: 0.5, warmup: 5 }],
    [['policy: cosine', 'patience: 3', 'age: { rate: 1 }'], { policy: 'cosine', patience: 3, rate: 1 }],
  ])('may have another policy: %j', (policy, schedule) => {
    const plan = read(scheduled(['rate: 0.01', ...policy, ...length]))
    expect(scheduleOf(plan, run('age'), 100)).toMatchObject({ ...schedule, iterations: 30 })
  })

  it('may count epochs, which become iterations once the pictures are known', () => {
    const lines = ['policy: cosine', 'rate: 1', ...length].map((line) =>
      line.replace('iterations: 30', 'epochs: 2'),
    )
    const plan = read(scheduled([...lines, 'gender: { iterations: 7 }']))
    const schedule = scheduleOf(plan, run('age'), 101)
    expect(schedule.iterations).toBe(26)
    expect(schedule).not.toHaveProperty('epochs')
    expect(scheduleOf(plan, run('gender'), 101).iterations).toBe(7)
  })

  it.each(['paper', 'quick'] as const)('may name a preset: %s', (policy) => {
    const plan = read(scheduled([`policy: ${policy}`, 'snapshotEvery: 500']))
    const { iterations, snapshotEvery } = scheduleOf(plan, run('age'), 100)
    expect(iterations).toBe({ paper: 50_000, quick: 1500 }[policy])
    expect(snapshotEvery).toBe(500)
  })

  it('may train one network on different photos', () => {
    const networks = '[adiencenet, { name: caffenet, preprocessing: [i] }]'
    const plan = read(good.replace('[adiencenet]', networks).replace('[r, m]', '[r]'))
    expect(plan.networks.map(({ preprocessing }) => preprocessing)).toEqual([['r'], ['i']])
    const face = { id: 'a', photo: '/a.jpg', subject: 'a' }
    expect(alignmentsOf(plan, [face])).toEqual(['r', 'i'])
  })

  it('may train a network from several starts, written as the paper does', () => {
    const plan = read(good.replace('[adiencenet]', STARTS))
    const [random, imagenet, wiki] = plan.networks.map(({ start }) => start)
    expect(random).toBeUndefined()
    expect(imagenet).toEqual({ weights: join(folder, 'vgg.caffemodel'), kind: 'imagenet', freshRate: 10 })
    expect(wiki).toEqual({ weights: '/w.onnx', kind: 'imdb-wiki', freshRate: 1 })
    expect([random, imagenet, wiki].map((start) => formatSetting(settingOf('m', start)))).toEqual([
      'm',
      'm,n',
      'm,w',
    ])
    expect(plannedFor(plan, { network: 'vgg16', setting: parseSetting('m,w') }).start).toBe(wiki)
  })

  it('may give a network its own rate, which overrides the schedule’s', () => {
    const networks = STARTS.replace('start: random', 'rate: 0.5')
    const plan = read(good.replace('[adiencenet]', networks))
    const rate = (setting: SettingText) =>
      plannedSchedule(plan, { task: 'age', network: 'vgg16', setting: parseSetting(setting) }, 100).rate
    expect(rate('r')).toBe(0.5)
    expect(rate('r,n')).toBe(scheduleOf(plan, run('age'), 100).rate)
  })

  it('may draw faces with something planted', () => {
    const drawn = (more: string) =>
      good.replace('{ kind: aaf, root: faces }', `{ kind: synthetic, count: 9, seed: 1${more} }`)
    expect(read(drawn(', only: mark, mark: "f:0.95"')).dataset).toMatchObject({
      only: 'mark',
      mark: { gender: 'f', probability: 0.95 },
    })
    expect(read(drawn(', mark: m')).dataset).toMatchObject({ mark: { gender: 'm', probability: 1 } })
    for (const bad of ['f:0.3', 'f:2', 'x', '"f:"']) {
      expect(complaint(drawn(`, mark: ${bad}`))).toMatch(/dataset\.mark must be m or f/)
    }
    expect(complaint(drawn(', only: beard'))).toMatch(/dataset\.only/)
  })

  it('may hide parts in training, for all tasks or for one', () => {
    const hide = (part: string) => `augmentation: { hide: { part: ${part}, probability: 0.5, how: swap } }`
    const lines = ['policy: cosine', 'rate: 1', ...length, hide('hair')]
    const { schedule } = read(scheduled([...lines, `gender: { ${hide('eyes')} }`]))
    expect(hiddenParts(schedule)).toEqual(['hair', 'eyes'])
    expect(scheduleOf({ schedule }, run('gender'), 100).augmentation).toEqual({
      hide: { part: 'eyes', probability: 0.5, how: 'swap' },
    })
    expect(hiddenParts(read(good).schedule)).toEqual([])
  })

  it('may train a network for its own length', () => {
    const plan = read(good.replace('[adiencenet]', STARTS.replace('start: random', 'iterations: 77')))
    const length = (setting: SettingText) =>
      plannedSchedule(plan, { task: 'age', network: 'vgg16', setting: parseSetting(setting) }, 100).iterations
    expect(length('r')).toBe(77)
    expect(length('r,n')).toBe(scheduleOf(plan, run('age'), 100).iterations)
  })

  it('has the paper’s schedule for its start', () => {
    const plan = read(scheduled(['policy: paper']).replace('[adiencenet]', STARTS))
    const schedule = (setting: SettingText) =>
      scheduleOf(plan, { task: 'age', network: 'vgg16', setting: parseSetting(setting) }, 100)
    expect(schedule('m,n').iterations).toBe(250_000)
    expect(schedule('r,w').iterations).toBe(125_000)
    expect(() => schedule('r')).toThrow('the paper did not train vgg16 from random weights')
  })

  it('is the example in its documentation, which describes every field', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/plan.md'), 'utf8')
    const plan = read(/```yaml\n([\s\S]*?)```/.exec(page)![1]!)
    expect(plan.name).toBe('faces-at-home')
    const fields = [
      ...Object.keys(plan),
      ...Object.keys(plan.schedule).map((key) => `schedule.${key}`),
      ...Object.keys(plan.folds).map((key) => `folds.${key}`),
      ...Object.keys(plan.explain).map((key) => `explain.${key}`),
    ]
    for (const field of fields) expect(page).toMatch(new RegExp(`\`${field.replace('.', '\\.')}[.\`]`))
  })

  it.each(['synthetic', 'aaf-adiencenet', 'aaf-googlenet', 'imdb-wiki-pretraining', 'adience-paper'])(
    'is examples/%s.yaml',
    (name) => {
      expect(readPlan(resolve(import.meta.dirname, `../../examples/${name}.yaml`)).name).toBe(name)
    },
  )
})

describe('a malformed plan is refused with file, line and field', () => {
  const where = (line: number) => new RegExp(`plan\\.yaml:${line}\\b`)

  it('when the file is missing', () => {
    expect(() => readPlan(join(folder, 'nowhere.yaml'))).toThrow(/nowhere\.yaml: there is no such plan file/)
  })

  it('when it is not YAML', () => {
    const message = complaint(good.replace('[age, gender]', '[age, gender'))
    expect(message).toMatch(/plan\.yaml:\d+/)
  })

  it('when it is empty', () => {
    expect(complaint('')).toMatch(/plan\.yaml/)
  })

  it.each([
    ['an unknown key', good.replace('preprocessing', 'preprocesing'), 5, /preprocesing.*preprocessing/s],
    ['an unknown key inside', good.replace('  gamma:', '  gama:'), 9, /gama.*gamma/s],
    ['a wrong type', good.replace('batch: 8', 'batch: eight'), 11, /schedule\.batch/],
    ['an unknown task', good.replace('[age, gender]', '[age, mood]'), 3, /tasks/],
    ['an unknown network', good.replace('[adiencenet]', '[alexnet]'), 4, /networks/],
    ['a network twice', good.replace('[adiencenet]', '[adiencenet, adiencenet]'), 4, /networks.*duplicate/s],
    [
      'a start twice',
      good.replace(
        '[adiencenet]',
        '[{ name: vgg16, start: { weights: a } }, { name: vgg16, start: { weights: b } }]',
      ),
      4,
      /networks.*duplicate/s,
    ],
    [
      'a start that is none',
      good.replace('[adiencenet]', '[{ name: vgg16, start: imagnet }]'),
      4,
      /networks\[0\]\.start must be random, imagenet, imdb-wiki, or { weights: FILE, … }/,
    ],
    [
      'a mistyped field of a start',
      good.replace('[adiencenet]', '[{ name: vgg16, start: { weigths: a } }]'),
      4,
      /networks\[0\]\.start\.weigths is not a known field. Did you mean “weights”/,
    ],
    [
      'an input too small for the network',
      good.replace('[adiencenet]', '[{ name: googlenet, input: 60 }]'),
      4,
      /networks\[0\]\.input must be at least 79 for googlenet, not 60/,
    ],
    [
      'a network on the same photos twice',
      good.replace('[adiencenet]', '[{ name: vgg16, preprocessing: [r, r] }]'),
      4,
      /networks\[0\]\.preprocessing.*duplicate/s,
    ],
    ['no task', good.replace('[age, gender]', '[]'), 3, /tasks.*at least one/s],
    ['a fold that does not exist', good.replace('[0, 3]', '[0, 5]'), 6, /folds\.test.*does not exist/s],
    ['steps out of order', good.replace('[10, 20]', '[20, 10]'), 10, /schedule\.steps.*ascend/s],
    ['a step behind the end', good.replace('steps: [5]', 'steps: [50]'), 15, /schedule\.gender\.steps/],
    ['an unknown policy', scheduled(['policy: polly', 'rate: 1', ...length]), 8, /policy.*poly/s],
    [
      "another policy's field",
      scheduled(['policy: poly', 'power: 1', 'gamma: 1', 'rate: 1', ...length]),
      10,
      /gamma/,
    ],
    [
      'a policy without its field',
      scheduled(['policy: step', 'gamma: 1', 'rate: 1', ...length]),
      7,
      /schedule\.every/,
    ],
    ['iterations and epochs', scheduled(['policy: cosine', 'rate: 1', 'epochs: 2', ...length]), 12, /epochs/],
    [
      'a part to hide that no face has',
      scheduled([
        'policy: cosine',
        'rate: 1',
        ...length,
        'augmentation: { hide: { part: beard, probability: 1, how: mean } }',
      ]),
      14,
      /schedule\.augmentation\.hide\.part/,
    ],
    [
      'a part to hide in no picture',
      scheduled([
        'policy: cosine',
        'rate: 1',
        ...length,
        'augmentation: { hide: { part: hair, probability: 0, how: mean } }',
      ]),
      14,
      /schedule\.augmentation\.hide\.probability/,
    ],
    ['a preset with a rate', scheduled(['policy: paper', 'rate: 1']), 9, /schedule\.rate/],
    ['a name that is no folder', good.replace('small', '../small'), 1, /name/],
    ['a data set without root', good.replace(', root: faces', ''), 2, /dataset\.root/],
    [
      'other folds than the published ones',
      good.replace('kind: aaf', 'kind: adience').replace('count: 5', 'count: 4'),
      6,
      /folds\.count must be 5 for adience, not 4: its folds are published/,
    ],
    [
      'labels to repair where none are known to be wrong',
      good.replace('root: faces', 'root: faces, repairLabels: true'),
      2,
      /repairLabels/,
    ],
    ['an unknown kind', good.replace('kind: aaf', 'kind: aff'), 2, /dataset\.kind/],
  ])('when it has %s', (_, text, line, field) => {
    const message = complaint(text)
    expect(message).toMatch(where(line))
    expect(message).toMatch(field)
  })

  it('when a field is missing, naming it', () => {
    expect(complaint(good.replace('seed: 1\n', ''))).toMatch(/plan\.yaml.*seed/s)
  })
})
