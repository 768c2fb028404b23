/** The features of the face: brows, eyes, nose, mouth, and the glasses in front of them. */

import type { Colour } from '../../pictures/image.ts'
import { css, mix } from './colour.ts'
import type { Skin } from './head.ts'
import { type DrawnLayer, fill, line, spot } from './layer.ts'
import { ellipse, number, smooth } from './path.ts'
import type { Person } from './person.ts'
import type { Eye, FaceShape } from './shape.ts'
import type { Shot } from './shot.ts'

export function brows({ cues, looks }: Person, shape: FaceShape): DrawnLayer {
  const grey = Math.max(0, (cues.brow_colour - 0.62) / 0.38)
  const colour = mix(mix(looks.hair, [20, 12, 8], 0.25), [214, 212, 208], 0.9 * grey)
  const opacity = Math.min(0.25 + 1.1 * cues.brow_colour, 0.9)
  const paths = shape.brows.map((points, side) => {
    // Thickest towards the nose.
    const profile = [0.3, 0.7, 0.95, 1, 0.85].map((share) => (share * shape.browThickness) / 2)
    const thickness = side === 0 ? profile : [...profile].reverse()
    const upper = points.map(({ x, y }, i) => ({ x, y: y - thickness[i]! }))
    const lower = points.map(({ x, y }, i) => ({ x, y: y + thickness[i]! }))
    return smooth([...upper, ...lower.reverse()], true)
  })
  return {
    frame: 'head',
    shaded: paths.map((d) => fill(d, colour, opacity) + line(d, colour, 1.2, 0.4 * opacity)).join(''),
    regions: paths.map((d) => ({ part: 'brows', d, line: 1.6 })),
  }
}

export function eyes({ cues, looks }: Person, shape: FaceShape, shot: Shot, skin: Skin): DrawnLayer {
  return {
    frame: 'head',
    shaded: shape.eyes
      .map((eye, side) => drawEye(eye, side, cues.lashes, looks.iris, shot.gaze, skin))
      .join(''),
    regions: shape.eyes.map((eye) => ({ part: 'eyes', d: lids(eye, 4, 5.5, 2.5) })),
  }
}

function drawEye(eye: Eye, side: number, lashes: number, iris: Colour, gaze: number, skin: Skin): string {
  const { centre, points, up, down } = eye
  const opening = smooth(points, true)
  const upper = smooth(points.slice(0, 4))
  const crease = smooth(points.slice(0, 4).map(({ x, y }, i) => ({ x, y: y - (i % 3 ? 3 : 1) })))
  const ink = mix([26, 16, 14], skin.line, 0.25)
  const outwards = side === 0 ? -1 : 1
  const corner = side === 0 ? points[0]! : points[3]!
  const wing = `M${number(corner.x)} ${number(corner.y)}l${outwards * 3 * lashes} ${-3 * lashes}`
  const hairs = [-0.55, -0.1, 0.35, 0.75].map((u) => {
    const x = centre.x + outwards * u * eye.halfWidth * 0.8
    return `M${number(x)} ${number(-up * (1 - 0.5 * u * u))}l${number(outwards * (1 + u) * lashes)} ${number(-4 * lashes)}`
  })
  const x = centre.x + gaze
  const y = (down - up) * 0.25
  return (
    fill(lids(eye, 2.5, 4.5, 1), mix(skin.dark, [92, 52, 84], 0.5), 0.5 * lashes) +
    line(crease, skin.line, 1, 0.5) +
    fill(opening, [244, 241, 236]) +
    `<clipPath id="eye${side}"><path d="${opening}"/></clipPath><g clip-path="url(#eye${side})">` +
    fill(ellipse(x, y, eye.iris, eye.iris), mix(iris, [0, 0, 0], 0.3)) +
    fill(ellipse(x, y, eye.iris * 0.82, eye.iris * 0.82), iris) +
    fill(ellipse(x, y, eye.iris * 0.45, eye.iris * 0.45), [10, 8, 8]) +
    fill(ellipse(x - 1.6, y - 1.8, 1.2, 1.2), [255, 255, 255], 0.9) +
    line(upper, [40, 24, 20], 3, 0.25) +
    '</g>' +
    line(smooth(points.slice(3).concat(points[0]!)), skin.line, 0.8, 0.5) +
    line(upper, ink, 1 + 1.9 * lashes, 0.9) +
    line(wing + hairs.join(''), ink, 0.5 + lashes, lashes)
  )
}

// The eye with its lids: the opening, enlarged at the corners, above and below.
function lids({ points }: Eye, aside: number, above: number, below: number): string {
  const grow: [number, number][] = [
    [-aside, -1],
    [-1, -above],
    [1, -above],
    [aside, -1],
    [1, below],
    [-1, below],
  ]
  return smooth(
    points.map(({ x, y }, i) => ({ x: x + grow[i]![0], y: y + grow[i]![1] })),
    true,
  )
}

