/**
 * How near the landmarks that are found lie to the given ones of All-Age-Faces, which a program placed:
 *
 *   node bench/landmarks.js AAF
 *
 * Distances are in distances between the centres of the eyes.
 */

import { readAaf } from '../dist/datasets/aaf.js'
import { readLandmarks } from '../dist/datasets/readLandmarks.js'
import { isMarked, mainFace } from '../dist/faces/face.js'
import { eyeCentres, LANDMARKS } from '../dist/faces/landmarks.js'
import { landmarks49 } from '../dist/faces/meshLandmarks.js'
import { packagedFaceFinder } from '../dist/faces/node.js'
import { readPhoto } from '../dist/pictures/node.js'
import { median } from './measure.js'

report(await foundIn(readAaf(process.argv[2])))

/** Given landmarks and the found mesh of each face, turned so that the given eyes are level, one apart, around 0. */
async function foundIn({ faces }) {
  const finder = await packagedFaceFinder()
  const found = []
  const missed = { 'no face': 0, 'not made out': 0 }
  for (const { photo, landmarks } of faces) {
    const image = await readPhoto(photo)
    const face = mainFace(await finder.find(image), image)
    if (!face || !isMarked(face)) {
      missed[face ? 'not made out' : 'no face']++
      continue
    }
    const given = readLandmarks(landmarks)
    const level = leveller(given)
    found.push({ given: given.map(level), mesh: face.mesh.map(level) })
  }
  await finder.release()
  console.log(`${faces.length} photos, ${found.length} faces found and marked;`, missed)
  return found
}

function leveller(given) {
  const { right, left } = eyeCentres(given)
  const [x, y] = [(right.x + left.x) / 2, (right.y + left.y) / 2]
  const [dx, dy] = [left.x - right.x, left.y - right.y]
  const square = dx * dx + dy * dy
  return (point) => ({
    x: ((point.x - x) * dx + (point.y - y) * dy) / square,
    y: ((point.y - y) * dx - (point.x - x) * dy) / square,
  })
}

function report(faces) {
  const distances = faces.map(({ given, mesh }) =>
    landmarks49(mesh).map(({ x, y }, k) => Math.hypot(x - given[k].x, y - given[k].y)),
  )
  const means = distances.map(mean)
  const percent = (part) => `${(100 * part).toFixed(2)} %`
  console.log(
    `  distance: mean ${percent(mean(means))}, median over faces ${percent(median(means))}, worst ${percent(Math.max(...means))}`,
  )
  for (const [part, [start, end]] of Object.entries(LANDMARKS)) {
    console.log(`    ${part}: ${percent(mean(distances.map((each) => mean(each.slice(start, end)))))}`)
  }
  const tilts = faces.map(({ mesh }) => {
    const { right, left } = eyeCentres(landmarks49(mesh))
    return Math.abs((Math.atan2(left.y - right.y, left.x - right.x) * 180) / Math.PI)
  })
  const level = tilts.filter((tilt) => tilt <= 2).length / tilts.length
  console.log(
    `  after r the given eyes are tilted by ${median(tilts).toFixed(2)}° (median); ${percent(level)} by 2° or less`,
  )
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
