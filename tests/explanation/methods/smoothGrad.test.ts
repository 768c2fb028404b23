import { expect, test } from 'vitest'
import { smoothGrad } from '../../../src/explanation/methods/smoothGrad.ts'
import { livelyNetwork } from '../../networks/lively.ts'
import { differentiable, distance, linearNetwork, randomInput } from './network.ts'

const target = Float32Array.of(0, 1, 0)

test('for a linear network SmoothGrad is the gradient, whatever the noise', async () => {
  const { network, weights } = linearNetwork()
  const { gradientOf, release } = await differentiable(network)
  const input = randomInput([1, 2, 6, 5], 'input')
  const map = await smoothGrad(gradientOf, input, target, { samples: 5, noise: 0.5 })
  expect(map.shape).toEqual([1, 2, 6, 5])
  expect(distance(map.data, weights.subarray(60, 120))).toBeLessThan(1e-6)
  await release()
})

test('the same seed gives the same bits, another seed other noise, whatever the batch size', async () => {
  const { gradientOf, release } = await differentiable(livelyNetwork(51, 3))
  const input = randomInput([1, 3, 51, 51], 'input')
  const run = (options: object) => smoothGrad(gradientOf, input, target, { samples: 7, ...options })
  const map = await run({ seed: 'a' })
  expect((await run({ seed: 'a' })).data).toEqual(map.data)
  expect(distance((await run({ seed: 'b' })).data, map.data)).toBeGreaterThan(0.01)
  for (const batch of [1, 3, 7]) {
    expect(distance((await run({ seed: 'a', batch })).data, map.data)).toBeLessThan(1e-5)
  }
  await release()
})

test('without noise it is the gradient, and it is the mean over inputs with noise of the stated size', async () => {
  const { gradientOf, release } = await differentiable(livelyNetwork(51, 3))
  const input = randomInput([1, 3, 51, 51], 'input', 10, 210)
  const { gradients } = await gradientOf(input, target)
  const quiet = await smoothGrad(gradientOf, input, target, { samples: 2, noise: 0 })
  expect(distance(quiet.data, gradients.data)).toBeLessThan(1e-6)

  const seen: number[] = []
  await smoothGrad(
    async (inputs, targets) => {
      seen.push(...inputs.data.map((value, k) => value - input.data[k % input.data.length]!))
      return gradientOf(inputs, targets)
    },
    input,
    target,
    { samples: 4, noise: 0.1 },
  )
  const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length
  const deviation = Math.sqrt(seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seen.length)
  expect(mean).toBeCloseTo(0, 0)
  expect(deviation / 200).toBeCloseTo(0.1, 2)
  await release()
})

test('a senseless number is refused by name', async () => {
  const input = randomInput([1, 2, 6, 5], 'input')
  const gradientOf = async () => {
    throw new Error('not run')
  }
  await expect(smoothGrad(gradientOf, input, target, { samples: 0 })).rejects.toThrow(/^samples: is 0/)
  await expect(smoothGrad(gradientOf, input, target, { noise: -1 })).rejects.toThrow(/^noise: is -1/)
  await expect(smoothGrad(gradientOf, input, target, { batch: 1.5 })).rejects.toThrow(/^batch: is 1.5/)
})
