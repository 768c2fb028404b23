import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { learnedPlan, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

// The network of a tiny study, trained until its answers differ from face to face, and the faces that it was made with.
const { folder, plan, out } = writePlan(learnedPlan('[r]').replace('tasks: [age, gender]', 'tasks: [gender]'))
const model = join(out, 'runs', 'gender-adiencenet-r-fold1', 'model.onnx')
const data = ['--data', `synthetic:${join(folder, 'faces')}`]

beforeAll(() => main(['study', plan, '--out', out]))

interface Written {
  readonly faces: readonly string[]
  readonly methods: readonly string[]
  readonly unfit: readonly { readonly method: string }[]
  readonly columns: readonly {
    readonly name: string
    readonly measure: string
    readonly methods: Readonly<Record<string, { readonly mean: number | null; readonly faces: number }>>
  }[]
  readonly sanity?: {
    readonly networks: number
    readonly methods: Readonly<
      Record<string, { readonly p: number; readonly faces: Readonly<Record<string, number>> }>
    >
  }
}

async function measure(to: string, ...args: string[]): Promise<Written> {
  await main(['measure', model, ...data, ...args, '--out', to])
  expect(captured.printed).not.toContain('regard:')
  return JSON.parse(readFileSync(join(to, 'measure.json'), 'utf8'))
}

describe('regard measure', () => {
  it('sets methods beside controls by every measure, and takes up what it has measured', async () => {
    const to = mkdtempSync(join(folder, 'measure-'))
    const measures =
      'region-perturbation,pixel-flipping,rank-accuracy,roc-area,sparseness,complexity,completeness,random-logit'
    const methods = 'epsilon-plus-flat,gradient,random,edges'
    const args = ['--faces', '4', '--methods', methods, '--measures', measures]
    const written = await measure(to, ...args, '--parts', 'eyes,brows')
    expect(written.methods).toEqual(['epsilon-plus-flat', 'gradient', 'random', 'edges'])
    expect(written.faces).toHaveLength(4)
    const mean = (wanted: string, method: string) =>
      written.columns.find(({ measure }) => measure === wanted)!.methods[method]!.mean
    for (const each of ['region-perturbation', 'pixel-flipping', 'rank-accuracy', 'sparseness'])
      for (const method of written.methods) expect(mean(each, method)).toBeTypeOf('number')
    // Random numbers are even everywhere, and lie on eyes and brows as these are large.
    expect(mean('complexity', 'random')!).toBeGreaterThan(mean('complexity', 'epsilon-plus-flat')!)
    expect(mean('roc-area', 'random')!).toBeCloseTo(0.5, 1)
    // Relevance alone is handed down; a gradient has no such report.
    expect(mean('completeness', 'epsilon-plus-flat')).toBeTypeOf('number')
    expect(mean('completeness', 'gradient')).toBeNull()
    // Edges are those of the picture, whatever is asked.
    expect(mean('random-logit', 'edges')).toBeCloseTo(1, 5)
    const rows: Record<string, string>[] = parse(readFileSync(join(to, 'measure.csv')), { columns: true })
    expect(rows).toHaveLength(4 * 4 * written.columns.length)
    const [store] = readdirSync(join(to, 'measured'))
    const file = join(to, 'measured', store!, 'measured.jsonl')
    const before = statSync(file).mtimeMs
    expect(await measure(to, ...args, '--parts', 'eyes,brows')).toEqual(written)
    expect(statSync(file).mtimeMs).toBe(before)
  })

  it('has a column for each fill and score, and says which methods do not fit', async () => {
    const to = mkdtempSync(join(folder, 'measure-'))
    const { columns, unfit } = await measure(
      to,
      ...['--faces', '2', '--methods', 'epsilon,attention-rollout,random,edges'],
      ...[
        '--measures',
        'region-perturbation',
        '--fill',
        'constant,blur,linear',
        '--score',
        'logits,probabilities',
      ],
    )
    expect(columns.map(({ name }) => name)).toHaveLength(6)
    expect(columns[2]!.name).toContain('fill blur')
    expect(columns[3]!.name).toContain('probabilities')
    expect(unfit.map(({ method }) => method)).toEqual(['attention-rollout'])
    const page = readFileSync(join(to, 'index.html'), 'utf8')
    expect(page).toContain('Can the maps be believed?')
    expect(page).toContain('Not for this network: attention-rollout')
  })

  it('tests maps against those of networks with shuffled weights, and finds nothing in controls', async () => {
    const to = mkdtempSync(join(folder, 'measure-'))
    const args = ['--faces', '3', '--measures', 'sparseness', '--methods', 'paper,occlusion,random,edges']
    expect((await measure(to, ...args)).sanity).toBeUndefined()
    const { sanity, faces } = await measure(to, ...args, '--sanity')
    // A map by occlusion takes many runs, and is measured alone.
    expect(Object.keys(sanity!.methods)).toEqual(['paper', 'random', 'edges'])
    expect(sanity!.networks).toBe(39)
    const ones = Object.fromEntries(faces.map((face) => [face, 1]))
    for (const control of ['random', 'edges'])
      expect(sanity!.methods[control]).toMatchObject({ told: 0, p: 1, faces: ones })
    expect(Object.keys(sanity!.methods.paper!.faces)).toEqual(faces)
    expect(captured.printed).toContain('since a map takes too many runs: occlusion.')
    const page = readFileSync(join(to, 'index.html'), 'utf8')
    expect(page).toContain('Do the maps show what was learned?')
    for (const printed of [page, captured.printed])
      expect(printed).toContain(
        'The maps by edges are not told from those of networks with shuffled weights: 0 of 3',
      )
  })

  it.each([
    [['--methods', 'epsilon,lrp'], /no method 'lrp'/],
    [['--measures', 'sparsness'], /Did you mean sparseness/],
    [['--parts', 'ear'], /Did you mean ears/],
    [['--fill', 'red'], /There are constant/],
  ])('refuses what there is not: %j', async (args, message) => {
    await main(['measure', model, ...data, ...args])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(2)
  })
})
