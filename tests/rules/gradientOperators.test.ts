import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { OPERATORS, type Operator } from '../../src/graph/operators.ts'
import { gradient } from '../../src/rules/gradient/gradient.ts'
import { build, expectDerivative, expectSharing } from './differences.ts'
import { groups } from './gradientCases.ts'

const B = 'batch'

for (const [group, cases] of Object.entries(groups)) {
  describe(`the gradient agrees with central differences: ${group}`, () => {
    test.each(Object.entries(cases))('%s', async (name, subject) => {
      await expectDerivative(subject, name)
    })
  })
}

// A batch that moves, or is summed over, cannot be shared.
const ONE_FORWARD_PASS_EACH = ['Transpose that moves the batch', 'ReduceSum of everything, an open batch too']

for (const [group, cases] of Object.entries(groups)) {
  describe(`three targets that share one forward pass get what each gets alone: ${group}`, () => {
    const shared = Object.entries(cases).filter(([name]) => !ONE_FORWARD_PASS_EACH.includes(name))
    test.each(shared.filter(([, { inputs }]) => inputs.some(({ shape }) => shape[0] === B)))(
      '%s',
      async (name, subject) => {
        expect(await expectSharing(subject, name)).toBe(true)
      },
    )
  })
}

test('every operator is tested above, or its gradient gives an error that names the node', () => {
  const all = Object.values(groups).flatMap((cases) => Object.values(cases))
  const tested = new Set(all.flatMap((subject) => build(subject, 'float32', B).nodes.map(({ op }) => op)))
  const integers: Operator[] = ['ArgMax', 'CumSum', 'Equal', 'Greater', 'GreaterOrEqual', 'OneHot', 'Shape']
  const others: Operator[] = ['ConstantOfShape', 'Scan', 'ScatterElements']
  // It has its own test file.
  const elsewhere: Operator[] = ['Resize']
  const missing = Object.keys(OPERATORS).filter((name) => {
    const known = [...tested, ...integers, ...others, ...elsewhere]
    return !known.includes(name as Operator)
  })
  expect(missing).toEqual([])
})

test('asking for a missing gradient names the node and says what to do', () => {
  const g = new GraphBuilder('refused')
  const x = g.input('x', 'float32', [2, 3])
  const exponent = g.input('p', 'float32', [])
  g.output('power', g.reduceSum(g.op('Pow', [x, exponent], {}, 'growth'), [0, 1], false))
  expect(() => gradient(g.graph(), 'power', ['x'])).toThrow(/node growth \(Pow\).*constant/)
})

test('a mean over an open batch is refused: its size is part of the derivative', () => {
  const g = new GraphBuilder('open')
  const scores = g.input('scores', 'float32', [B, 3])
  const labels = g.input('labels', 'int64', [B])
  g.output('loss', g.op('SoftmaxCrossEntropyLoss', [scores, labels], {}, 'criterion'))
  g.output('mean', g.op('ReduceMean', [scores, g.integers([0, 1])], { keepdims: 0 }, 'average'))
  expect(() => gradient(g.graph(), 'loss', ['scores'])).toThrow(/node criterion .*size of axis 0/)
  expect(() => gradient(g.graph(), 'mean', ['scores'])).toThrow(/node average .*size of axis 0/)
})
