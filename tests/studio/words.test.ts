import { expect, test } from 'vitest'
import { amountsOf, mapInWords, reachedInWords, readout, shareInWords } from '../../studio/look/words.ts'
import type { Look } from '../../studio/worker/protocol.ts'

/** A look whose map has this much for and against in each part. */
function look(name: string, amounts: Record<string, readonly [positive: number, negative: number]>): Look {
  const shares = Object.values(amounts).map(([positive, negative]) => ({ positive, negative, area: 0.1 }))
  return { name, parts: Object.keys(amounts), shares, probability: 0.7, value: undefined } as unknown as Look
}

test('shares of a side that is next to nothing are not told', () => {
  const red = look('f', { mouth: [30, 0], cheeks: [10, -0.001], background: [0, -0.2] })
  expect(mapInWords('one', red)).toContain(
    'Most relevance for: mouth 75 %, cheeks 25 %. Against: next to nothing.',
  )
  expect(amountsOf(red).map(shareInWords)).toEqual(['mouth 75 %', 'cheeks 25 %', 'background 0.0 %'])
  const blue = look('f', { mouth: [0.1, -30], cheeks: [0, -10] })
  expect(mapInWords('one', blue)).toContain('Most relevance for: next to nothing. Against: mouth 75 %.')
  expect(amountsOf(blue).map(shareInWords)).toEqual(['mouth −75 %', 'cheeks −25 %'])
})

test.each([
  [0.62, '62 % of the logit reached the pixels.'],
  [1.51, '151 % of the logit reached the pixels. Biases spoke against the answer.'],
  [0.011, '1.1 % of the logit reached the pixels. Read it with care.'],
  [-0.2, 'Less than 0.1 % of the logit reached the pixels. Read it with care.'],
])('what reached the pixels is told with what to mind: %d', (reached, told) => {
  expect(reachedInWords({ logit: 1, reached, warnings: [] })).toBe(told)
})

test('what moves an age makes the face younger or older', () => {
  const years = look('years', { mouth: [30, -5], cheeks: [10, -15] })
  expect(mapInWords('one', years)).toContain('Older: mouth 75 %, cheeks 25 %. Younger: cheeks 75 %.')
  expect(readout(amountsOf(years)[0]!, 'years')).toBe(
    'mouth: 75 % of what makes it older, 25 % of what makes it younger; 7.5 × its area',
  )
})
