import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { main } from '../../src/cli/main.ts'
import type { ClassAnswer, PredictedPhoto } from '../../src/evaluation/predict.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { float32 } from '../../src/graph/types.ts'
import { capturePrinted } from './capture.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-several-'))
afterAll(() => rmSync(folder, { recursive: true }))
const photo = join(folder, 'a.jpg')
writeFileSync(photo, readFileSync('studio/samples/astronaut.jpg'))

const captured = capturePrinted()
let out: string
beforeEach(() => {
  out = mkdtempSync(join(folder, 'out-'))
})

type Layer = (classes: number, logits: readonly number[]) => Value
type Outputs = Record<string, (g: GraphBuilder, layer: Layer, pictures: Value) => Value>

/** A network whose logits are those that are given, whatever the photo, and its card. */
function model(outputs: Outputs, card: string): string {
  const g = new GraphBuilder('several')
  const x = g.input('x', 'float32', ['batch', 3, 16, 16])
  const one = g.reshape(g.op('GlobalAveragePool', [g.mul(x, g.scalar(0))]), [-1, 3])
  const layer: Layer = (classes, logits) =>
    g.op('Gemm', [one, g.constant(float32([3, classes])), g.constant(float32([classes], logits))])
  for (const [name, make] of Object.entries(outputs)) g.output(name, make(g, layer, x))
  const path = join(out, 'model.onnx')
  writeFileSync(path, writeGraph(g.graph()))
  writeFileSync(join(out, 'model.card.yaml'), `${card}\ninput: { channels: RGB, scale: 1, mean: 0 }\n`)
  return path
}

const softmax =
  (...logits: number[]): Outputs[string] =>
  (g, layer) =>
    g.op('Softmax', [layer(logits.length, logits)])

/** What is said of a network that is refused. */
async function refused(path: string): Promise<string> {
  await main(['predict', photo, '--as-is', '--model', path])
  expect(process.exitCode).toBe(1)
  return captured.printed
}

/** The table, by column, and the answers in the record. */
async function predicted(path: string) {
  const [csv, json] = [join(out, 'faces.csv'), join(out, 'faces.json')]
  await main(['predict', photo, '--as-is', '--model', path, '--csv', csv, '--json', json])
  const [head, row] = readFileSync(csv, 'utf8').trim().split('\n')
  const cells = row!.split(',')
  expect(new Set(head!.split(',')).size, 'columns of different names').toBe(cells.length)
  const columns: Record<string, string> = Object.fromEntries(
    head!.split(',').map((name, k) => [name, cells[k]!]),
  )
  const { photos }: { photos: PredictedPhoto[] } = JSON.parse(readFileSync(json, 'utf8'))
  return { columns, answers: photos[0]!.faces[0]!.answers as Record<string, ClassAnswer> }
}

test('answers with the same task are told apart, in the table, the record and the files of maps', async () => {
  const path = model(
    { a: softmax(0, 3), b: softmax(0, 0, 4) },
    'answers: [{ output: a, task: mood, classes: [x, y] }, { output: b, task: mood, classes: [p, q, r] }]',
  )
  const { columns, answers } = await predicted(path)
  expect(columns).toMatchObject({ 'mood (a)': 'y', 'mood (b)': 'r' })
  expect(answers['mood (a)']!.probability).toBeCloseTo(1 / (1 + Math.exp(-3)), 5)
  expect(answers['mood (b)']!.class).toBe('r')
  mkdirSync(join(out, 'maps'))
  await main(['explain', path, photo, '--as-is', '--out', join(out, 'maps')])
  expect(readdirSync(join(out, 'maps')).filter((name) => name.endsWith('.json'))).toEqual([
    'a.mood_a_.json',
    'a.mood_b_.json',
  ])
})

test('the group of an age in years is not that of an age group', async () => {
  const years = Array.from({ length: 101 }, (_, age) => (age === 30 ? 20 : 0))
  const path = model(
    { young: softmax(9, 0, 0, 0, 0, 0, 0, 0), years: softmax(...years) },
    'answers: [{ output: years, task: years }, { output: young, task: age, classes: [0-2, 4-6, 8-13, 15-20, 25-32, 38-43, 48-53, 60+] }]',
  )
  const { columns } = await predicted(path)
  expect(columns).toMatchObject({ 'age_group (years)': '25-32', 'age_group (young)': '0-2' })
})

