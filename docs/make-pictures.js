// Makes the pictures of the documentation: npm start && node docs/make-pictures.js
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { Random } from '../dist/base/random.js'
import { PARTS } from '../dist/datasets/synthetic/parts.js'
import { drawPerson } from '../dist/datasets/synthetic/person.js'
import { render } from '../dist/datasets/synthetic/render.js'
import { drawShot } from '../dist/datasets/synthetic/shot.js'
import { alignment } from '../dist/faces/align.js'
import { mainFace } from '../dist/faces/face.js'
import { landmarks49 } from '../dist/faces/meshLandmarks.js'
import { packagedFaceFinder } from '../dist/faces/node.js'
import { FACE_PARTS, partsOf } from '../dist/faces/parts.js'
import { applyAffine, invertAffine } from '../dist/pictures/affine.js'
import { warpAffine } from '../dist/pictures/warp.js'

const SIZE = 120

// Synthetic faces: a column for each age group; rows m and f, and the masks of the row f.
const tiles = []
for (let age = 0; age < 8; age++) {
  for (const [row, gender] of ['m', 'f'].entries()) {
    const random = new Random(`docs ${age} ${gender}`)
    const person = drawPerson(random, age, gender)
    const { photo, mask } = await render(person, { ...drawShot(random), noise: 1 })
    tiles.push(await tile(photo.data, age, row, 'lanczos3'))
    if (gender === 'f') tiles.push(await tile(coloured(mask), age, 2, 'nearest'))
  }
}
await sharp({ create: { width: 8 * SIZE, height: 3 * SIZE, channels: 3, background: '#fff' } })
  .composite(tiles)
  .png({ palette: true, quality: 85, effort: 10 })
  .toFile(fileURLToPath(new URL('pictures/synthetic-faces.png', import.meta.url)))

// The parts of faces: a column for each face; rows the picture aligned as r, the parts from the mesh that is found, and
// the truth by the same names.
const finder = await packagedFaceFinder()
const CELL = 176
const SHADES = [
  ['background', '#f5f5f5'],
  ['hair', '#8a5a33'],
  ['ears', '#f08bc0'],
  ['forehead', '#f7d76a'],
  ['around_eyes', '#8ed3f0'],
  ['brows', '#8e3a9d'],
  ['eyes', '#2f5fd0'],
  ['nose', '#3ca55c'],
  ['cheeks', '#f3a46f'],
  ['mouth', '#d23b3b'],
  ['jaw', '#9a9a3c'],
]
const shadeOf = (part) => {
  const [, colour] = SHADES.find(([name]) => name === part) ?? ['', '#ffffff']
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}
const TRUTH = { clothes: 'background', neck: 'background' }
const cut = []
for (const [column, age] of [0, 2, 3, 5, 7].entries()) {
  const random = new Random(`parts ${age}`)
  const person = drawPerson(random, age, column % 2 ? 'm' : 'f')
  const { photo, mask } = await render(person, { ...drawShot(random), noise: 1 })
  const { mesh } = mainFace(await finder.find(photo), photo)
  const map = alignment(landmarks49(mesh), 'r', 256)
  const back = invertAffine(map)
  const parts = partsOf(
    mesh.map((point) => applyAffine(back, point)),
    256,
  )
  const truth = Array.from(parts.data, (_, k) => {
    const { x, y } = applyAffine(map, { x: (k % 256) + 0.5, y: Math.floor(k / 256) + 0.5 })
    const [left, top] = [x, y].map((place) => Math.min(Math.max(Math.floor(place), 0), 255))
    const part = PARTS[mask[256 * top + left]]
    return TRUTH[part] ?? part
  })
  const found = Array.from(parts.data, (part) => FACE_PARTS[part])
  const pictures = [warpAffine(photo, map, 256, 256).data, shaded(found), shaded(truth)]
  for (const [row, data] of pictures.entries()) {
    cut.push({
      input: await png(data, row === 0 ? 'lanczos3' : 'nearest', CELL),
      left: column * CELL,
      top: row * CELL,
    })
  }
}
await finder.release()
// What the colours are.
const legend = SHADES.map(
  ([name, colour], k) =>
    `<rect x="${8 + (k % 6) * 146}" y="${6 + 22 * Math.floor(k / 6)}" width="14" height="14" fill="${colour}" stroke="#999"/>` +
    `<text x="${28 + (k % 6) * 146}" y="${18 + 22 * Math.floor(k / 6)}" font-family="sans-serif" font-size="14">${name}</text>`,
)
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${5 * CELL}" height="52">${legend.join('')}</svg>`
await sharp({ create: { width: 5 * CELL, height: 3 * CELL + 52, channels: 3, background: '#fff' } })
  .composite([...cut, { input: Buffer.from(svg), left: 0, top: 3 * CELL }])
  .png({ palette: true, quality: 85, effort: 10 })
  .toFile(fileURLToPath(new URL('pictures/face-parts.png', import.meta.url)))

// Heat maps: a column for each face; rows the photo, and what spoke for and against m and f.
const RUN = fileURLToPath(new URL('../out/synthetic/runs/gender-adiencenet-r-fold0/', import.meta.url))
const { maps } = JSON.parse(readFileSync(`${RUN}result.json`, 'utf8'))
const rows = maps.map(({ photo, classes }) => [photo, ...classes.map(({ map }) => map)])
const cells = rows.flatMap((files, column) =>
  files.map(async (file, row) => ({
    // Enlarged without smoothing: the map is what was computed.
    input: await sharp(RUN + file)
      .resize(SIZE, SIZE, { kernel: 'nearest' })
      .png()
      .toBuffer(),
    left: column * (SIZE + 4),
    top: row * (SIZE + 4),
  })),
)
await sharp({
  create: {
    width: maps.length * (SIZE + 4) - 4,
    height: 3 * (SIZE + 4) - 4,
    channels: 3,
    background: '#fff',
  },
})
  .composite(await Promise.all(cells))
  .png({ palette: true, effort: 10 })
  .toFile(fileURLToPath(new URL('pictures/heat-maps.png', import.meta.url)))

async function tile(data, column, row, kernel) {
  return { input: await png(data, kernel, SIZE), left: column * SIZE, top: row * SIZE }
}

function png(data, kernel, side) {
  const picture = sharp(data, { raw: { width: 256, height: 256, channels: 3 } })
  return picture.resize(side, side, { kernel }).png().toBuffer()
}

// Glasses are white.
function shaded(parts) {
  return Uint8Array.from(parts.flatMap(shadeOf))
}

// A colour of its own for each part, around the colour circle. None of the faces is marked.
function coloured(mask) {
  const parts = PARTS.filter((part) => part !== 'mark')
  const colours = parts.map((_, part) => {
    const shade = (turn) => Math.round(145 + 95 * Math.cos(2 * Math.PI * ((5 * part) / parts.length + turn)))
    return part === 0 ? [245, 245, 245] : [shade(0), shade(1 / 3), shade(2 / 3)]
  })
  return Uint8Array.from([...mask].flatMap((part) => colours[part]))
}
