/** Layers that a face is drawn from, the rearmost first. */

import type { Colour } from '../../pictures/image.ts'
import { css } from './colour.ts'
import type { Frame } from './frame.ts'
import type { Part } from './parts.ts'
import { number } from './path.ts'

export interface DrawnLayer {
  readonly frame: Frame
  /** SVG elements of the shaded picture. */
  readonly shaded: string
  /** The same layer's regions for the mask picture, the rearmost first. */
  readonly regions: readonly Region[]
}

/** A region of the mask picture that belongs to a part. */
export interface Region {
  readonly part: Part
  /** SVG path data. */
  readonly d: string
  /** Width of a line along the path that belongs to the region too. */
  readonly line?: number
  /** True where the line alone is the region. */
  readonly hollow?: boolean
}

/** A filled path. `paint` is a colour or a reference to a gradient. */
export function fill(d: string, paint: Colour | string, opacity = 1): string {
  return `<path d="${d}" fill="${typeof paint === 'string' ? paint : css(paint)}"${opacityOf('fill', opacity)}/>`
}

/** A line with round ends along a path. */
export function line(d: string, colour: Colour, width: number, opacity = 1): string {
  return (
    `<path d="${d}" fill="none" stroke="${css(colour)}" stroke-width="${number(width)}" ` +
    `stroke-linecap="round" stroke-linejoin="round"${opacityOf('stroke', opacity)}/>`
  )
}

/** A soft round spot that fades to nothing at its edge. */
export function spot(
  id: string,
  x: number,
  y: number,
  rx: number,
  ry: number,
  colour: Colour,
  opacity: number,
): string {
  const stop = (offset: number, share: number) =>
    `<stop offset="${offset}" stop-color="${css(colour)}" stop-opacity="${number(share * opacity)}"/>`
  return (
    `<radialGradient id="${id}">${stop(0, 1)}${stop(0.5, 0.6)}${stop(1, 0)}</radialGradient>` +
    `<ellipse cx="${number(x)}" cy="${number(y)}" rx="${rx}" ry="${ry}" fill="url(#${id})"/>`
  )
}

function opacityOf(what: 'fill' | 'stroke', opacity: number): string {
  return opacity === 1 ? '' : ` ${what}-opacity="${number(opacity)}"`
}
