import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { TINY_PLAN, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

// The networks of a tiny study, trained until their answers differ from face to face, and the faces that it was made with.
const { folder, plan, out } = writePlan(
  TINY_PLAN.replace('[r, i, m]', '[r]')
    .replace('width: 0.05', 'width: 0.2')
    .replace('steps: [4]', 'steps: []')
    .replace('iterations: 6', 'iterations: 90')
    .replace('validateEvery: 3', 'validateEvery: 90')
    .replace('checkpointEvery: 3', 'checkpointEvery: 90'),
)
const model = (task: string) => join(out, 'runs', `${task}-adiencenet-r-fold1`, 'model.onnx')
const drawn = join(folder, 'faces')
const to = mkdtempSync(join(folder, 'atlas-'))
const DRAWN = ['--data', `synthetic:${drawn}`]

beforeAll(() => main(['study', plan, '--out', out]))

interface Written {
  readonly faces: number
  readonly classes: readonly {
    readonly name: string
    readonly faces: number
    readonly eigenvalues: readonly number[]
    readonly clusters: readonly { readonly faces: readonly string[]; readonly told: readonly string[] }[]
  }[]
  readonly left: readonly { readonly faces: number }[]
  readonly blank: number
}

async function atlas(...args: string[]): Promise<Written> {
  await main(['atlas', ...args, '--out', to])
  expect(captured.printed).not.toContain('regard:')
  return JSON.parse(readFileSync(join(to, 'atlas.json'), 'utf8'))
}

describe('regard atlas', () => {
  it('clusters the faces of each answer, on a page, in a table and in files for ViRelAy', async () => {
    const { classes, left, faces, blank } = await atlas(model('gender'), ...DRAWN)
    const all = [...classes, ...left].reduce((sum, own) => sum + own.faces, blank)
    expect([faces, all]).toEqual([120, 120])
    expect(classes.length).toBeGreaterThan(0)
    const rows: Record<string, string>[] = parse(readFileSync(join(to, 'atlas.csv')), { columns: true })
    for (const { name, clusters, eigenvalues } of classes) {
      expect(eigenvalues[0]).toBeCloseTo(0, 9)
      for (const [k, cluster] of clusters.entries()) {
        const own = rows.filter((row) => row.class === name && row.cluster === String(k + 1))
        expect(own.map(({ face }) => face).sort()).toEqual([...cluster.faces].sort())
        for (const { answer, x, y } of own) {
          expect(answer).toBe(name)
          expect([Number(x), Number(y)].every(Number.isFinite)).toBe(true)
        }
      }
      expect(captured.printed).toContain(`class ${name}, `)
      expect(existsSync(join(to, 'figures', `plane-${name}.svg`))).toBe(true)
    }
    const page = readFileSync(join(to, 'index.html'), 'utf8')
    expect(page).toContain('Look at these first')
    expect(page).toContain('average face of cluster 1')
    expect(readdirSync(join(to, 'virelay')).sort()).toEqual([
      'analysis.h5',
      'attribution.h5',
      'input.h5',
      'label-map.json',
      'project.yaml',
    ])
  })

  it('reuses the faces that an earlier call explained, and finds the same', async () => {
    const before = await atlas(model('gender'), ...DRAWN)
    const [store] = readdirSync(join(to, 'explained'))
    const maps = join(to, 'explained', store!, 'maps.f32')
    const time = statSync(maps).mtimeMs
    expect(await atlas(model('gender'), ...DRAWN)).toEqual(before)
    expect(statSync(maps).mtimeMs).toBe(time)
  })

  it('groups faces by label if asked to, and takes all faces together for one class', async () => {
    const byLabel = await atlas(model('gender'), ...DRAWN, '--class', 'truth')
    const rows: Record<string, string>[] = parse(readFileSync(join(to, 'atlas.csv')), { columns: true })
    expect(rows.every((row) => row.class === row.label)).toBe(true)
    expect(byLabel.classes.map(({ name }) => name)).toEqual(['m', 'f'])
    const forF = await atlas(model('gender'), ...DRAWN, '--class', 'f')
    expect(forF.classes.map(({ name, faces }) => [name, faces])).toEqual([['f', 120 - forF.blank]])
  })

  it('leaves out classes with too few faces, and says so', async () => {
    // Of these 41 faces fewer than 20 have the label f.
    const { left, classes } = await atlas(model('gender'), ...DRAWN, '--class', 'truth', '--limit', '41')
    expect(classes.map(({ name }) => name)).toEqual(['m'])
    expect(left).toMatchObject([{ name: 'f' }])
    expect(captured.printed).toMatch(/class f is left out: it has 1\d faces, and clustering needs 20/)
    expect(readFileSync(join(to, 'index.html'), 'utf8')).toContain(
      'Classes of fewer than 20 faces are left out',
    )
  })

  it('refuses if no class has enough faces, and writes nothing', async () => {
    const empty = mkdtempSync(join(folder, 'few-'))
    await main(['atlas', model('gender'), ...DRAWN, '--limit', '8', '--out', empty])
    expect(captured.printed).toMatch(/no class has the 20 faces that clustering needs: .*Use more faces/)
    expect(process.exitCode).toBe(1)
    expect(readdirSync(empty)).toEqual(['explained'])
  })

  it.each([
    [['--class', 'old'], /no class 'old'/],
    [['--method', 'occlusion', '--composite', 'epsilon'], /--method replaces --composite/],
    [['--out', join(folder, 'plan.yaml')], /plan\.yaml: cannot be written into/],
  ])('refuses what does not fit: %j', async (args, message) => {
    await main(['atlas', model('gender'), ...DRAWN, '--out', to, ...args])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).not.toBe(0)
  })
})