export function nose(shape: FaceShape, shot: Shot, skin: Skin): DrawnLayer {
  const [left, , middle, , right] = shape.noseBase
  const base = middle!.y
  const half = right!.x / 0.8
  // The side that turns from the light is dark.
  const light = Math.cos((shot.lightAngle - shot.tilt) * (Math.PI / 180))
  const side = light > 0 ? -1 : 1
  const shadow = `M${side * 4} -8C${side * 3} 4 ${side * half * 0.6} ${base - 14} ${side * half} ${base - 4}L${side * half * 0.5} ${base - 1}C${side * 2.5} ${base - 12} ${side * 2} 4 ${side * 2} -6Z`
  const wing = (s: number) =>
    `M${number(s * half * 0.82)} ${number(base - 8)}C${number(s * (half + 1.5))} ${number(base - 6)} ${number(s * (half + 1))} ${number(base - 0.5)} ${number(s * half * 0.75)} ${number(base - 0.5)}`
  const d =
    `M-5 -9L5 -9C5 4 ${half + 2} ${base - 16} ${half + 3} ${base - 4}C${half + 3} ${base + 5} ${-half - 3} ${base + 5} ${-half - 3} ${base - 4}` +
    `C${-half - 2} ${base - 16} -5 4 -5 -9Z`
  return {
    frame: 'head',
    shaded:
      fill(shadow, skin.line, 0.2 + 0.22 * Math.abs(light) * shot.lightStrength) +
      line(`M0 -4L0 ${number(base - 10)}`, skin.light, 3, 0.45) +
      spot('nose_tip', 0, base - 6, 6, 5, skin.light, 0.8) +
      line(wing(-1) + wing(1), skin.line, 1.2, 0.65) +
      line(smooth(shape.noseBase), skin.line, 1.3, 0.6) +
      fill(ellipse(left!.x * 0.55, base - 0.7, half * 0.24, 1.5), skin.line, 0.9) +
      fill(ellipse(right!.x * 0.55, base - 0.7, half * 0.24, 1.5), skin.line, 0.9),
    regions: [{ part: 'nose', d }],
  }
}

export function mouth({ cues, looks }: Person, shape: FaceShape, shot: Shot, skin: Skin): DrawnLayer {
  const lips = smooth(shape.lips, true)
  const [left, right] = [shape.lips[0]!, shape.lips[6]!]
  const gap = smooth([left, ...shape.lipsInside.slice(0, 3), right])
  const red = mix(mix(skin.base, skin.dark, 0.5), [190, 40, 58], 0.22 + 0.62 * cues.lip_fullness)
  const middle = shape.lips[9]!
  return {
    frame: 'head',
    shaded:
      spot('lip_shadow', 0, looks.mouthY + 10, 15, 4, skin.line, 0.4) +
      fill(lips, red) +
      spot('lip_light', 0, middle.y - 2.4, 8, 1.8, mix(red, [255, 235, 230], 0.6), 0.7 * cues.lip_fullness) +
      line(gap, mix(skin.line, [50, 10, 14], 0.6), 1 + 0.3 * Math.max(shot.smile, 0), 0.9),
    regions: [{ part: 'mouth', d: lips, line: 2 }],
  }
}

/** Glasses belong to the photo, not to the person, and reveal no label. */
export function glasses({ looks }: Person, shot: Shot): DrawnLayer | undefined {
  if (!shot.glasses) return
  const { round, width, colour, tint } = shot.glasses
  const rim = (side: number) => {
    const [cx, rx, ry, corner] = [side * looks.eyeX, 17.5, 11 + 4 * round, 4 + 10 * round]
    return (
      `M${cx - rx + corner} ${1 - ry}H${cx + rx - corner}Q${cx + rx} ${1 - ry} ${cx + rx} ${1 - ry + corner}` +
      `V${1 + ry - corner}Q${cx + rx} ${1 + ry} ${cx + rx - corner} ${1 + ry}` +
      `H${cx - rx + corner}Q${cx - rx} ${1 + ry} ${cx - rx} ${1 + ry - corner}V${1 - ry + corner}Q${cx - rx} ${1 - ry} ${cx - rx + corner} ${1 - ry}Z`
    )
  }
  const [inner, outer, temple] = [looks.eyeX - 17.5, looks.eyeX + 17.5, looks.faceWidth + 1]
  const lenses = rim(-1) + rim(1)
  const frame =
    `${lenses}M${-inner} -2Q0 -6 ${inner} -2M${outer} -4L${temple} -6` + `M${-outer} -4L${-temple} -6`
  return {
    frame: 'head',
    shaded: fill(lenses, css([170, 200, 220]), tint) + line(frame, colour, width),
    regions: [{ part: 'glasses', d: frame, line: width, hollow: true }],
  }
}
