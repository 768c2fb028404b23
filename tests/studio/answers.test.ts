import { answersOf, explainBy, float32, GraphBuilder, loadEngine, loadModelExplainer, modelOf } from 'regard'
import { expect, test } from 'vitest'
import { answerOf } from '../../studio/worker/answers.ts'

test('an output without a softmax is answered in probabilities, also where another is explained', async () => {
  const g = new GraphBuilder('two')
  const input = g.input('x', 'float32', [1, 3, 4, 4])
  const flat = g.reshape(input, [1, 48])
  const weights = (count: number) =>
    g.constant(
      float32(
        [48, count],
        Float32Array.from({ length: 48 * count }, (_, k) => ((k * 7) % 11) / 40),
      ),
    )
  g.output('age', g.matmul(flat, weights(3)))
  g.output('gender', g.matmul(flat, weights(2)))
  const card = {
    answers: [
      { output: 'age', task: 'age', classes: ['young', 'grown', 'old'] },
      { output: 'gender', task: 'gender', classes: ['f', 'm'] },
    ],
    input: { channels: 'RGB', scale: 1 / 255, mean: 0 },
  } as const
  const [age, gender] = answersOf(modelOf(g.graph(), 'two.onnx', JSON.parse(JSON.stringify(card))))
  const explainer = await loadModelExplainer(age!, { engine: await loadEngine(), composite: 'epsilon' })
  const picture = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, k) => k * 5) }
  const found = await explainBy(explainer, age!, picture)
  await explainer.release()
  for (const model of [age!, gender!]) {
    const [...logits] = found.outputs[model.output]!.logits
    const powers = logits.map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    const byHand = powers.map((power) => power / sum).sort((a, b) => b - a)
    const { classes } = answerOf(model, found)
    expect(classes).toHaveLength(logits.length)
    for (const [k, { probability }] of classes.entries()) expect(probability).toBeCloseTo(byHand[k]!, 5)
  }
})
