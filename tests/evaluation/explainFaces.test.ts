import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { requireEvaluable } from '../../src/evaluation/evaluate.ts'
import { keyOf } from '../../src/evaluation/explainFaces.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32, int64 } from '../../src/graph/types.ts'
import { modelOf, type OpenedCard } from '../../src/models/model.ts'

const none = { kind: 'folder', root: '/photos', faces: [] } as unknown as Dataset

/** A network with a node that is told a 64-bit whole number. */
function told(value: number, card: OpenedCard = { classes: ['m', 'f'], task: 'gender' }) {
  const g = new GraphBuilder('told')
  const x = g.input('x', 'float32', ['batch', 3, 8, 8])
  const flat = g.op('Flatten', [x])
  const filled = g.op('ConstantOfShape', [g.op('Shape', [flat])], { value: int64([1], [value]) })
  const sum = g.op('Add', [flat, g.op('Cast', [filled], { to: 'float32' })])
  g.output('y', g.op('MatMul', [sum, g.constant(float32([192, 2]))]))
  const input = { channels: 'RGB', scale: 1, mean: 0 } as const
  return requireEvaluable([modelOf(g.graph(), 'told.onnx', { ...card, alignment: 'r', input })])
}

test('explained faces are kept apart by the whole numbers in a network, which JSON cannot hold', () => {
  expect(keyOf(told(1), none, {})).toBe(keyOf(told(1), none, {}))
  expect(keyOf(told(1), none, {})).not.toBe(keyOf(told(2), none, {}))
})

test('explained faces are kept apart by what the answers mean: the names of the classes, the ages', () => {
  const cards: OpenedCard[] = [
    { classes: ['m', 'f'], task: 'gender' },
    { classes: ['f', 'm'], task: 'gender' },
    { ages: [20, 40], task: 'years' },
    { ages: [30, 60], task: 'years' },
  ]
  expect(new Set(cards.map((card) => keyOf(told(1, card), none, {}))).size).toBe(cards.length)
})

test('explained faces are kept apart by each file that a face is made from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-key-'))
  const [photo, landmarks, mask, cut] = ['photo', 'landmarks', 'mask', 'cut'].map((name) =>
    join(folder, name),
  )
  for (const file of [photo, landmarks, mask, cut]) writeFileSync(file!, 'before')
  const face = { id: 'a', subject: 'a', photo, landmarks, mask, published: { r: cut } }
  const faces = { ...none, faces: [face] } as unknown as Dataset
  const keys = [keyOf(told(1), faces, {})]
  for (const file of [photo, landmarks, mask, cut]) {
    writeFileSync(file!, 'another')
    keys.push(keyOf(told(1), faces, {}))
  }
  expect(new Set(keys).size).toBe(5)
})
