import { expect, it } from 'vitest'
import { relevanceByPart } from '../../src/explanation/byPart.ts'

it('the relevance of each part is the sum over its pixels, within the centre that the map shows', () => {
  const labels = {
    width: 4,
    height: 4,
    data: Uint8Array.from([2, 2, 2, 2, 2, 0, 1, 2, 2, 1, 1, 2, 2, 2, 2, 2]),
  }
  const map = { width: 2, height: 2, data: Float32Array.from([1, 2, 4, -8]) }
  expect(relevanceByPart(map, labels, ['eyes', 'nose', 'hair', 'mouth'])).toEqual({
    eyes: 1,
    nose: -2,
    hair: 0,
    mouth: 0,
  })
})
