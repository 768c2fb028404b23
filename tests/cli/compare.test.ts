import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import type { Comparison } from '../../src/evaluation/compare.ts'
import type { SettingsDifference } from '../../src/evaluation/compareSettings.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { float32 } from '../../src/graph/types.ts'
import { learnedPlan, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

// Two networks of a tiny study that saw other photos, trained until their answers differ from face to face.
const { folder, plan, out } = writePlan(learnedPlan('[r, i]'))
const model = (task: string, setting: string) =>
  join(out, 'runs', `${task}-adiencenet-${setting}-fold1`, 'model.onnx')
const data = ['--data', `synthetic:${join(folder, 'faces')}`, '--limit', '40']
const compared = mkdtempSync(join(folder, 'compare-'))

beforeAll(() => main(['study', plan, '--out', out]))

interface Written {
  readonly comparisons: readonly Comparison[]
  readonly settings: readonly SettingsDifference[]
}

async function compare(...args: string[]): Promise<Written> {
  await main(['compare', ...args, ...data, '--out', compared])
  expect(captured.printed).not.toContain('regard:')
  return JSON.parse(readFileSync(join(compared, 'compare.json'), 'utf8'))
}

/** A network of the same kind, hardly trained, from another seed. */
async function trainedWith(seed: number): Promise<string> {
  const to = join(folder, `seed-${seed}`)
  const path = join(to, 'model.onnx')
  if (existsSync(path)) return path
  const asked = [
    '--data',
    `synthetic:${join(folder, 'faces')}`,
    '--task',
    'gender',
    '--network',
    'adiencenet',
  ]
  const size = ['--input', '51', '--width', '0.2', '--iterations', '2', '--batch', '8', '--fold', '1/3']
  await main([
    'train',
    ...asked,
    ...size,
    '--seed',
    String(seed),
    '--aligned',
    join(folder, 'data'),
    '--out',
    to,
  ])
  return path
}

/** A network that gives every face the same answer, with an empty map. */
function constantNetwork(name: string, logits: readonly number[]): string {
  const g = new GraphBuilder(name)
  const x = g.input('x', 'float32', ['batch', 3, 51, 51])
  const pooled = g.reshape(g.op('GlobalAveragePool', [g.mul(x, g.scalar(0))]), [-1, 3])
  g.output('y', g.op('Gemm', [pooled, g.constant(float32([3, 2])), g.constant(float32([2], logits))]))
  const path = join(folder, `${name}.onnx`)
  writeFileSync(path, writeGraph(g.graph()))
  const card = 'task: gender\nclasses: [m, f]\nalignment: r\ninput: { channels: RGB, scale: 1, mean: 0 }\n'
  writeFileSync(path.replace('.onnx', '.card.yaml'), card)
  return path
}

describe('regard compare', () => {
  it('lists the faces on which two networks disagree, and what speaks for each answer', async () => {
    const { comparisons, settings } = await compare(model('age', 'r'), model('age', 'i'), '--alignment', 'r')
    const [found] = comparisons as [Comparison]
    const differing = found.each.filter(({ answers }) => answers[0] !== answers[1])
    expect(differing.length).toBeGreaterThan(3)
    expect(found.agreement.mean).toBeCloseTo(1 - differing.length / found.faces)
    expect(found.contrasts).toHaveLength(2)
    expect(settings[0]!.ofSettings).toBe(false)
    expect(captured.printed).toContain('this describes these networks, not how they were trained')
    const rows: Record<string, string>[] = parse(readFileSync(join(compared, 'compare.csv')), {
      columns: true,
    })
    expect(rows).toHaveLength(40)
    expect(rows[0]!.answer_a).not.toBe(rows[0]!.answer_b)
    const page = readFileSync(join(compared, 'index.html'), 'utf8')
    expect(page).toContain('The faces on which they disagree')
  })

  it('groups the trainings of a setting', async () => {
    const [r, i] = [model('gender', 'r'), model('gender', 'i')]
    const others: string[] = []
    for (const seed of [2, 3, 4, 5]) others.push(await trainedWith(seed))
    const [a, b, c, d] = others
    const { comparisons, settings } = await compare(
      `one=${r},${a},${b}`,
      `other=${i},${c},${d}`,
      '--alignment',
      'r',
    )
    expect(comparisons).toEqual([])
    expect(readFileSync(join(compared, 'compare.csv'), 'utf8')).toBe(
      'a,b,face,label,answer_a,answer_b,probability_a,probability_b,correlation,overlap\r\n',
    )
    expect(settings[0]).toMatchObject({ a: 'one', b: 'other', trainings: [3, 3], ofSettings: true })
  })

  it('compares on the faces that are in the fold of each, which its own seed deals', async () => {
    const [a, b] = [await trainedWith(2), await trainedWith(3)]
    const { comparisons } = await compare(a, b, '--fold', '0/3')
    const [, count] = /Compared on the (\d+) faces that are in the fold of every network/.exec(
      captured.printed,
    )!
    expect(comparisons[0]!.faces).toBe(Number(count))
    captured.printed = ''
    await main(['compare', a, b, ...data, '--fold', '0/40', '--out', compared])
    expect(captured.printed).toMatch(
      /the networks have no face in common: each one’s fold is dealt by the seed /,
    )
    expect(process.exitCode).toBe(1)
  })

  it('takes its few faces from the whole data set, and adds to them for more', async () => {
    const to = mkdtempSync(join(folder, 'limited-'))
    const [a, b] = [constantNetwork('m', [1, 0]), constantNetwork('f', [0, 1])]
    const faces = async (limit: string) => {
      await main(['compare', a, b, ...data.slice(0, 2), '--limit', limit, '--out', to])
      const rows: Record<string, string>[] = parse(readFileSync(join(to, 'compare.csv')), { columns: true })
      return rows.map(({ face }) => face!).sort()
    }
    const few = await faces('10')
    const more = await faces('30')
    expect([few.length, more.length]).toEqual([10, 30])
    expect(more).toEqual(expect.arrayContaining(few))
    // Not the first ones.
    expect(few.at(-1)! > more[9]!).toBe(true)
  })

  it('says that empty maps cannot be compared, nor answers that are one number explained instead of others', async () => {
    const [empty, other] = [constantNetwork('m', [1, 0]), constantNetwork('f', [0, 1])]
    const { comparisons } = await compare(empty, other)
    expect(comparisons[0]).toMatchObject({ faces: 40, empty: 40, contrasts: [] })
    expect(captured.printed).toContain(
      'one of the two is empty for every face, so there is nothing to compare',
    )
    expect(captured.printed).toContain('for m’s answer: unknown, since its answer is one number')
    const words = readFileSync(join(compared, 'index.html'), 'utf8').replace(/data:[^"]*/g, '')
    expect(`${captured.printed}${words}`).not.toMatch(/NaN/)
  })

  it.each([
    [
      ['a=x.onnx', 'a=y.onnx'].map((side) => side.replace(/[xy].onnx/, model('gender', 'r'))),
      /two settings are called a/,
    ],
    [
      [`a=${model('gender', 'r')},${model('gender', 'r')}`, model('gender', 'i')],
      /are the same network, which would count as two trainings/,
    ],
    [[model('gender', 'r')], /there is only one network, and nothing to compare it with/],
    [[model('gender', 'r'), model('age', 'r')], /they answer different questions: gender and age/],
    [['a=', model('age', 'r')], /names no file/],
  ])('refuses what cannot be compared: %#', async (args, message) => {
    await main(['compare', ...args, ...data])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(2)
  })
})
