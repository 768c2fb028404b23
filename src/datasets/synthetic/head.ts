/** The head without its features: skin, skin lines, ears, neck and hair. */

import type { Colour, Point } from '../../pictures/image.ts'
import { css, mix } from './colour.ts'
import { type DrawnLayer, fill, line, spot } from './layer.ts'
import { between, ellipse, mirrored, number, smooth } from './path.ts'
import type { Person } from './person.ts'
import type { Shot } from './shot.ts'

/** The skin's shades: its own colour, and those of lines, shadows and light on it. */
export interface Skin {
  readonly base: Colour
  readonly dark: Colour
  readonly line: Colour
  readonly light: Colour
}

export function skinOf({ looks }: Person): Skin {
  return {
    base: looks.skin,
    dark: mix(looks.skin, [70, 30, 20], 0.36),
    line: mix(looks.skin, [48, 18, 12], 0.62),
    light: mix(looks.skin, [255, 246, 232], 0.32),
  }
}

/** The neck and what the clothes leave uncovered below it. */
export function neck({ cues }: Person, skin: Skin): DrawnLayer {
  const half = 25 + 11 * cues.neck_width
  const d =
    `M${-half} 30L${-half} 88C${-half} 100 ${-half - 6} 104 ${-half - 12} 107` +
    `C-22 122 22 122 ${half + 12} 107C${half + 6} 104 ${half} 100 ${half} 88L${half} 30Z`
  const shade =
    `<linearGradient id="neck" gradientUnits="userSpaceOnUse" x1="0" y1="62" x2="0" y2="112">` +
    `<stop offset="0" stop-color="${css(skin.line)}"/><stop offset="0.5" stop-color="${css(skin.dark)}"/>` +
    `<stop offset="1" stop-color="${css(skin.base)}"/></linearGradient>`
  return { frame: 'neck', shaded: shade + fill(d, 'url(#neck)'), regions: [{ part: 'neck', d }] }
}

export function ears({ looks }: Person, skin: Skin): DrawnLayer {
  const both = [-1, 1].map((side) => {
    const x = side * (looks.faceWidth + 1)
    return {
      d: ellipse(x, 8, 6.5 * looks.earSize, 12.5 * looks.earSize),
      inside: ellipse(x + side, 8, 3 * looks.earSize, 7.5 * looks.earSize),
    }
  })
  return {
    frame: 'head',
    shaded: both
      .map(({ d, inside }) => fill(d, mix(skin.base, skin.dark, 0.4)) + fill(inside, skin.line, 0.4))
      .join(''),
    regions: both.map(({ d }) => ({ part: 'ears', d })),
  }
}

/** The face: its outline in three pieces that meet at fixed points, so that each can change alone. */
export function face({ cues, looks }: Person, shot: Shot, skin: Skin): DrawnLayer {
  const w = looks.faceWidth
  const chin = 62 + 31 * cues.jaw_length
  const bulge = 9 * cues.cheek_fullness
  const square = cues.jaw_squareness
  // From the left temple over the crown to the right one, down the cheek, around the jaw, up again.
  const crown = `M${-w} -14C${-w} -60 -34 -86 0 -86C34 -86 ${w} -60 ${w} -14`
  const rightCheek = `C${w + 0.6 * bulge} 2 ${w - 4 + bulge} 16 ${w - 5} 30`
  const leftCheek = `C${-w + 4 - bulge} 16 ${-w - 0.6 * bulge} 2 ${-w} -14Z`
  const jaw =
    `C${w - 8 + 4 * square} ${46 + 14 * square} ${12 + 17 * square} ${chin} 0 ${chin}` +
    `C${-12 - 17 * square} ${chin} ${-w + 8 - 4 * square} ${46 + 14 * square} ${-w + 5} 30`
  const cheekEdge = `C${w - 13} 49 20 58.5 0 58.5C-20 58.5 ${-w + 13} 49 ${-w + 5} 30`
  const outline = crown + rightCheek + jaw + leftCheek
  const light = (shot.lightAngle - shot.tilt) * (Math.PI / 180)
  const shade =
    `<radialGradient id="skin" gradientUnits="userSpaceOnUse" cx="${number(30 * Math.cos(light))}" ` +
    `cy="${number(-5 + 30 * Math.sin(light))}" r="105"><stop offset="0" stop-color="${css(skin.light)}"/>` +
    `<stop offset="0.45" stop-color="${css(skin.base)}"/><stop offset="1" stop-color="${css(skin.dark)}"/>` +
    '</radialGradient>'
  const around = w - looks.eyeX - 0.5
  return {
    frame: 'head',
    shaded:
      shade +
      fill(outline, 'url(#skin)') +
      line(outline, skin.line, 1.4, 0.4) +
      spot('left_socket', -looks.eyeX + 2, -5, 21, 17, skin.line, 0.32) +
      spot('right_socket', looks.eyeX - 2, -5, 21, 17, skin.line, 0.32) +
      spot('brow_light', 0, -38, 34, 16, skin.light, 0.35),
    regions: [
      { part: 'jaw', d: outline, line: 1.4 },
      { part: 'cheeks', d: crown + rightCheek + cheekEdge + leftCheek, line: 1.4 },
      { part: 'forehead', d: `${crown}Z` },
      { part: 'around_eyes', d: ellipse(-looks.eyeX, 2, around, 17) },
      { part: 'around_eyes', d: ellipse(looks.eyeX, 2, around, 17) },
    ],
  }
}

