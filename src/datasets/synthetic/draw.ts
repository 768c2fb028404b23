/** A face as two SVG pictures: the shaded one, and the mask, which says which part is seen where. */

import { brows, eyes, glasses, mouth, nose } from './features.ts'
import { PHOTO_SIZE, transformOf } from './frame.ts'
import { backHair, ears, face, hair, neck, skinLines, skinOf } from './head.ts'
import type { DrawnLayer, Region } from './layer.ts'
import { PARTS } from './parts.ts'
import type { Person } from './person.ts'
import { background, clothes, lightOver, mark } from './scene.ts'
import type { FaceShape } from './shape.ts'
import type { Shot } from './shot.ts'

/**
 * The layers of a face, the rearmost first.
 *
 * @param marked whether the planted mark is in front of them
 */
export function layersOf(person: Person, shot: Shot, shape: FaceShape, marked: boolean): DrawnLayer[] {
  const skin = skinOf(person)
  const layers = [
    clothes(shot),
    backHair(person),
    neck(person, skin),
    ears(person, skin),
    face(person, shot, skin),
    skinLines(person, skin),
    nose(shape, shot, skin),
    mouth(person, shape, shot, skin),
    eyes(person, shape, shot, skin),
    brows(person, shape),
    hair(person),
    glasses(person, shot),
    marked ? mark() : undefined,
  ]
  return layers.filter((layer) => layer !== undefined)
}

/** The shaded picture, without blur and noise. */
export function pictureSvg(layers: readonly DrawnLayer[], shot: Shot): string {
  return svg(background(shot), ...layers.map((layer) => placed(layer, shot, layer.shaded)), lightOver(shot))
}

/** The mask picture: red, green and blue of each pixel are the index in {@link PARTS} of the part seen there. */
export function maskSvg(layers: readonly DrawnLayer[], shot: Shot): string {
  const groups = layers.map((layer) => placed(layer, shot, layer.regions.map(flat).join('')))
  return svg(
    `<rect width="${PHOTO_SIZE}" height="${PHOTO_SIZE}" fill="#000"/><g shape-rendering="crispEdges">`,
    ...groups,
    '</g>',
  )
}

function flat({ part, d, line, hollow }: Region): string {
  const index = PARTS.indexOf(part)
  const colour = `rgb(${index},${index},${index})`
  const edge = line ? ` stroke="${colour}" stroke-width="${line}" stroke-linejoin="round"` : ''
  return `<path d="${d}" fill="${hollow ? 'none' : colour}"${edge}/>`
}

function placed(layer: DrawnLayer, shot: Shot, content: string): string {
  return content && `<g transform="${transformOf(shot, layer.frame)}">${content}</g>`
}

function svg(...content: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${PHOTO_SIZE}" height="${PHOTO_SIZE}">${content.join('')}</svg>`
}
