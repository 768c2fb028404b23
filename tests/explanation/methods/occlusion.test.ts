import { expect, test } from 'vitest'
import { occlusion } from '../../../src/explanation/methods/occlusion.ts'
import { livelyNetwork } from '../../networks/lively.ts'
import { differentiable, distance, linearNetwork, randomInput } from './network.ts'

const target = Float32Array.of(1, 0, 0)

test('each pixel gets the mean drop of the score over the squares that cover it', async () => {
  const { network } = linearNetwork()
  const { scoresOf, release } = await differentiable(network)
  const input = randomInput([1, 2, 6, 5], 'input')
  for (const [window, stride, fill] of [
    [2, 2, 0],
    [3, 2, 7],
    [4, 3, -1],
    [1, 1, 0],
    [9, 1, 0],
  ] as const) {
    const map = await occlusion(scoresOf, input, target, { window, stride, fill })
    expect(map.shape).toEqual([1, 6, 5])

    // Pixel by pixel, square by square, each covered picture run by itself.
    const [whole] = await scoresOf(input, target)
    const sums = Array.from({ length: 30 }, () => ({ sum: 0, count: 0 }))
    let [top, covered] = [0, 0]
    do {
      covered = top + window
      let [left, right] = [0, 0]
      do {
        right = left + window
        const pixels = sums.flatMap((_, k) => {
          const [y, x] = [Math.floor(k / 5), k % 5]
          return y >= top && y < covered && x >= left && x < right ? [k] : []
        })
        const data = input.data.slice()
        for (const k of pixels) data[k] = data[30 + k] = fill
        const [score] = await scoresOf({ ...input, data }, target)
        for (const k of pixels) {
          sums[k]!.sum += whole! - score!
          sums[k]!.count++
        }
        left += stride
      } while (right < 5)
      top += stride
    } while (covered < 6)
    const expected = sums.map(({ sum, count }) => sum / count)
    expect(distance(map.data, expected), `${window} ${stride}`).toBeLessThan(1e-5)
  }
  await release()
})

test('the number of pictures that run together does not matter', async () => {
  const { scoresOf, release } = await differentiable(livelyNetwork(51, 3))
  const input = randomInput([1, 3, 51, 51], 'input')
  const run = (batch: number) => occlusion(scoresOf, input, target, { window: 16, stride: 10, batch })
  const one = await run(1)
  for (const batch of [4, 7, 100]) expect(distance((await run(batch)).data, one.data)).toBeLessThan(1e-5)
  await release()
})

test('squares that leave pixels uncovered are refused', async () => {
  const input = randomInput([1, 2, 6, 5], 'input')
  const scoresOf = async () => new Float32Array(1)
  await expect(occlusion(scoresOf, input, target, { window: 2, stride: 3 })).rejects.toThrow(
    /^stride: is 3\. Give at most 2/,
  )
  await expect(occlusion(scoresOf, input, target, { window: 0, stride: 1 })).rejects.toThrow(/^window: is 0/)
})