/** Lines and colour that come with age. Their regions are those of the face below them. */
export function skinLines({ cues, looks }: Person, skin: Skin): DrawnLayer {
  const both = (draw: (side: number) => string) => draw(-1) + draw(1)
  const { eyeX } = looks
  const fold = cues.nasolabial_folds
  const folds = both((side) => {
    const corner = side * (looks.mouthWidth + 5)
    const d = `M${side * 16} 28C${side * 21} 32 ${corner} 38 ${corner} ${looks.mouthY - 1.5}`
    return line(d, skin.line, 5, 0.4 * fold) + line(d, skin.line, 0.8 + 1.8 * fold, 0.85 * fold)
  })
  const brow = cues.forehead_lines
  const foreheadLines = [-29, -34.5, -40, -45]
    .map((y, i) => {
      const half = 27 - 3 * i
      const d = `M${-half} ${y + 1}C${-half / 2} ${y - 2.5} -5 ${y + 1.5} 0 ${y + 0.5}S${half / 2} ${y - 2.5} ${half} ${y + 1}`
      return line(d, skin.line, 0.8 + 1.7 * brow, Math.min(brow * (1.2 - 0.12 * i), 0.85))
    })
    .join('')
  const lined = cues.eye_lines
  const eyeLines = both((side) => {
    const x = (dx: number) => number(side * (eyeX + dx))
    const feet = [
      `M${x(16.5)} -4L${x(21.5)} -8`,
      `M${x(17.5)} 1L${x(22.5)} 0.5`,
      `M${x(16)} 5.5L${x(21.5)} 9.5`,
    ]
    const bag = `M${x(-10)} 9.5Q${x(0)} 15 ${x(11)} 9.5`
    const lower = `M${x(-7)} 14Q${x(1)} 18 ${x(10)} 13.5`
    return (
      feet.map((d) => line(d, skin.line, 0.8 + 1.3 * lined, 0.85 * lined)).join('') +
      line(bag, skin.line, 1 + 2.6 * lined, 0.7 * lined) +
      line(lower, skin.line, 1.4, 0.6 * lined)
    )
  })
  const full = cues.cheek_fullness
  const blush = both((side) =>
    spot(`blush${side}`, side * 34, 32, 13, 11.5, mix(skin.base, [236, 70, 70], 0.65), 0.9 * full),
  )
  return { frame: 'head', shaded: blush + foreheadLines + eyeLines + folds, regions: [] }
}

function hairColour({ cues, looks }: Person): Colour {
  return mix(looks.hair, [208, 208, 210], 0.95 * cues.grey_hair)
}

/** Hair that falls behind the head. */
export function backHair(person: Person): DrawnLayer {
  const { looks, cues } = person
  const bottom = 6 + 105 * cues.hair_length
  const half = looks.faceWidth + 0.6 * looks.hairVolume + 9 * cues.hair_length
  const colour = hairColour(person)
  const wave = 5 * looks.wave * cues.hair_length
  const right: Point[] = [0.2, 0.4, 0.6, 0.8, 1].map((u, i) => ({
    x: half + (i % 2 ? wave : -wave) - 8 * u * u * cues.hair_length,
    y: -20 + (bottom + 20) * u,
  }))
  const crown = { x: half * 0.7, y: -62 }
  const top = { x: 0, y: -80 }
  const side = [top, crown, { x: half, y: -20 }, ...right, { x: half * 0.5, y: bottom + 3 }]
  const d = smooth([...side, ...mirrored(side.slice(1)).reverse()], true)
  return {
    frame: 'head',
    shaded: fill(d, mix(colour, [0, 0, 0], 0.3)) + line(d, mix(colour, [0, 0, 0], 0.15), 3, 0.6),
    regions: [{ part: 'hair', d, line: 3 }],
  }
}

/** Hair on top of the head, a band between its outer edge and the hair line. */
export function hair(person: Person): DrawnLayer {
  const { looks, cues } = person
  const colour = hairColour(person)
  const steps = Array.from({ length: 19 }, (_, i) => (i - 9) / 9)
  const outer = steps.map((u, i) => {
    const angle = u * 1.83
    const out = looks.hairVolume + (i % 2 ? 2.2 : -1) * looks.wave
    return { x: (looks.faceWidth + 0.6 * out) * Math.sin(angle), y: -14 - (71 + out) * Math.cos(angle) }
  })
  const height = 35 + 29 * cues.hair_line
  const inner = steps.map((u, i) => {
    const angle = u * 1.83
    // Hair recedes first above the temples.
    const temples = Math.exp(-(((Math.abs(u) - 0.48) / 0.16) ** 2)) * 9 * cues.hair_line
    const uneven = (i % 2 ? 1.5 : 0) * looks.wave + 5 * looks.parting * Math.sin(angle)
    const y = -14 - (height + temples - uneven * (1 - u * u)) * Math.cos(angle)
    return { x: (looks.faceWidth - 3 - 5 * (1 - u * u)) * Math.sin(angle), y }
  })
  const d = smooth([...outer, ...inner.reverse()], true)
  inner.reverse()
  // Combed from the parting at the crown outwards and down.
  const crown = 9 + Math.round(4 * looks.parting)
  const strands = steps.flatMap((_, i) =>
    [0, 0.3].map((start, j) => {
      const away = Math.sign(i - crown)
      const at = (k: number, share: number) => {
        const index = Math.min(Math.max(k, 0), steps.length - 1)
        return between(inner[index]!, outer[index]!, share)
      }
      const curve = [
        at(i, 0.9 - start),
        at(i + away, 0.75 - start),
        at(i + 2 * away, Math.max(0.5 - start, 0.03)),
      ]
      const bright = (i + j) % 2 === 0
      return line(
        smooth(curve),
        mix(colour, bright ? [255, 238, 214] : [0, 0, 0], bright ? 0.16 : 0.4),
        1.5,
        0.5,
      )
    }),
  )
  return {
    frame: 'head',
    shaded: fill(d, colour) + strands.join(''),
    regions: [{ part: 'hair', d }],
  }
}