test('an output called as a column of its own is told apart from it', async () => {
  const path = model({ score: (g, layer) => g.op('Relu', [layer(1, [7])]) }, 'network: any')
  const { columns } = await predicted(path)
  expect(columns).toMatchObject({ score: '', 'score (score)': '7' })
})

test('parts of one output are answers of one network', async () => {
  const path = model(
    { y: (g, layer) => g.op('Softmax', [g.reshape(layer(6, [5, 0, 0, 0, 0, 5]), [-1, 2, 3])]) },
    "answers: [{ output: 'y[0]', task: p, classes: [a, b, c] }, { output: 'y[1]', task: q, classes: [d, e, f] }]",
  )
  const { columns } = await predicted(path)
  expect(columns).toMatchObject({ p: 'a', q: 'f' })
})

test('what a card says of a map of scores is said of its mean', async () => {
  const weights = float32([2, 3, 1, 1], [0, 0, 0, 1, 1, 1])
  const path = model(
    { map: (g, _, x) => g.op('Conv', [x, g.constant(weights)]), z: softmax(1, 0) },
    'answers: [{ output: z, task: gender, classes: [m, f] }, { output: map, task: light, classes: [dark, bright] }]',
  )
  const { columns } = await predicted(path)
  expect(columns).toMatchObject({ gender: 'm', light: 'bright' })
})

test('classes with one name keep a probability each', async () => {
  const { answers } = await predicted(model({ y: softmax(0, 0, 3) }, 'classes: [crane, cat, crane]'))
  const { probabilities } = answers.y!
  expect(Object.keys(probabilities)).toEqual(['crane', 'cat', 'crane [2]'])
  expect(Object.values(probabilities).reduce((sum, p) => sum + p)).toBeCloseTo(1, 5)
  expect(probabilities['crane [2]']).toBeGreaterThan(0.9)
})

test('separate probabilities have no mean age', async () => {
  const path = model(
    { y: (g, layer) => g.op('Sigmoid', [layer(3, [2, 2, 2])]) },
    'task: years\nages: [10, 20, 30]',
  )
  expect(await refused(path)).toContain('its 3 answers are separate probabilities')
})

test('numbers that are neither logits nor probabilities are not called probabilities', async () => {
  const path = model(
    {
      y: (g, layer) =>
        g.add(g.op('LogSoftmax', [layer(3, [1, 2, 3])]), g.op('LogSoftmax', [layer(3, [3, 2, 1])])),
    },
    'network: any',
  )
  expect(await refused(path)).toContain('its output y holds neither logits nor probabilities, but -')
})

test('the answer that is explained is the one that is predicted, also where a sigmoid is 0.5 elsewhere than at 0', async () => {
  const path = model(
    { y: (g, layer) => g.op('HardSigmoid', [layer(1, [1])], { alpha: 0.2, beta: 0 }) },
    'classes: [m, f]',
  )
  const { answers } = await predicted(path)
  expect(answers.y!.class).toBe('m')
  await main(['explain', path, photo, '--as-is', '--out', join(out, 'maps')])
  expect(captured.printed).toContain('“m” 80.0 %')
})

test('separate probabilities are explained all the same, by classes', async () => {
  const path = model(
    { y: (g, layer) => g.op('Sigmoid', [layer(3, [2, 1, 3])]) },
    'task: years\nages: [10, 20, 30]',
  )
  await main(['explain', path, photo, '--as-is', '--out', join(out, 'maps')])
  expect(process.exitCode, captured.printed).toBe(0)
  expect(captured.printed).toContain('years “2” 95.3 %')
})

test('a hard sigmoid may fall', async () => {
  const path = model(
    { y: (g, layer) => g.op('HardSigmoid', [layer(1, [2])], { alpha: -0.2, beta: 0.5 }) },
    'classes: [m, f]',
  )
  const { answers } = await predicted(path)
  expect(answers.y!.probability).toBeCloseTo(0.9, 5)
  await main(['explain', path, photo, '--as-is', '--out', join(out, 'maps')])
  expect(captured.printed).toContain('“m” 90.0 %')
})
