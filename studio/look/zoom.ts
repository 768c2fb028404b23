/** The part of the maps that is shown: all maps are zoomed and moved together. */

/** A part of a map. */
export interface Zoom {
  /** How much larger than the whole. */
  readonly by: number
  /** Its middle, in shares of the whole map from its left and its top. */
  readonly x: number
  readonly y: number
}

export const WHOLE: Zoom = { by: 1, x: 0.5, y: 0.5 }

/** What the slider offers. */
export const ZOOMS = { min: 1, max: 8, step: 0.5 } as const

/** A place in the frame or in the map, in shares of its width and height. */
export type Place = readonly [across: number, down: number]

export const MIDDLE: Place = [0.5, 0.5]

/** The place in the whole map that a place in the frame shows. */
export function placeIn({ by, x, y }: Zoom, [across, down]: Place): Place {
  return [x + (across - 0.5) / by, y + (down - 0.5) / by]
}

/** @param at the place in the frame that stays where it is */
export function zoomed(zoom: Zoom, by: number, at: Place = MIDDLE): Zoom {
  const next = Math.min(ZOOMS.max, Math.max(ZOOMS.min, by))
  const [x, y] = placeIn(zoom, at)
  return within({ by: next, x: x - (at[0] - 0.5) / next, y: y - (at[1] - 0.5) / next })
}

/** Moved with a pointer, by shares of the frame. */
export function moved({ by, x, y }: Zoom, across: number, down: number): Zoom {
  return within({ by, x: x - across / by, y: y - down / by })
}

/** With a place of the map in its middle, or as near as the edge lets it be. */
export function around({ by }: Zoom, [x, y]: Place): Zoom {
  return within({ by, x, y })
}

function within({ by, x, y }: Zoom): Zoom {
  const inside = (at: number) => Math.min(1 - 0.5 / by, Math.max(0.5 / by, at))
  return { by, x: inside(x), y: inside(y) }
}
