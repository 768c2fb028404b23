import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { type Explainer, type Explanation, loadExplainer } from '../../src/explanation/explain.ts'
import { float32 } from '../../src/graph/types.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { oneHot } from '../rules/targets.ts'

const SIZE = 51
const CLASSES = 3

const engine = await nodeEngine({ threads: 1 })
const network = livelyNetwork(SIZE, CLASSES)
const random = new Random('explain')
const input = float32(
  [1, 3, SIZE, SIZE],
  Float32Array.from({ length: 3 * SIZE ** 2 }, () => random.uniform(-130, 150)),
)

let explainer: Explainer
beforeAll(async () => {
  explainer = await loadExplainer(engine, network, composites.paper)
})
afterAll(() => explainer.release())

describe('explaining a picture', () => {
  it('gives logits, probabilities and the relevance that the relevance graph gives, for each class', async () => {
    const explanations = await explainer.explain(input, [2, 0])
    const program = await engine.load(relevance(network, composites.paper).graph)
    for (const [k, target] of [2, 0].entries()) {
      const alone = await program.run({ images: input, target: oneHot([target], CLASSES) })
      const { outputs, relevance: map, target: explained, logit } = explanations[k]!
      const { logits, probabilities } = outputs.logits!
      expect(explained.indexOf(1)).toBe(target)
      expect(logit).toBe(logits[target])
      closeTo(logits, alone.logits!.data as Float32Array)
      closeTo(map.data, alone.relevance!.data as Float32Array)
      expect(map.shape).toEqual([1, 3, SIZE, SIZE])
      expect(probabilities!.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
      const ratio = Math.exp(logits[0]! - logits[1]!)
      expect(probabilities![0]! / probabilities![1]!).toBeCloseTo(ratio, 4)
    }
    await program.release()
  })

  it("finds the network's own answer if asked for the top class", async () => {
    const [top, one] = await explainer.explain(input, ['top', 1])
    const { logits } = top!.outputs.logits!
    const answer = logits.indexOf(Math.max(...logits))
    expect([...top!.target].indexOf(1)).toBe(answer)
    expect([...one!.target]).toEqual([0, 1, 0])
    const [named] = await explainer.explain(input, [answer])
    closeTo(top!.relevance.data, named!.relevance.data)
  })

  it('explains the difference of two classes, and what speaks against one', async () => {
    const [two, zero, difference, against] = await explainer.explain(input, [
      2,
      0,
      { class: 2, minus: 0 },
      { against: 0 },
    ])
    const minus = zero!.relevance.data.map((value) => -value)
    closeTo(
      difference!.relevance.data,
      two!.relevance.data.map((value, k) => value + minus[k]!),
    )
    closeTo(against!.relevance.data, minus)
    expect(difference!.logit).toBeCloseTo(two!.logit - zero!.logit, 6)
  })

  it('reports where the relevance went in each layer', async () => {
    const reporting = await loadExplainer(engine, network, composites.paper, { conservation: true })
    const [{ conservation, relevance: map, logit }] = (await reporting.explain(input, [1])) as [Explanation]
    await reporting.release()
    expect(conservation.map(({ layer, rule }) => [layer, rule])).toEqual([
      ['fc8', 'epsilon(0.01)'],
      ['fc7', 'epsilon(0.01)'],
      ['fc6', 'epsilon(0.01)'],
      ['conv3', 'alpha-beta(2, -1)'],
      ['conv2', 'alpha-beta(2, -1)'],
      ['conv1', 'flat'],
    ])
    const most = Math.max(...conservation.map((layer) => Math.abs(layer.in)))
    for (const layer of conservation) {
      const { bias, epsilon, padding } = layer
      expect(Math.abs(layer.in - layer.out - bias - epsilon - padding) / most, layer.layer).toBeLessThan(1e-5)
    }
    expect(conservation[0]!.in).toBeCloseTo(logit, 5)
    expect(conservation[5]!.out).toBeCloseTo(
      map.data.reduce((a, b) => a + b),
      4,
    )
  })

  it('refuses a class that the network lacks', async () => {
    for (const target of [-1, CLASSES, 0.5]) {
      await expect(explainer.explain(input, [target])).rejects.toThrow(/has 0 to 2/)
    }
  })
})

/** Equal within a millionth of the largest number. */
function closeTo(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length)
  const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
  const error = expected.reduce((worst, value, k) => Math.max(worst, Math.abs(value - actual[k]!)), 0)
  expect(most).toBeGreaterThan(0)
  expect(error / most).toBeLessThan(1e-6)
}
