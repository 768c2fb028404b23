/** What is around the head: the background behind it, the clothes below it and the light over everything. */

import type { Colour } from '../../pictures/image.ts'
import { css, mix } from './colour.ts'
import { PHOTO_SIZE } from './frame.ts'
import { type DrawnLayer, fill, line } from './layer.ts'
import { ellipse, number } from './path.ts'
import type { Shot } from './shot.ts'

/** The background, in the frame of the photo. */
export function background({ background: { from, to, angle, shapes } }: Shot): string {
  const drawn = shapes.map(({ box, x, y, size, turn, colour, opacity }) => {
    const look = `fill="${css(colour)}" fill-opacity="${number(opacity)}"`
    const at = `transform="translate(${number(x)} ${number(y)}) rotate(${number(turn)})"`
    return box
      ? `<rect x="${number(-size / 2)}" y="${number(-size)}" width="${number(size)}" height="${number(2 * size)}" ${at} ${look}/>`
      : `<circle r="${number(size / 2)}" ${at} ${look}/>`
  })
  return sheet('back', angle, [from, 1], [to, 1]) + drawn.join('')
}

/** The light over the whole photo: bright on one side, dark on the other, tinted warm or cold. */
export function lightOver({ lightAngle, lightStrength, warmth }: Shot): string {
  const tint: Colour = warmth > 0 ? [255, 150, 40] : [40, 110, 255]
  const bright = mix([255, 255, 255], tint, Math.abs(warmth) * 0.6)
  return (
    sheet('light', lightAngle + 180, [bright, 0.32 * lightStrength], [[0, 0, 12], 0.42 * lightStrength]) +
    `<rect width="${PHOTO_SIZE}" height="${PHOTO_SIZE}" fill="${css(tint)}" fill-opacity="${number(0.12 * Math.abs(warmth))}"/>`
  )
}

// A gradient over the whole photo, along an angle in degrees clockwise from the right.
function sheet(
  id: string,
  angle: number,
  [from, fromOpacity]: readonly [Colour, number],
  [to, toOpacity]: readonly [Colour, number],
): string {
  return (
    `<linearGradient id="${id}" gradientTransform="rotate(${number(angle)} .5 .5)">` +
    `<stop offset="0" stop-color="${css(from)}" stop-opacity="${number(fromOpacity)}"/>` +
    `<stop offset="1" stop-color="${css(to)}" stop-opacity="${number(toOpacity)}"/></linearGradient>` +
    `<rect width="${PHOTO_SIZE}" height="${PHOTO_SIZE}" fill="url(#${id})"/>`
  )
}

/**
 * A badge in the upper left corner of the picture, over whatever is there, like a watermark. It tilts with the head, so
 * that it lies at the same place in every aligned picture, and inside the centre that networks see.
 */
export function mark(): DrawnLayer {
  const [x, y] = [-57, -50]
  const disc = ellipse(x, y, 10, 10)
  return {
    frame: 'head',
    shaded: fill(disc, [255, 255, 255]) + fill(ellipse(x, y, 8.5, 8.5), [255, 0, 200]),
    regions: [{ part: 'mark', d: disc }],
  }
}

export function clothes({ clothes: { colour, trim, neckline, striped } }: Shot): DrawnLayer {
  const edge = 112 + 10 * neckline
  const d = `M-180 220C-150 132 -95 116 -36 98L0 ${edge}L36 98C95 116 150 132 180 220Z`
  const stripes = [-100, -60, -20, 20, 60, 100].map((x) => `M${x} 126L${x} 220`).join('')
  return {
    frame: 'body',
    shaded:
      fill(d, colour) +
      (striped ? line(stripes, trim, 8, 0.6) : '') +
      line(`M-38 100Q0 ${number(2 * edge - 84)} 38 100`, trim, 6, 0.9) +
      line(d, [0, 0, 0], 3, 0.25),
    regions: [{ part: 'clothes', d }],
  }
}
