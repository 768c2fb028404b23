import { expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import {
  channelsFirst,
  channelsLast,
  networkChannelsFirst,
} from '../../../src/explanation/methods/channelsFirst.ts'
import { GraphBuilder } from '../../../src/graph/builder.ts'
import { float32 } from '../../../src/graph/types.ts'
import { randomInput } from './network.ts'

test('pictures are transposed so that each channel is a plane, and back', () => {
  // Two pixels of three channels.
  const picture = float32([1, 1, 2, 3], [1, 2, 3, 4, 5, 6])
  const turned = channelsFirst(picture)
  expect(turned.shape).toEqual([1, 3, 1, 2])
  expect([...turned.data]).toEqual([1, 4, 2, 5, 3, 6])
  expect(channelsLast(turned)).toEqual(picture)
})

test('a transposed network answers a transposed picture as the original answers the original', async () => {
  const g = new GraphBuilder('sums')
  const x = g.input('x', 'float32', ['batch', 2, 4, 3])
  g.output('y', g.reduceSum(g.op('Mul', [x, g.constant(randomInput([2, 4, 3], 'weights'))]), [1, 2], false))
  const engine = await nodeEngine({ threads: 1 })
  const [own, other] = [await engine.load(g.graph()), await engine.load(networkChannelsFirst(g.graph()))]
  const picture = randomInput([2, 2, 4, 3], 'picture')
  const expected = await own.run({ x: picture })
  expect(await other.run({ x: channelsFirst(picture) })).toEqual(expected)
  await own.release()
  await other.release()
})
