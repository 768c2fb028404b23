/**
 * The picture of the rooms, drawn from the table in architecture.md, which a test holds against the code.
 *
 *   node docs/make-rooms.js > docs/pictures/rooms.svg
 */

import { readFileSync } from 'node:fs'

const page = readFileSync(new URL('architecture.md', import.meta.url), 'utf8')
const rooms = [...page.matchAll(/^\| `(\w+)\/` *\|[^|]*\|([^|]*)\|([^|]*)\|$/gm)].map(
  ([, name, pure, from]) => ({
    name,
    pure: pure.trim(),
    from: [...from.matchAll(/\w+/g)].map(([other]) => other),
  }),
)

/** All that a room can reach. */
const reach = new Map()
for (const { name, from } of rooms)
  reach.set(name, new Set(from.flatMap((other) => [other, ...reach.get(other)])))
/** The imports that do not follow from others: those alone are drawn. */
const arrows = rooms.flatMap(({ name, from }) =>
  from.filter((other) => !from.some((third) => reach.get(third).has(other))).map((other) => [name, other]),
)
const floor = new Map()
for (const { name, from } of rooms)
  floor.set(name, Math.max(-1, ...from.map((other) => floor.get(other))) + 1)
const floors = Math.max(...floor.values()) + 1

const [WIDTH, ROOM, HEIGHT, STEP] = [760, 112, 30, 62]
const place = new Map()
for (let level = 0; level < floors; level++) {
  const own = rooms.filter(({ name }) => floor.get(name) === level)
  own.forEach(({ name }, k) => {
    place.set(name, {
      x: ((k + 0.5) * WIDTH) / own.length - ROOM / 2,
      y: 12 + (floors - 1 - level) * STEP,
    })
  })
}
const lines = arrows.map(([name, other]) => {
  const [from, to] = [place.get(name), place.get(other)]
  return `<line x1="${(from.x + ROOM / 2).toFixed(1)}" y1="${from.y + HEIGHT}" x2="${(to.x + ROOM / 2).toFixed(1)}" y2="${to.y}"/>`
})
const FILLS = {
  yes: '#d7ece8',
  'one side each': '#d7ece8',
  'all but node.ts': '#d7ece8',
  'in part': '#eaf3dc',
  no: '#f1ede6',
}
const boxes = rooms.map(({ name, pure }) => {
  const { x, y } = place.get(name)
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${ROOM}" height="${HEIGHT}" rx="6" fill="${FILLS[pure]}"/><text x="${(x + ROOM / 2).toFixed(1)}" y="${y + 20}">${name}</text>`
})
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${floors * STEP - 8}" font-family="system-ui, sans-serif" font-size="14">
<title>The rooms of regard: each imports only from those below it that lines lead to</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<g stroke="#a09a92" stroke-width="1.2">
${lines.join('\n')}
</g>
<g text-anchor="middle" stroke="none" fill="#1d1b19">
${boxes.join('\n')}
</g>
</svg>`)
