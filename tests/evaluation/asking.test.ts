import { describe, expect, it } from 'vitest'
import type { Face } from '../../src/datasets/dataset.ts'
import { askingOf } from '../../src/evaluation/asking.ts'
import { requireEvaluable } from '../../src/evaluation/evaluate.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32 } from '../../src/graph/types.ts'
import { modelOf } from '../../src/models/model.ts'

/** A network that reads years, with a class for each of these ages; with none, its answer is one number. */
function reading(ages: readonly number[]) {
  const g = new GraphBuilder('years')
  const x = g.input('x', 'float32', ['batch', 3, 8, 8])
  const outputs = Math.max(1, ages.length)
  g.output('y', g.op('MatMul', [g.op('Flatten', [x]), g.constant(float32([192, outputs]))]))
  const input = { channels: 'RGB', scale: 1, mean: 0 } as const
  const card = { task: 'years', alignment: 'r', input, ...(ages.length > 0 && { ages: [...ages] }) } as const
  return requireEvaluable([modelOf(g.graph(), 'years.onnx', card)])
}

const face: Face = { id: 'a', subject: 'a', photo: 'a.jpg', years: 30 }

/** What the expected age of the face is compared with, where another network says a group of ages. */
const rather = (ages: readonly number[], group: number) =>
  askingOf(reading(ages), [face], { rather: new Map([['a', group]]) }).asks(face)

describe('an age in years', () => {
  it('is compared with the mean label', () => {
    expect(askingOf(reading([0, 50, 100]), [face, { ...face, years: 45 }], {}).asks(face)).toEqual({
      class: 'years',
      minus: '37.5',
    })
  })

  it('is compared with the middle of the group that another network says', () => {
    expect(rather([0, 50, 100], 7)).toEqual({ class: 'years', minus: '70' })
    // These end at 65: the middle of its own classes in the group, 60 and 65.
    expect(rather([15, 30, 45, 60, 65], 7)).toEqual({ class: 'years', minus: '62.5' })
  })

  it('leaves out faces if its own ages do not reach that group', () => {
    expect(rather([15, 30, 45], 7)).toBeUndefined()
    expect(rather([15, 30, 45, 60], 7)).toBeUndefined()
    expect(rather([15, 30, 45], 0)).toBeUndefined()
  })

  it('of a network whose answer is one number cannot be explained rather than another', () => {
    expect(() => rather([], 7)).toThrow(
      /its answer is one number, and cannot be explained rather than another/,
    )
  })
})
