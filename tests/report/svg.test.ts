import * as Plot from '@observablehq/plot'
import { expect, it } from 'vitest'
import { plot } from '../../src/report/svg.ts'

it('a plot rounds coordinates to hundredths of a pixel, and keeps its words as they are', () => {
  const { content } = plot({
    width: 100,
    height: 90,
    axis: null,
    marks: [Plot.text(['a 0.12345 < 1.23456'], { x: [1 / 7] }), Plot.dotX([0, 1 / 7, 1])],
  })
  expect(content.text).toMatch(/>a 0\.12345 &(lt|#60); 1\.23456</)
  expect(content.text).toMatch(/cx="\d+\.\d\d"/)
  expect(content.text.replace(/>[^<]*</g, '><')).not.toMatch(/\d\.\d{3}/)
})

it('words of a plot are text, never markup', () => {
  const hostile = '"><script>alert(1)</script><a href="javascript:alert(1)">&amp;'
  const { content } = plot({
    width: 100,
    height: 90,
    ariaLabel: hostile,
    x: { label: hostile, domain: [hostile] },
    marks: [
      Plot.text([hostile], { x: [hostile] }),
      Plot.dotX([hostile], { title: () => hostile, ariaLabel: hostile }),
    ],
  })
  expect(content.text).toContain('script')
  expect(content.text).not.toMatch(/<script|<a |[^=]"><[^/gptlcr]/)
})
