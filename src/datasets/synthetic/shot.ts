/** All that differs from one photo of a person to the next. None of it depends on the labels. */

import type { Random } from '../../base/random.ts'
import type { Colour } from '../../pictures/image.ts'
import { mix } from './colour.ts'

export interface Shot {
  /** The head's turn in the plane of the picture, in degrees, clockwise, −30 to 30. */
  readonly tilt: number
  /** Where the face is: shifts in pixels, and pixels for each unit of the head. */
  readonly x: number
  readonly y: number
  readonly scale: number
  /** Where the light comes from, in degrees clockwise from the right, and how strong it is, 0 to 1. */
  readonly lightAngle: number
  readonly lightStrength: number
  /** The colour of the light: −1 cold to 1 warm. */
  readonly warmth: number
  readonly smile: number
  readonly gaze: number
  readonly glasses: Glasses | undefined
  readonly background: Background
  readonly clothes: Clothes
  /** Standard deviation of the blur, in pixels; below 0.3 there is none. */
  readonly blur: number
  /** Standard deviation of the noise, in grey levels, and the place in the table of noise where it begins. */
  readonly noise: number
  readonly noiseStart: number
}

interface Glasses {
  readonly round: number
  readonly width: number
  readonly colour: Colour
  readonly tint: number
}

interface Background {
  readonly from: Colour
  readonly to: Colour
  readonly angle: number
  readonly shapes: readonly {
    readonly box: boolean
    readonly x: number
    readonly y: number
    readonly size: number
    readonly turn: number
    readonly colour: Colour
    readonly opacity: number
  }[]
}

interface Clothes {
  readonly colour: Colour
  readonly trim: Colour
  readonly neckline: number
  readonly striped: boolean
}

/** Draw the circumstances of one photo. */
export function drawShot(random: Random): Shot {
  const glasses = drawGlasses(random)
  return {
    tilt: random.uniform(-30, 30),
    x: random.uniform(-9, 9),
    y: random.uniform(-7, 7),
    scale: random.uniform(0.96, 1.14),
    lightAngle: random.uniform(0, 360),
    lightStrength: random.uniform(),
    warmth: random.uniform(-1, 1),
    smile: random.uniform(-0.25, 1),
    gaze: random.uniform(-1.6, 1.6),
    glasses: random.chance(0.22) ? glasses : undefined,
    background: {
      from: anyColour(random),
      to: anyColour(random),
      angle: random.uniform(0, 360),
      shapes: Array.from({ length: random.integer(8) }, () => ({
        box: random.chance(0.5),
        x: random.uniform(0, 256),
        y: random.uniform(0, 256),
        size: random.uniform(12, 70),
        turn: random.uniform(0, 90),
        colour: anyColour(random),
        opacity: random.uniform(0.15, 0.7),
      })),
    },
    clothes: {
      colour: anyColour(random),
      trim: anyColour(random),
      neckline: random.uniform(),
      striped: random.chance(0.25),
    },
    blur: random.uniform(0, 1.1),
    noise: random.uniform(0, 5),
    noiseStart: random.integer(1 << 20),
  }
}

/** Draw a pair of glasses. */
export function drawGlasses(random: Random): Glasses {
  return {
    round: random.uniform(),
    width: random.uniform(1.2, 2.6),
    colour: random.pick<Colour>([
      [30, 28, 30],
      [84, 54, 34],
      [140, 132, 120],
      [120, 34, 40],
    ]),
    tint: random.uniform(0, 0.12),
  }
}

// Most things that people wear or stand in front of do not have a pure colour.
function anyColour(random: Random): Colour {
  const grey = random.integer(200) + 25
  const pure: Colour = [random.integer(256), random.integer(256), random.integer(256)]
  return mix(pure, [grey, grey, grey], random.uniform(0.2, 0.9))
}
