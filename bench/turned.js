/**
 * How many faces are aligned the right way up where their photos are turned, without EXIF to say so:
 *
 *   node bench/turned.js AAF FOLDER…
 *
 * It takes 48 photos of All-Age-Faces, whose landmarks say where the face is, and 48 of each folder of photos, where
 * the face counts as it is found in the upright photo, if it is. A face is right if its landmarks lie, on average,
 * within 0.17 of the distance between the eyes of where they should be. Then all photos of each folder are looked at as
 * they are: all are upright, so a face that is turned by more than 60° is wrong.
 */

import { basename, join } from 'node:path'
import sharp from 'sharp'
import { readAaf } from '../dist/datasets/aaf.js'
import { contentOf, isPicture } from '../dist/datasets/listing.js'
import { readLandmarks } from '../dist/datasets/readLandmarks.js'
import { isMarked, mainFace } from '../dist/faces/face.js'
import { eyeCentres } from '../dist/faces/landmarks.js'
import { landmarks49 } from '../dist/faces/meshLandmarks.js'
import { packagedFaceFinder } from '../dist/faces/node.js'
import { featuresOf, rollOf } from '../dist/faces/roll.js'
import { readPhoto } from '../dist/pictures/node.js'

const PHOTOS = 48
const NEAR = 0.17
const TURNED = 60
const [aaf, ...folders] = process.argv.slice(2)

const finder = await packagedFaceFinder({ threads: 1 })
const sets = [
  readAaf(aaf).faces.map(({ photo, landmarks }) => ({ photo, landmarks })),
  ...folders.map((folder) =>
    contentOf(folder)
      .files.filter((file) => isPicture(join(folder, file)))
      .map((file) => ({ photo: join(folder, file) })),
  ),
]
for (const [k, photos] of sets.entries()) {
  console.log([aaf, ...folders][k])
  const known = []
  for (const { photo, landmarks } of spread(photos)) {
    const given = landmarks && readLandmarks(landmarks)
    const image = await readPhoto(photo)
    const face = mainFace(await finder.find(image), image)
    const points = given ?? (face && isMarked(face) ? landmarks49(face.mesh) : undefined)
    if (points) known.push({ image, points })
  }
  for (let angle = 0; angle < 360; angle += 45) {
    const counts = { right: 0, wrong: 0, refused: 0 }
    let ms = 0
    for (const { image, points } of known) {
      const turned = await turn(image, angle)
      const start = performance.now()
      const face = mainFace(await finder.find(turned), turned)
      ms += performance.now() - start
      counts[verdict(face, points, image, turned, angle)]++
    }
    console.log(`  ${angle}°`, counts, `${(ms / known.length).toFixed(0)} ms a photo`)
  }
  const turned = []
  for (const { photo } of photos) {
    const image = await readPhoto(photo)
    const face = mainFace(await finder.find(image), image)
    if (face && isMarked(face) && Math.abs(turnOf(face)) > TURNED) turned.push(basename(photo))
  }
  console.log(`  of ${photos.length} upright photos, ${turned.length} taken for turned ones:`, ...turned)
}
await finder.release()

function spread(all) {
  return Array.from({ length: PHOTOS }, (_, k) => all[Math.floor(((k + 0.5) * all.length) / PHOTOS)])
}

async function turn({ width, height, data }, angle) {
  const { data: turned, info } = await sharp(data, { raw: { width, height, channels: 3 } })
    .rotate(angle, { background: '#808080' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: new Uint8Array(turned) }
}

/** How many degrees a face is turned, −180 to 180. */
function turnOf({ mesh }) {
  return ((rollOf(featuresOf(landmarks49(mesh))) + 540) % 360) - 180
}

function verdict(face, points, from, to, angle) {
  if (!face || !isMarked(face)) return 'refused'
  const { right, left } = eyeCentres(points)
  const apart = Math.hypot(left.x - right.x, left.y - right.y)
  const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  const off = landmarks49(face.mesh).map((point, k) => {
    const [x, y] = [points[k].x - from.width / 2, points[k].y - from.height / 2]
    return Math.hypot(
      point.x - (to.width / 2 + cosine * x - sine * y),
      point.y - (to.height / 2 + sine * x + cosine * y),
    )
  })
  return off.reduce((sum, each) => sum + each, 0) / off.length / apart < NEAR ? 'right' : 'wrong'
}
