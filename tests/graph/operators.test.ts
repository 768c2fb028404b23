import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { readGraph } from '../../src/graph/file.ts'
import { EXPANSIONS } from '../../src/graph/import/expansions.ts'
import { ON_CONSTANTS } from '../../src/graph/onConstants.ts'
import { OPERATORS } from '../../src/graph/operators.ts'
import { float32, sizeOf } from '../../src/graph/types.ts'
import { gradient } from '../../src/rules/gradient/gradient.ts'
import { type BackendCase, backendCases, runCase } from './backend/run.ts'
import { type Slopes, slopesOf } from './backend/slopes.ts'
import { bytesOf, numbers } from './import/model.ts'
import { sampleOf } from './operators.samples.ts'
import { fusedSupport, STANDARD, supportOf, tableOf, withScores } from './operatorTable.ts'

const path = fileURLToPath(new URL('../../docs/operators.md', import.meta.url))
const page = readFileSync(path, 'utf8')

/** The page with new text between two of its marks. */
function withPart(text: string, mark: string, part: string): string {
  const pattern = new RegExp(`(<!-- ${mark} -->\n).*?(<!-- end -->)`, 's')
  expect(text).toMatch(pattern)
  return text.replace(pattern, (_, before, behind) => `${before}\n${part}\n\n${behind}`)
}

const supports = STANDARD.map((operator) => [operator, supportOf(operator)] as const)

/** Results of ONNX's own tests of an operator: how many models are read, and how many gradients agree. */
interface Counts {
  readonly read: string
  readonly gradient: string
}

interface Outcome {
  readonly wrong: readonly string[]
  /** Whether it is read, and gives the right result. */
  readonly holds: boolean
  readonly slopes: readonly Slopes[]
  /** Undefined if no float in it depends on another. */
  readonly verdict: Slopes['verdict'] | undefined
}

/** Results of ONNX's own tests: counts for each operator, and what went wrong. */
async function tested(): Promise<
  { wrong: string[]; slopes: string[]; counts: Map<string, Counts>; sum: string } | undefined
> {
  const cases = backendCases()
  if (!cases) {
    console.warn("SKIPPED: ONNX's own tests of its operators, which need Debian's python3-onnx")
    return undefined
  }
  const outcomes: (BackendCase & Outcome)[] = []
  for (const each of cases) {
    const { readings, wrong } = await runCase(each)
    const holds = readings.length > 0 && wrong.length === 0
    const slopes: Slopes[] = []
    if (holds) for (const reading of readings) slopes.push(...(await slopesOf(reading)))
    const verdicts = slopes.map(({ verdict }) => verdict)
    outcomes.push({ ...each, wrong, holds, slopes, verdict: ORDER.find((one) => verdicts.includes(one)) })
  }
  // Operators that drop at random, or average over their batch, are read as in inference, with a note.
  const wrong = outcomes.filter(({ name }) => !/training/.test(name)).flatMap((each) => each.wrong)
  const slopes = outcomes.flatMap(({ name, slopes }) =>
    slopes.flatMap(({ verdict, why }) => (verdict === 'wrong' ? [`${name}: ${why}`] : [])),
  )
  const counts = new Map<string, Counts>()
  for (const operator of STANDARD) {
    const own = outcomes.filter(({ operators }) => operators.join() === operator)
    if (own.length === 0) continue
    const judged = own.filter(({ verdict }) => verdict)
    const agree = judged.filter(({ verdict }) => verdict === 'agrees')
    counts.set(operator, {
      read: `${own.filter(({ holds }) => holds).length} of ${own.length}`,
      gradient: judged.length > 0 ? `${agree.length} of ${judged.length}` : '',
    })
  }
  const spelled = outcomes.filter(({ operators }) => operators.length > 1)
  const read = outcomes.filter(({ holds }) => holds)
  const number = (verdict: Slopes['verdict']) => outcomes.filter((each) => each.verdict === verdict).length
  const judged = outcomes.filter(({ verdict }) => verdict)
  const sum =
    `Of all ${outcomes.length} tests, ${read.length} are read; ${spelled.length} are of several operators, into which a function of the standard is expanded. ` +
    `Of those read, ${judged.length} have float inputs and outputs: the gradient agrees for ${number('agrees')}, is refused for ${number('refused')}, and ${number('rough')} has none.`
  return { wrong, slopes, counts, sum }
}

