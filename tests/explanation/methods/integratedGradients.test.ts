import { expect, test } from 'vitest'
import { integratedGradients } from '../../../src/explanation/methods/integratedGradients.ts'
import { livelyNetwork } from '../../networks/lively.ts'
import { differentiable, distance, linearNetwork, randomInput } from './network.ts'

const target = Float32Array.of(0, 1, -1)

test('in a linear network each input contributes its weight times its distance from the baseline', async () => {
  const { network, weights } = linearNetwork()
  const { gradientOf, release } = await differentiable(network)
  const input = randomInput([1, 2, 6, 5], 'input')
  const baseline = randomInput([1, 2, 6, 5], 'baseline')
  const { attribution, difference, sum } = await integratedGradients(gradientOf, input, target, {
    baseline,
    steps: 3,
  })
  const expected = input.data.map((x, i) => (x - baseline.data[i]!) * (weights[60 + i]! - weights[120 + i]!))
  expect(attribution.shape).toEqual(input.shape)
  expect(distance(attribution.data, expected)).toBeLessThan(1e-5)
  expect(sum / difference).toBeCloseTo(1, 4)
  await release()
})

test('in a convolutional network the contributions add up to the difference of the scores', async () => {
  const { gradientOf, scoresOf, release } = await differentiable(livelyNetwork(51, 3))
  const input = randomInput([1, 3, 51, 51], 'input')
  const zeros = { ...input, data: new Float32Array(input.data.length) }
  const oneClass = Float32Array.of(0, 1, 0)
  for (const baseline of [undefined, randomInput([1, 3, 51, 51], 'baseline', -5, 5)]) {
    const run = (steps: number) =>
      integratedGradients(gradientOf, input, oneClass, { baseline, steps, batch: 32 })
    const [coarse, fine] = [await run(64), await run(512)]
    const [above] = await scoresOf(input, oneClass)
    const [below] = await scoresOf(baseline ?? zeros, oneClass)
    expect(coarse.difference).toBeCloseTo(above! - below!, 5)
    const added = coarse.attribution.data.reduce((total, value) => total + value, 0)
    expect(coarse.sum).toBeCloseTo(added, 6)
    // White noise and max pooling make the gradient jump all along the path: the integral's error.
    const gap = ({ sum, difference }: typeof coarse) => Math.abs(sum - difference) / Math.abs(difference)
    expect(gap(coarse)).toBeLessThan(1e-2)
    expect(gap(fine)).toBeLessThan(1e-3)
  }
  await release()
})

test('the number of points that run together does not matter', async () => {
  const { gradientOf, release } = await differentiable(livelyNetwork(51, 3))
  const input = randomInput([1, 3, 51, 51], 'input')
  const run = (batch: number) => integratedGradients(gradientOf, input, target, { steps: 10, batch })
  const one = await run(1)
  for (const batch of [3, 5, 12, 100]) {
    const many = await run(batch)
    expect(distance(many.attribution.data, one.attribution.data)).toBeLessThan(1e-5)
    expect(many.difference).toBeCloseTo(one.difference, 5)
  }
  await release()
})

test('a baseline of another shape is refused', async () => {
  const { gradientOf, release } = await differentiable(linearNetwork().network)
  const input = randomInput([1, 2, 6, 5], 'input')
  const baseline = randomInput([1, 2, 3, 5], 'baseline')
  await expect(integratedGradients(gradientOf, input, target, { baseline })).rejects.toThrow(
    /baseline \[1, 2, 3, 5\] differs from the input \[1, 2, 6, 5\]/,
  )
  await release()
})
