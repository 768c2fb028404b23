import ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { readGraph } from '../../../src/graph/file.ts'
import type { Tensor } from '../../../src/graph/types.ts'
import { bytesOf, type Model, node, numbers } from './model.ts'

/** A form of an operator: its name, its opsets, the shape of x, nodes that make y from x, constants. */
export type Case = [
  name: string,
  opsets: number[],
  shape: number[],
  nodes: Model['nodes'],
  constants?: Record<string, Tensor>,
]

/** The oldest and newest supported opsets, and some between. */
export const ANY = [7, 9, 11, 13, 17, 21, 26]

/** Two pictures of four channels. */
export const picture = [2, 4, 7, 8]

/** A node that makes y from x and constants. */
export function one(op: string, attributes: Parameters<typeof node>[3] = {}, constants: string[] = []) {
  return [node(op, ['x', ...constants], ['y'], attributes)]
}

/** A test for each form: the graph as read computes what ONNX Runtime computes from the original bytes. */
export function testSideBySide(cases: readonly Case[]): void {
  test.each(cases)('%s, opset %j', async (_, opsets, shape, nodes, constants) => {
    for (const opset of opsets)
      await expectAgreement({ opset, x: shape, nodes, constants }, numbers(...shape))
  })
}

/** Run a model's own bytes in ONNX Runtime, and the graph read from them in our engine. */
export async function expectAgreement(model: Model, x: Tensor, tolerance = 1e-5): Promise<void> {
  const bytes = bytesOf(model)
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const theirs = (await session.run({ x: new ort.Tensor(x.type, x.data as never, x.shape) })).y!
  await session.release()
  const graph = readGraph(bytes, 'model.onnx')
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const type = graph.inputs[0]!.type
  const data = type === x.type ? x.data : Float32Array.from(x.data as Float32Array)
  const ours = (await program.run({ x: { ...x, type, data } as Tensor })).y!
  await program.release()
  expect(ours.shape, `opset ${model.opset}`).toEqual(theirs.dims)
  const expected = Array.from(theirs.data as ArrayLike<number | bigint>, Number)
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  expected.forEach((value, k) => {
    const difference = Math.abs(value - Number(ours.data[k]))
    expect(difference, `opset ${model.opset}, element ${k}`).toBeLessThanOrEqual(tolerance * largest)
  })
}
