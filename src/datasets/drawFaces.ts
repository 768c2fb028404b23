import sharp from 'sharp'
import { type Html, html } from '../base/html.ts'
import { type Box, type FoundFace, isMarked } from '../faces/face.ts'
import { landmarks49 } from '../faces/meshLandmarks.ts'
import type { Image, Point } from '../pictures/image.ts'

/** The colours of marked faces, and of those whose points lie anywhere. */
const [MARKED, NOT_MARKED] = ['#ffb000', '#ff4040']
const [MESH, LANDMARKS] = ['#00d0ff', '#ffff60']

/**
 * Draw the faces of a photo on it: their boxes with a number, from 1 on, and the detector's score; the points of the
 * mesh, and larger the 49 landmarks. A face that the mesh network did not recognise is only a red box.
 *
 * @returns a PNG file of the photo's size
 */
export async function drawFaces(photo: Image, faces: readonly FoundFace[]): Promise<Buffer> {
  const drawn = faces.map((face, k) => {
    // So that lines and points show in large photos and small faces alike.
    const unit = face.box.width / UNITS
    const dots = (points: readonly Point[], radius: number, colour: string) =>
      points.map(
        ({ x, y }) => html`<circle cx="${x}" cy="${y}" r="${radius * Math.max(unit, 1)}" fill="${colour}"/>`,
      )
    const colour = isMarked(face) ? MARKED : NOT_MARKED
    return html`${labelledBox(face.box, `${k + 1}: ${face.score.toFixed(2)}`, colour)}
${isMarked(face) ? [dots(face.mesh, 0.6, MESH), dots(landmarks49(face.mesh), 1.2, LANDMARKS)] : []}`
  })
  return drawnOn(photo, drawn)
}

/**
 * Draw faces on their photo, each with its label.
 *
 * @returns a PNG file of the photo's size
 */
export async function labelFaces(
  photo: Image,
  faces: readonly { readonly box: Box; readonly text: string }[],
): Promise<Buffer> {
  return drawnOn(
    photo,
    faces.map(({ box, text }) => labelledBox(box, text, MARKED)),
  )
}

/** The width of a box, in the unit that lines are measured in. */
const UNITS = 150

function labelledBox({ left, top, width, height }: Box, text: string, colour: string): Html {
  const unit = width / UNITS
  const size = Math.max(12 * unit, 10)
  return html`
<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="none" stroke="${colour}" stroke-width="${Math.max(1.5 * unit, 1)}"/>
<text x="${left}" y="${top > size ? top - size / 3 : top + height + size}" font-size="${size}" fill="${colour}" stroke="#000" stroke-width="${size / 6}" paint-order="stroke">${text}</text>`
}

function drawnOn({ width, height, data }: Image, drawn: readonly Html[]): Promise<Buffer> {
  const overlay = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Arial, sans-serif">${drawn}</svg>`
  return sharp(data, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(overlay.text), left: 0, top: 0 }])
    .removeAlpha()
    .png()
    .toBuffer()
}
