// Makes the pictures of the documentation: npm start && node docs/make-pictures.js
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { Random } from '../dist/base/random.js'
import { PARTS } from '../dist/datasets/synthetic/parts.js'
import { drawPerson } from '../dist/datasets/synthetic/person.js'
import { render } from '../dist/datasets/synthetic/render.js'
import { drawShot } from '../dist/datasets/synthetic/shot.js'

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
  const picture = sharp(data, { raw: { width: 256, height: 256, channels: 3 } }).resize(SIZE, SIZE, {
    kernel,
  })
  return { input: await picture.png().toBuffer(), left: column * SIZE, top: row * SIZE }
}

// A colour of its own for each part, around the colour circle.
function coloured(mask) {
  const colours = PARTS.map((_, part) => {
    const shade = (turn) => Math.round(145 + 95 * Math.cos(2 * Math.PI * ((5 * part) / PARTS.length + turn)))
    return part === 0 ? [245, 245, 245] : [shade(0), shade(1 / 3), shade(2 / 3)]
  })
  return Uint8Array.from([...mask].flatMap((part) => colours[part]))
}
