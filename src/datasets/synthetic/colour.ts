import type { Colour } from '../../pictures/image.ts'

/** Between two colours: `a` at 0, `b` at 1. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  return [
    Math.round(a[0] + (b[0] - a[0]) * share),
    Math.round(a[1] + (b[1] - a[1]) * share),
    Math.round(a[2] + (b[2] - a[2]) * share),
  ]
}

/** The colour at a place between 0 and 1 along a list of evenly spaced colours. */
export function ramp(colours: readonly Colour[], place: number): Colour {
  const at = Math.min(Math.max(place, 0), 1) * (colours.length - 1)
  const below = Math.min(Math.floor(at), colours.length - 2)
  return mix(colours[below]!, colours[below + 1]!, at - below)
}

/** The colour as SVG writes it. */
export function css(colour: Colour): string {
  return `rgb(${colour.join(',')})`
}