/** A test of several inputs gets the first of these outcomes that holds for one of them. */
const ORDER: readonly Slopes['verdict'][] = ['wrong', 'rough', 'agrees', 'refused']

const outcome = await tested()

// To bring the page up to date: npx vitest run tests/graph/operators.test.ts -u
describe('docs/operators.md', () => {
  test('names every supported operator', () => {
    const read = [...Object.keys(EXPANSIONS), ...Object.keys(OPERATORS), ...Object.keys(ON_CONSTANTS)]
    const ours = ['SimplifiedLayerNormalization']
    expect(read.filter((name) => !STANDARD.includes(name) && !ours.includes(name))).toEqual([])
    expect([...STANDARD]).toEqual([...STANDARD].sort())
  })

  test('says what happens to each', async () => {
    // If the tests cannot run, the page is taken at its word.
    const said = new Map(
      [...page.matchAll(/^\| (\w+) +\| \w+ +\| ([^|]*?) *\| ([^|]*?) *\|$/gm)].map(
        ([, operator, read, gradient]) => [operator!, { read: read!, gradient: gradient! }],
      ),
    )
    const { counts, sum } = outcome ?? { counts: said, sum: /^Of all .* tests, .*$/m.exec(page)?.[0] }
    const rows = supports.map(([operator, support]) => {
      const { read, gradient } = counts.get(operator) ?? { read: '', gradient: '' }
      return [operator, support, read, gradient]
    })
    const standard = tableOf(['operator', 'regard', "ONNX's own tests", 'gradient'], rows)
    const fused = tableOf(['operator', 'regard'], fusedSupport())
    await expect(
      withPart(withPart(page, 'standard', `${standard}\n\n${sum}`), 'fused', fused),
    ).toMatchFileSnapshot(path)
  })
})

test.runIf(outcome)("a model from ONNX's own tests that is read gives the right result", () => {
  expect(outcome!.wrong).toEqual([])
})

test.runIf(outcome)("the gradient through a model from ONNX's own tests agrees with differences", () => {
  expect(outcome!.slopes).toEqual([])
})

describe('the gradient through an operator agrees with differences', () => {
  const smooth = supports.filter(
    ([operator, support]) => ['relevance', 'gradient'].includes(support) && sampleOf(operator).smooth,
  )
  test.each(smooth)('%s', async (operator) => {
    const { model } = sampleOf(operator)
    const random = new Random(operator)
    const g = GraphBuilder.from(withScores(readGraph(bytesOf(model), operator)))
    const scores = g.value('scores')
    const weights = float32(
      scores.shape as number[],
      Array.from({ length: sizeOf(scores.shape as number[]) }, () => random.normal()),
    )
    g.output('sum', g.reduceSum(g.mul(scores, g.constant(weights)), [0, 1], false))
    const graph = g.graph()
    const { builder, gradients } = gradient(graph, 'sum', ['x'])
    builder.output('slopes', gradients.get('x')!)
    const program = await (await nodeEngine({ threads: 1 })).load(builder.graph())
    const x = numbers(...(model.x as number[]))
    const run = (data: Float32Array) => program.run({ x: float32(x.shape, data) })
    const slopes = (await run(x.data)).slopes!.data as Float32Array
    const way = x.data.map(() => random.normal())
    const step = 1e-3
    const at = async (by: number) => Number((await run(x.data.map((v, k) => v + by * way[k]!))).sum!.data[0])
    const slope = ((await at(step)) - (await at(-step))) / (2 * step)
    await program.release()
    const ours = way.reduce((sum, value, k) => sum + value * slopes[k]!, 0)
    expect(Math.abs(ours - slope)).toBeLessThanOrEqual(0.01 * Math.hypot(...slopes))
  })
})
