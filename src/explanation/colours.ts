import type { Colour } from '../pictures/image.ts'

/**
 * The colour of a relevance, as in the figures of Lapuschkin et al. 2017: black where there is none; hot colours
 * (black, red, yellow, white) for what speaks for the class, cold ones (black, blue, cyan, white) for what speaks
 * against it. The cold side is the hot one with red and blue swapped, so that equal amounts look equally strong.
 *
 * @param value −1 to 1; anything outside is clamped
 */
export function heatColour(value: number): Colour {
  const amount = Math.min(Math.abs(value), 1)
  // Three equal sections: the first channel rises, then the second, then the third.
  const light = (stretch: number) => Math.round(255 * Math.min(Math.max(3 * amount - stretch, 0), 1))
  const [first, second, third] = [light(0), light(1), light(2)]
  return value >= 0 ? [first, second, third] : [third, second, first]
}
