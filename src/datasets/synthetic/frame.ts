/** Where the head, the neck and the body lie in the photo. */

import type { Point } from '../../pictures/image.ts'
import { number } from './path.ts'
import type { Shot } from './shot.ts'

/** The width and the height of a synthetic photo, in pixels. */
export const PHOTO_SIZE = 256

/** What moves together: the head turns by the whole tilt, the neck by half of it, the body not at all. */
export type Frame = 'body' | 'neck' | 'head'

// The head turns about the top of the neck, the neck about its base, in units of the head.
const PIVOT: Record<Frame, number> = { body: 0, neck: 96, head: 56 }
const SHARE: Record<Frame, number> = { body: 0, neck: 0.4, head: 1 }

/** The SVG transform from a frame to the photo. */
export function transformOf(shot: Shot, frame: Frame): string {
  const { x, y } = origin(shot)
  return (
    `translate(${number(x)} ${number(y)}) scale(${shot.scale}) ` +
    `rotate(${shot.tilt * SHARE[frame]} 0 ${PIVOT[frame]})`
  )
}

/** A point of the head's frame, in pixels of the photo. */
export function inPhoto(shot: Shot, point: Point): Point {
  const { x, y } = origin(shot)
  const angle = (shot.tilt * Math.PI) / 180
  const below = point.y - PIVOT.head
  return {
    x: x + shot.scale * (Math.cos(angle) * point.x - Math.sin(angle) * below),
    y: y + shot.scale * (Math.sin(angle) * point.x + Math.cos(angle) * below + PIVOT.head),
  }
}

function origin(shot: Shot): Point {
  return { x: PHOTO_SIZE / 2 + shot.x, y: 0.46 * PHOTO_SIZE + shot.y }
}
