/**
 * Faces found, marked and aligned, on all cores:
 *
 *   npm run bench -- faces                  photos a second: found and marked, and cut out by given landmarks
 *   npm run bench -- faces memory           the memory after each thousand of 10 000 photos
 *
 * The photos are those of FairFace in ../shared, as JPEG files of 500 × 500 pixels. Threads start and models are read
 * in every round, as in a command. There is no peer here: human's own program for Node needs native parts that are not
 * in its package.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { alignPhotos } from '../dist/datasets/alignPhotos.js'
import { isMarked, mainFace } from '../dist/faces/face.js'
import { landmarks49 } from '../dist/faces/meshLandmarks.js'
import { packagedFaceFinder } from '../dist/faces/node.js'
import { readPhoto } from '../dist/pictures/node.js'
import { describeMachine, median } from './measure.js'

const SOURCE = '../shared/data/fairface'
const SIDE = 500
const ROUNDS = 5
/** How often each photo comes in a round. */
const TIMES = 6
const MANY = 10_000

const folder = mkdtempSync(join(tmpdir(), 'regard-bench-faces-'))
describeMachine()
try {
  const photos = await resized()
  if (process.argv.includes('memory')) await memory(photos)
  else await speed(photos)
} finally {
  rmSync(folder, { recursive: true })
}

async function resized() {
  const names = readdirSync(SOURCE).filter((name) => name.endsWith('.jpg'))
  return Promise.all(
    names.map(async (name) => {
      const photo = join(folder, name)
      await sharp(join(SOURCE, name)).resize(SIDE, SIDE).jpeg({ quality: 90 }).toFile(photo)
      return photo
    }),
  )
}

async function speed(photos) {
  const finder = await packagedFaceFinder()
  const marked = []
  for (const photo of photos) {
    const image = await readPhoto(photo)
    const face = mainFace(await finder.find(image), image)
    if (face && isMarked(face)) marked.push({ photo, landmarks: landmarks49(face.mesh) })
  }
  await finder.release()
  const [found, given] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    found.push(await rate(photos.map((photo) => ({ photo }))))
    given.push(await rate(marked))
  }
  const all = (rates) =>
    `${median(rates).toFixed(0)} photos/s (${rates.map((each) => each.toFixed(0)).join(', ')})`
  console.log(`${SIDE} × ${SIDE} pixels, each round ${TIMES * photos.length} photos`)
  console.log(`found, marked and aligned: ${all(found)}`)
  console.log(`aligned by given landmarks: ${all(given)}`)
}

/** Photos a second. */
async function rate(jobs) {
  const many = Array.from({ length: TIMES }, () => jobs).flat()
  const started = performance.now()
  let done = 0
  for await (const _ of alignPhotos(many, { as: 'r', size: 256, all: false })) done++
  return done / ((performance.now() - started) / 1000)
}

async function memory(photos) {
  const jobs = Array.from({ length: MANY }, (_, k) => ({ photo: photos[k % photos.length] }))
  let done = 0
  for await (const _ of alignPhotos(jobs, { as: 'r', size: 256, all: false })) {
    if (++done % 1000 === 0) console.log(`${done} photos: ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`)
  }
}
