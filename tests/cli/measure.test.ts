import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { float32 } from '../../src/graph/types.ts'
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
  it('compares methods with controls by every measure, and reuses what it has measured', async () => {
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
    // Random numbers spread evenly, so eyes and brows get as much as their area.
    expect(mean('complexity', 'random')!).toBeGreaterThan(mean('complexity', 'epsilon-plus-flat')!)
    expect(mean('roc-area', 'random')!).toBeCloseTo(0.5, 1)
    // Only relevance is passed down; a gradient lacks such a report.
    expect(mean('completeness', 'epsilon-plus-flat')).toBeTypeOf('number')
    expect(mean('completeness', 'gradient')).toBeNull()
    // Edges are those of the picture, whatever the class.
    expect(mean('random-logit', 'edges')).toBeCloseTo(1, 5)
    const rows: Record<string, string>[] = parse(readFileSync(join(to, 'measure.csv')), { columns: true })
    expect(rows).toHaveLength(4 * 4 * written.columns.length)
    const complexities = rows.filter((row) => row.method === 'random' && row.measure === 'complexity')
    expect(
      new Set(complexities.map(({ value }) => value)).size,
      'random numbers of its own for each face',
    ).toBe(4)
    const [store] = readdirSync(join(to, 'measured'))
    const file = join(to, 'measured', store!, 'measured.jsonl')
    const before = statSync(file).mtimeMs
    expect(await measure(to, ...args, '--parts', 'eyes,brows')).toEqual(written)
    expect(statSync(file).mtimeMs).toBe(before)
  })

  it('writes the curves of measures that remove pixels, the same after an interruption', async () => {
    const to = mkdtempSync(join(folder, 'measure-'))
    const args = ['--faces', '2', '--methods', 'epsilon,random,edges']
    const written = await measure(to, ...args, '--measures', 'region-perturbation,sparseness')
    const [{ name, methods }] = written.columns as [Written['columns'][number]]
    const text = readFileSync(join(to, 'curves.csv'), 'utf8')
    const points: Record<string, string>[] = parse(text, { columns: true })
    // The whole picture and 30 regions, in two orders, of three methods.
    expect(points).toHaveLength(31 * 2 * 3)
    for (const method of written.methods) {
      const [morf, lerf] = ['morf', 'lerf'].map((order) =>
        points.filter((point) => point.with === name && point.method === method && point.order === order),
      ) as [typeof points, typeof points]
      expect([morf[0]!.gone, morf[0]!.score]).toEqual(['0', lerf[0]!.score])
      const gap = morf.reduce((sum, { score }, k) => sum + (Number(lerf[k]!.score) - Number(score)) / 31, 0)
      expect(gap).toBeCloseTo(methods[method]!.mean!, 8)
    }
    const page = readFileSync(join(to, 'index.html'), 'utf8')
    const [figure] = readdirSync(join(to, 'figures'))
    expect(figure).toBe('curves-region-perturbation-constant-logits.svg')
    const [store] = readdirSync(join(to, 'measured'))
    const file = join(to, 'measured', store!, 'measured.jsonl')
    // As a kill leaves it: three rows and part of a fourth.
    const rows = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, `${rows.slice(0, 3).join('\n')}\n${rows[3]!.slice(0, 40)}`)
    await measure(to, ...args, '--measures', 'region-perturbation,sparseness')
    expect(readFileSync(join(to, 'curves.csv'), 'utf8')).toBe(text)
    expect(readFileSync(join(to, 'index.html'), 'utf8')).toBe(page)
    // Without such a measure there are none, and the old ones are gone.
    await measure(to, ...args, '--measures', 'sparseness')
    expect(readFileSync(join(to, 'curves.csv'), 'utf8')).toBe('measure,with,method,order,step,gone,score\r\n')
    expect(readFileSync(join(to, 'index.html'), 'utf8')).not.toContain('The curves')
  })

  it('gives the same result for the same faces, whatever was measured before', async () => {
    const [grown, fresh] = [mkdtempSync(join(folder, 'measure-')), mkdtempSync(join(folder, 'measure-'))]
    const args = (faces: number) => ['--faces', String(faces), '--measures', 'sparseness,pixel-flipping']
    await measure(grown, ...args(6), '--methods', 'random,epsilon')
    const all = [...args(12), '--methods', 'epsilon,random,edges']
    expect(await measure(grown, ...all)).toEqual(await measure(fresh, ...all))
    for (const name of ['measure.csv', 'curves.csv', 'index.html'])
      expect(readFileSync(join(grown, name), 'utf8'), name).toBe(readFileSync(join(fresh, name), 'utf8'))
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
    // A map by occlusion takes many runs, so it is measured alone.
    expect(Object.keys(sanity!.methods)).toEqual(['paper', 'random', 'edges'])
    expect(sanity!.networks).toBe(39)
    const ones = Object.fromEntries(faces.map((face) => [face, 1]))
    for (const control of ['random', 'edges'])
      expect(sanity!.methods[control]).toMatchObject({ told: 0, p: 1, faces: ones })
    expect(Object.keys(sanity!.methods.paper!.faces)).toEqual(faces)
    expect(captured.printed).toContain('because each map takes too many runs: occlusion.')
    const page = readFileSync(join(to, 'index.html'), 'utf8')
    expect(page).toContain('Do the maps show what was learned?')
    for (const printed of [page, captured.printed])
      expect(printed).toContain(
        'The maps by edges do not differ from those of networks with shuffled weights: 0 of 3',
      )
  })

  it('names the controls that were measured, and no others', async () => {
    const to = mkdtempSync(join(folder, 'measure-'))
    const some = ['--faces', '2', '--measures', 'sparseness', '--methods']
    const page = () => readFileSync(join(to, 'index.html'), 'utf8')
    await measure(to, ...some, 'paper,random')
    expect(page()).toContain('beside a control that knows nothing about the network: random numbers.')
    await measure(to, ...some, 'paper,epsilon')
    for (const said of [captured.printed, page()]) expect(said).not.toMatch(/better than|nothing about/)
  })

  it('needs no labels to explain the network’s own answers', async () => {
    const table = join(folder, 'ages.csv')
    const photo = 'faces/truth/photos/s0001_1.jpg'
    writeFileSync(
      table,
      `path,age,landmarks\n${photo},33,${photo.replace('photos', 'landmarks').replace('jpg', 'txt')}\n`,
    )
    const to = mkdtempSync(join(folder, 'measure-'))
    const some = ['--data', `csv:${table}`, '--measures', 'sparseness', '--methods', 'paper', '--out', to]
    await main(['measure', model, ...some])
    expect(process.exitCode).toBe(0)
    await main(['measure', model, ...some, '--class', 'truth'])
    expect(captured.printed).toContain('no face has a label for the task gender')
    expect(process.exitCode).toBe(1)
  })

  it('gives empty maps no value, and says so', async () => {
    const g = new GraphBuilder('empty')
    const x = g.input('x', 'float32', ['batch', 3, 51, 51])
    const pooled = g.reshape(g.op('GlobalAveragePool', [g.mul(x, g.scalar(0))]), [-1, 3])
    g.output('y', g.op('Gemm', [pooled, g.constant(float32([3, 2])), g.constant(float32([2], [0, 1]))]))
    const path = join(folder, 'empty.onnx')
    writeFileSync(path, writeGraph(g.graph()))
    const card = 'task: gender\nclasses: [m, f]\nalignment: r\ninput: { channels: RGB, scale: 1, mean: 0 }\n'
    writeFileSync(path.replace('.onnx', '.card.yaml'), card)
    const to = mkdtempSync(join(folder, 'measure-'))
    const args = ['--faces', '3', '--methods', 'gradient,random', '--measures', 'complexity,rank-accuracy']
    await main(['measure', path, ...data, ...args, '--out', to])
    expect(captured.printed).toContain(
      'complexity cannot judge 3 maps by gradient: they are empty: no pixel has any relevance',
    )
    const { columns }: Written = JSON.parse(readFileSync(join(to, 'measure.json'), 'utf8'))
    for (const { methods } of columns) expect(methods.gradient).toMatchObject({ mean: null, faces: 0 })
  })

  it.each([
    [['--methods', 'epsilon,lrp'], /no method 'lrp'/],
    [['--measures', 'sparsness'], /Did you mean sparseness/],
    [['--parts', 'ear'], /Did you mean ears/],
    [['--fill', 'red'], /There are constant/],
  ])('refuses what does not exist: %j', async (args, message) => {
    await main(['measure', model, ...data, ...args])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(2)
  })
})
