import { expect, it } from 'vitest'
import { Batches } from '../../src/training/batches.ts'

it('the part that training hides is swapped with pictures of all other classes, in the same draws as ever', () => {
  const labels = [0, 1, 2, 0, 1, 1, 0, 2, 1, 1]
  const pixels = labels.map((_, k) => ({ file: 0, offset: k, size: 4, channels: 3 as const, sha256: `${k}` }))
  const maps = pixels.map((picture) => ({ ...picture, channels: 1 as const }))
  const pictures = { size: 4, pixels, labels, parts: { names: ['mark'], maps } }
  const hide = { part: 'mark', probability: 0.75, how: 'swap' } as const
  const batches = new Batches({
    pictures,
    crop: 3,
    batch: 10,
    masks: [],
    augmentation: { hide },
    seed: 'swap',
  })
  const swaps = (steps: number) =>
    batches
      .draw(steps)
      .windows.flatMap(({ picture, hidden }) =>
        hidden ? [[picture.offset, hidden.other.picture.offset] as const] : [],
      )
  expect(swaps(2).map(String).join(' ')).toBe(
    '1,2 3,7 0,4 4,2 5,2 7,4 9,2 6,5 4,7 8,3 7,9 6,5 1,3 0,7 5,6 3,8 9,2',
  )
  const pairs = labels.flatMap((own, k) => labels.flatMap((other, l) => (other === own ? [] : `${k},${l}`)))
  expect(new Set(swaps(100).map(String))).toEqual(new Set(pairs))
})
