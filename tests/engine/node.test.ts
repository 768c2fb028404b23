import { expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32, type Graph, int64 } from '../../src/graph/types.ts'

function scaled(): Graph {
  const g = new GraphBuilder('scaled')
  const x = g.input('x', 'float32', ['batch', 2])
  const by = g.input('by', 'float32', ['batch', 1])
  g.output('y', g.mul(x, by))
  return g.graph()
}

const x = float32([2, 2], [1, 2, 3, 4])
const by = float32([2, 1], [10, 100])

test('a program gives its outputs by name, with their shapes', async () => {
  const program = await (await nodeEngine()).load(scaled())
  const { y } = await program.run({ x, by })
  expect(y).toEqual(float32([2, 2], [10, 20, 300, 400]))
  await program.release()
})

test('an output is written into the given tensor', async () => {
  const program = await (await nodeEngine()).load(scaled())
  const into = float32([2, 2])
  const { y } = await program.run({ x, by }, { y: into })
  expect(y).toBe(into)
  expect([...into.data]).toEqual([10, 20, 300, 400])
})

test('a mismatch is an error that names the input or output', async () => {
  const program = await (await nodeEngine()).load(scaled())
  await expect(program.run({ x })).rejects.toThrow('input by is missing')
  await expect(program.run({ x, by, z: x })).rejects.toThrow('there is no input z')
  await expect(program.run({ x: float32([2, 3]), by })).rejects.toThrow('input x must be float32 [batch, 2]')
  await expect(program.run({ x: int64([2, 2], [1, 2, 3, 4]), by })).rejects.toThrow('not int64 [2, 2]')
  await expect(program.run({ x, by: float32([3, 1]) })).rejects.toThrow('input by must be float32 [batch, 1]')
  await expect(program.run({ x, by }, { y: float32([2, 1]) })).rejects.toThrow('output y must be')
})
