import { expect, it } from 'vitest'
import { mainFace } from '../../src/faces/mainFace.ts'

const photo = { width: 100, height: 80 }

function face(left: number, top: number, side: number) {
  return { box: { left, top, width: side, height: side } }
}

it('the main face is the surest that holds the centre of the photo', () => {
  const [large, small, surer] = [face(5, 0, 70), face(40, 30, 20), face(42, 32, 15)]
  expect(mainFace([face(0, 0, 30), surer, small, large], photo)).toBe(surer)
})

it('the main face is the largest where none holds the centre', () => {
  const [small, large] = [face(0, 0, 10), face(70, 50, 25)]
  expect(mainFace([small, large], photo)).toBe(large)
  expect(mainFace([large], photo)).toBe(large)
})

it('a photo without a face has no main face', () => {
  expect(mainFace([], photo)).toBeUndefined()
})
