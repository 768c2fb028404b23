import { expect, test } from 'vitest'
import { inBatches } from '../../../src/explanation/methods/program.ts'
import { float32 } from '../../../src/graph/types.ts'

const input = float32([1, 2], [10, 20])
const target = Float32Array.of(1)

test('each variation is written once, in order, into its own copy of the input', async () => {
  const seen: number[][] = []
  const vary = (k: number, into: Float32Array) => {
    into[0]! += k
  }
  await inBatches(input, target, { count: 7, batch: 3 }, vary, async ({ shape, data }, targets, first) => {
    expect([shape, targets.length, first]).toEqual([[data.length / 2, 2], data.length / 2, seen.length])
    for (let row = 0; row < shape[0]!; row++) seen.push([...data.subarray(2 * row, 2 * row + 2)])
  })
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => [10 + k, 20]))
})

test('while some run only the next are prepared', async () => {
  const events: string[] = []
  await inBatches(
    input,
    target,
    { count: 6, batch: 2 },
    (k) => events.push(`write ${k}`),
    async (_, __, first) => {
      events.push(`run ${first}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      events.push(`ran ${first}`)
    },
  )
  expect(events).toEqual(
    ['write 0', 'write 1', 'run 0', 'write 2', 'write 3', 'ran 0'].concat([
      'run 2',
      'write 4',
      'write 5',
      'ran 2',
      'run 4',
      'ran 4',
    ]),
  )
})

test('running inputs keep their numbers while the next are written', async () => {
  await inBatches(
    input,
    target,
    { count: 9, batch: 1 },
    (k, into) => into.fill(k),
    async ({ data }, _, first) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      expect([...data]).toEqual([first, first])
    },
  )
})

test('an error while preparing or running ends everything', async () => {
  const run = async () => {}
  const wrong = () => {
    throw new Error('cannot vary')
  }
  await expect(inBatches(input, target, { count: 2, batch: 1 }, wrong, run)).rejects.toThrow('cannot vary')
  const failing = () => Promise.reject(new Error('cannot run'))
  await expect(inBatches(input, target, { count: 2, batch: 1 }, () => {}, failing)).rejects.toThrow(
    'cannot run',
  )
})
