import { expect, it } from 'vitest'
import { type FoundFace, mainFace } from '../../src/faces/face.ts'

const photo = { width: 100, height: 80 }

function face(left: number, top: number, side: number, score: number): FoundFace {
  return { box: { left, top, width: side, height: side }, score, mesh: [], presence: 1 }
}

it('the main face is the surest that covers the centre of the photo', () => {
  const [large, small, surer] = [face(5, 0, 70, 0.7), face(40, 30, 20, 0.8), face(42, 32, 15, 0.9)]
  expect(mainFace([face(0, 0, 30, 1), small, surer, large], photo)).toBe(surer)
})

it('the main face is the largest if none covers the centre', () => {
  const [small, large] = [face(0, 0, 10, 0.9), face(70, 50, 25, 0.6)]
  expect(mainFace([small, large], photo)).toBe(large)
  expect(mainFace([large], photo)).toBe(large)
})

it('a photo without a face has no main face', () => {
  expect(mainFace([], photo)).toBeUndefined()
})
