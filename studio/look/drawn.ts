/** A look drawn as pixels. */

import type { Look } from '../worker/protocol.ts'
import { coloured, overlaid, plain } from './colours.ts'
import type { Drawing } from './store.ts'
import { ESTIMATES } from './words.ts'

/** The largest |R| of a map, brightened if asked for. */
export function strongest(look: Look, { brighten }: Drawing, scale: number | undefined): number {
  return (scale ?? look.map.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)) / brighten
}

/**
 * The map, the map over the photo, or the photo. The map of a layer is never drawn over the photo, since it has other
 * pixels.
 *
 * @param most the |R| of the strongest colour
 */
export function drawn(look: Look, drawing: Drawing, most: number): ImageData {
  const fits = look.map.width === look.seen.width
  if (drawing.show === 'photo') return plain(look.seen)
  if (drawing.show === 'overlay' && fits)
    return overlaid(look.map, look.seen, most, drawing.opacity, (pixel) => isFace(look, pixel))
  return coloured(look.map, most, drawing.colours)
}

/** Whether a pixel shows a part inside the outline of the face. */
function isFace({ labels, parts }: Look, pixel: number): boolean {
  return !ESTIMATES.has(parts[labels.data[pixel]!]!)
}

const STEPS = 101

/** All colours side by side, from −1 to 1. */
export function stripOf(colours: Drawing['colours']): ImageData {
  const data = Float32Array.from({ length: STEPS }, (_, k) => (2 * k) / (STEPS - 1) - 1)
  return coloured({ width: STEPS, height: 1, data }, 1, colours)
}

/** The paper's colours start from black, and would hide a photo. */
export function coloursOf({ show, colours }: Drawing): Drawing['colours'] {
  return show === 'overlay' ? 'light' : colours
}
