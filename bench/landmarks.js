/**
 * How near the landmarks that are found lie to the given ones of All-Age-Faces, which a program placed:
 *
 *   node bench/landmarks.js AAF          measure, on all photos
 *   node bench/landmarks.js AAF --fit    fit the table of src/faces/meshLandmarks.ts on every second photo
 *
 * Distances are in distances between the centres of the eyes. What is measured is the half of the photos that the table
 * was not fitted on, and all of them.
 */

import { readAaf } from '../dist/datasets/aaf.js'
import { openFaceFinder } from '../dist/datasets/faceFinder.js'
import { readLandmarks } from '../dist/datasets/readLandmarks.js'
import { readPhoto } from '../dist/datasets/readPhoto.js'
import { isMarked, mainFace } from '../dist/faces/face.js'
import { eyeCentres, LANDMARKS } from '../dist/faces/landmarks.js'
import { landmarks49 } from '../dist/faces/meshLandmarks.js'
import { median } from './peer.js'

/** How near to a landmark the points of the mesh lie that are tried, on the average. */
const NEAR = 0.2

const [root, ...flags] = process.argv.slice(2)
const faces = await foundIn(readAaf(root))
if (flags.includes('--fit')) fitTable(faces.filter((_, k) => k % 2 === 0))
else {
  report('all photos', faces)
  report(
    'those that the table was not fitted on',
    faces.filter((_, k) => k % 2 === 1),
  )
}

/** Given landmarks and the found mesh of each face, turned so that the given eyes are level, one apart, around 0. */
async function foundIn({ faces }) {
  const finder = await openFaceFinder()
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

function report(what, some) {
  const distances = some.map(({ given, mesh }) =>
    landmarks49(mesh).map(({ x, y }, k) => Math.hypot(x - given[k].x, y - given[k].y)),
  )
  const means = distances.map(mean)
  const percent = (part) => `${(100 * part).toFixed(2)} %`
  console.log(`${what}: ${some.length} faces`)
  console.log(
    `  distance: mean ${percent(mean(means))}, median over faces ${percent(median(means))}, worst ${percent(Math.max(...means))}`,
  )
  for (const [part, [start, end]] of Object.entries(LANDMARKS)) {
    console.log(`    ${part}: ${percent(mean(distances.map((each) => mean(each.slice(start, end)))))}`)
  }
  const tilts = some.map(({ mesh }) => {
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

/** The landmark that is each one's mirror image. */
function mirrored() {
  const pairs = [
    ...[0, 1, 2, 3, 4].map((k) => [k, 9 - k]),
    ...[10, 11, 12, 13, 16, 34, 40, 44, 47].map((k) => [k, k]),
    ...[
      [14, 18],
      [15, 17],
    ],
    ...[
      [19, 28],
      [20, 27],
      [21, 26],
      [22, 25],
      [23, 30],
      [24, 29],
    ],
    ...[
      [31, 37],
      [32, 36],
      [33, 35],
      [38, 42],
      [39, 41],
    ],
    ...[
      [43, 45],
      [46, 48],
    ],
  ]
  return new Map(
    pairs.flatMap(([a, b]) => [
      [a, b],
      [b, a],
    ]),
  )
}

/**
 * For each landmark the two points of the mesh, and the place between them, that give the least squares; the same on
 * both sides of the face.
 */
function fitTable(some) {
  // One face out of a picture of two is another one.
  const same = some.filter(
    ({ given, mesh }) => Math.hypot(mesh[4].x - given[13].x, mesh[4].y - given[13].y) < 0.5,
  )
  const meanOf = (pick) => ({
    x: mean(same.map((face) => pick(face).x)),
    y: mean(same.map((face) => pick(face).y)),
  })
  const average = Array.from({ length: 468 }, (_, k) => meanOf(({ mesh }) => mesh[k]))
  const middle = mean(average.map(({ x }) => x))
  const distance = (k, x, y) => Math.hypot(average[k].x - x, average[k].y - y)
  const nearest = (x, y) =>
    [...average.keys()].reduce((a, b) => (distance(b, x, y) < distance(a, x, y) ? b : a))
  const twin = average.map(({ x, y }) => nearest(2 * middle - x, y))
  const other = mirrored()
  const table = []
  for (let k = 0; k < 49; k++) {
    const mirror = other.get(k)
    if (mirror < k) continue
    const { x, y } = meanOf(({ given }) => given[k])
    const candidates = [...average.keys()].filter(
      (n) => distance(n, x, y) < NEAR && twin[twin[n]] === n && (mirror !== k || twin[n] === n),
    )
    const best = candidates
      .flatMap((a) => candidates.filter((b) => b > a).map((b) => between(same, k, mirror, a, b, twin)))
      .reduce((least, each) => (each.squares < least.squares ? each : least))
    table[k] = [best.a, best.b, best.part]
    table[mirror] = [twin[best.a], twin[best.b], best.part]
  }
  console.log(JSON.stringify(table))
}

/** The best place between two mesh points, and the squares that are left. */
function between(some, k, mirror, a, b, twin) {
  let [along, length] = [0, 0]
  const sides = some.flatMap(({ given, mesh }) => [
    [given[k], mesh[a], mesh[b]],
    [given[mirror], mesh[twin[a]], mesh[twin[b]]],
  ])
  for (const [point, from, to] of sides) {
    const [dx, dy] = [to.x - from.x, to.y - from.y]
    along += (point.x - from.x) * dx + (point.y - from.y) * dy
    length += dx * dx + dy * dy
  }
  const part = Math.round(100 * Math.min(Math.max(along / length, 0), 1)) / 100
  let squares = 0
  for (const [point, from, to] of sides) {
    squares +=
      (from.x + part * (to.x - from.x) - point.x) ** 2 + (from.y + part * (to.y - from.y) - point.y) ** 2
  }
  return { a, b, part, squares }
}
