// Makes the picture of the README's first screen, one photo and what three networks look at in it:
// npx regard networks add gear faceres-deep && npm run build && node docs/make-networks.js
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { explainFile } from '../dist/models/node.js'
import { builtIn } from '../dist/networks/builtIn/index.js'

// Eileen Collins, NASA: in the public domain.
const PHOTO = fileURLToPath(new URL('../studio/samples/astronaut.jpg', import.meta.url))
const NETWORKS = ['faceres', 'faceres-deep', 'gear']
const SIDE = 224
const GAP = 12
const LINES = 56
const width = (NETWORKS.length + 1) * (SIDE + GAP) - GAP

const looks = []
for (const network of NETWORKS) {
  const { output } = builtIn[network].card.answers.find(({ task }) => task === 'gender')
  looks.push({ network, ...(await explainFile(network, PHOTO, { output })) })
}
const cells = [
  { picture: looks[0].seen, lines: ['the photo', ''] },
  ...looks.map(({ network, name, probability, map }) => ({
    picture: map,
    lines: [network, `says “${name}”, ${(100 * probability).toFixed(0)} % sure`],
  })),
]
const text = cells.map(
  ({ lines: [first, second] }, k) =>
    `<g transform="translate(${k * (SIDE + GAP) + SIDE / 2} 0)" text-anchor="middle">` +
    `<text y="22" font-weight="600">${first}</text><text y="44">${second}</text></g>`,
)
const svg =
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${LINES}" font-family="sans-serif" font-size="16" ` +
  `fill="#1d1b19">${text.join('')}</svg>`
await sharp({ create: { width, height: SIDE + LINES, channels: 3, background: '#fff' } })
  .composite([
    ...(await Promise.all(
      cells.map(async ({ picture: { width, height, data } }, k) => ({
        input: await sharp(data, { raw: { width, height, channels: 3 } })
          .resize(SIDE, SIDE, { kernel: width < SIDE ? 'nearest' : 'lanczos3' })
          .png()
          .toBuffer(),
        left: k * (SIDE + GAP),
        top: 0,
      })),
    )),
    { input: Buffer.from(svg), left: 0, top: SIDE },
  ])
  .png({ palette: true, quality: 90, effort: 10 })
  .toFile(fileURLToPath(new URL('pictures/networks.png', import.meta.url)))
