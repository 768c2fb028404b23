/**
 * The parts of a face, as a picture of labels: which part is seen at each pixel.
 *
 * Inside the outline of the face the parts are bounded by points of the face mesh, which lie on lids, lips, brows and
 * nose. Ears, hair and background lie outside the mesh. These are estimated from the shape of the face alone, without
 * looking at the pixels: a bald head has "hair"; long hair beside the neck is "background", as are neck and clothes.
 */

import { type Affine, applyAffine, invertAffine } from '../pictures/affine.ts'
import type { Point } from '../pictures/image.ts'
import { fillPolygon, type Labels } from './polygon.ts'

/** The parts. A picture of labels holds at each pixel the index in this list. */
export const FACE_PARTS = [
  /** Everything else, neck and clothes included. */
  'background',
  /** An estimate: a band around the upper half of the face, as wide as most people's hair. */
  'hair',
  /** An estimate: beside the face, from the brows to the base of the nose. */
  'ears',
  /** From the brows and the root of the nose up to where the face mesh ends, at about the hair line. */
  'forehead',
  /** Between brow, nose and cheekbone, without the eyes. */
  'around_eyes',
  'brows',
  /** With their lids. */
  'eyes',
  'nose',
  /** Includes the area between nose and mouth. */
  'cheeks',
  /** The lips and what lies between them. */
  'mouth',
  /** The chin, and the jaw up to the ears. */
  'jaw',
] as const

/** One of {@link FACE_PARTS}. */
export type FacePart = (typeof FACE_PARTS)[number]

/** Around the face, from the top of the forehead and down the person's left side. */
const OVAL = [
  ...[10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152],
  ...[148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109],
]

/** Outlines in points of the mesh; a later one lies over the earlier ones. */
const OUTLINES: readonly (readonly [part: FacePart, points: readonly number[]])[] = [
  ['cheeks', OVAL],
  [
    'forehead',
    [
      ...[10, 338, 297, 332, 284, 251, 389, 368, 353, 276, 283, 282, 295, 285, 417],
      ...[168, 193, 55, 65, 52, 53, 46, 124, 139, 162, 21, 54, 103, 67, 109],
    ],
  ],
  [
    'jaw',
    [
      ...[361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132],
      ...[215, 138, 135, 210, 204, 182, 18, 406, 424, 430, 364, 367, 435],
    ],
  ],
  ['around_eyes', [46, 124, 139, 34, 111, 117, 118, 119, 120, 121, 128, 245, 193, 55, 65, 52, 53]],
  ['around_eyes', [276, 353, 368, 264, 340, 346, 347, 348, 349, 350, 357, 465, 417, 285, 295, 282, 283]],
  ['brows', [70, 63, 105, 66, 107, 55, 65, 52, 53, 46]],
  ['brows', [300, 293, 334, 296, 336, 285, 295, 282, 283, 276]],
  ['eyes', [130, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25]],
  ['eyes', [359, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255]],
  [
    'nose',
    [
      ...[168, 417, 465, 412, 399, 437, 420, 429, 279, 358, 294, 327, 326, 2],
      ...[97, 98, 64, 129, 49, 209, 198, 217, 174, 188, 245, 193],
    ],
  ],
  ['mouth', [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]],
]

/** An outline of a part. */
export interface PartOutline {
  readonly part: FacePart
  /** Its corners in turn, in pixels of the picture that the mesh is in; they may lie outside it. */
  readonly outline: readonly Point[]
}

/**
 * The outlines of the parts. A later one lies over the earlier ones, and a part may have several; what lies in none of
 * them is background.
 *
 * @param mesh the 468 points of the face mesh
 */
export function partOutlines(mesh: readonly Point[]): PartOutline[] {
  return [
    { part: 'hair', outline: hairOf(mesh) },
    ...EAR_SIDES.map((side) => ({ part: 'ears' as const, outline: earOf(mesh, side) })),
    ...OUTLINES.map(([part, points]) => ({ part, outline: points.map((index) => mesh[index]!) })),
  ]
}

/**
 * The part that is seen at each pixel of a picture, by the index in {@link FACE_PARTS}.
 *
 * @param mesh the 468 points of the face mesh, in pixels of the picture. Where only the 49 landmarks are known,
 *   `meshFromLandmarks` estimates it
 * @param size the side of the picture, in pixels
 */
export function partsOf(mesh: readonly Point[], size: number): Labels {
  const labels = { width: size, height: size, data: new Uint8Array(size * size) }
  for (const { part, outline } of partOutlines(mesh)) fillPolygon(labels, outline, FACE_PARTS.indexOf(part))
  return labels
}

/**
 * The same for a picture that was cut out of a photo.
 *
 * @param mesh in pixels of the photo
 * @param toPhoto from points of the picture to points of the photo
 */
export function partsInCut(mesh: readonly Point[], toPhoto: Affine, size: number): Labels {
  const toPicture = invertAffine(toPhoto)
  return partsOf(
    mesh.map((point) => applyAffine(toPicture, point)),
    size,
  )
}

/** The ridge of the nose, between the eyes. */
const RIDGE = 6

/** The upper half of the outline, from the person's right temple over the forehead to the left one. */
const CROWN = [127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356]
/**
 * How far the hair reaches for every 1 of the face, measured from the ridge of the nose between the eyes: sideways, and
 * upwards.
 */
const HAIR_ASIDE = 1.25
const HAIR_ABOVE = 1.8

function hairOf(mesh: readonly Point[]): Point[] {
  const [ridge, right, left, top] = [mesh[RIDGE]!, mesh[127]!, mesh[356]!, mesh[10]!]
  // How far a point lies to the side, and how far up, as shares.
  const [ax, ay] = [(left.x - right.x) / 2, (left.y - right.y) / 2]
  const [bx, by] = [top.x - ridge.x, top.y - ridge.y]
  const area = ax * by - ay * bx
  return CROWN.map((index) => {
    const [x, y] = [mesh[index]!.x - ridge.x, mesh[index]!.y - ridge.y]
    const aside = (HAIR_ASIDE * (x * by - y * bx)) / area
    const up = (ax * y - ay * x) / area
    const above = up > 0 ? HAIR_ABOVE * up : up
    return { x: ridge.x + aside * ax + above * bx, y: ridge.y + aside * ay + above * by }
  })
}

/** The outline of the face beside an ear from above to below, and how far the ear reaches beyond each point. */
const EAR_SIDES = [
  [162, 127, 234, 93, 132],
  [389, 356, 454, 323, 361],
]
const EAR_WIDTHS = [0.06, 0.2, 0.22, 0.17, 0.05]

/**
 * An ear reaches away from the ridge of the nose, in shares of the distance from there: so an ear that turns away
 * shrinks.
 */
function earOf(mesh: readonly Point[], side: readonly number[]): Point[] {
  const ridge = mesh[RIDGE]!
  const inner = side.map((index) => mesh[index]!)
  const [x, y] = [inner[2]!.x - ridge.x, inner[2]!.y - ridge.y]
  const outer = inner.map((point, k) => ({
    x: point.x + EAR_WIDTHS[k]! * x,
    y: point.y + EAR_WIDTHS[k]! * y,
  }))
  return [...inner, ...outer.reverse()]
}
