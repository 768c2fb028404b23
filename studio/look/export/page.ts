/** Looks as one self-contained HTML page, without scripts or references. */

import { version } from '../../../package.json'
import { WORDS } from '../../app/words.ts'
import { coloured, plain } from '../colours.ts'
import { coloursOf, stripOf } from '../drawn.ts'
import type { Drawing } from '../store.ts'
import {
  amountsOf,
  answerInWords,
  layerInWords,
  mapInWords,
  partInWords,
  percent,
  sidesInWords,
} from '../words.ts'
import { dataUriOf } from './sheet.ts'
import type { Taken } from './taken.ts'
import { escaped } from './text.ts'

const STYLE = `:root{color-scheme:light dark}
body{margin:0 auto;padding:24px 16px;max-width:46rem;font:400 15px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums;background:#faf9f7;color:#1d1b19}
h1{font-size:24px}h2{font-size:18px;margin:32px 0 4px}
.pictures{display:flex;flex-wrap:wrap;gap:16px;margin:12px 0}
figure{margin:0;flex:1 1 240px;max-width:340px}
img{display:block;width:100%;image-rendering:pixelated}
.legend{height:10px;margin-top:6px;border:1px solid #dcd8d2;box-sizing:border-box}
figcaption,table,footer{font-size:13px}
.ends{display:flex;justify-content:space-between;gap:8px}
table{border-collapse:collapse;margin:12px 0}
th,td{padding:3px 12px 3px 0;text-align:right;font-weight:400;border-bottom:1px solid #dcd8d2}
th:first-child{text-align:left}thead th{font-weight:600}
.warn{color:#8a4b00}
@media(prefers-color-scheme:dark){body{background:#131415;color:#eceae6}th,td{border-color:#34383b}.warn{color:#f0b35e}}`

/**
 * The page.
 *
 * @param photo whether the face is shown as each network saw it
 */
export function pageOf(taken: readonly Taken[], drawing: Drawing, photo: boolean): string {
  const names = [...new Set(taken.map(({ network }) => network.id))].join(', ')
  const title = `What ${names} ${names.includes(',') ? 'look' : 'looks'} at`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    // Should anything but text and pictures ever get in here, no browser runs or fetches it.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    ...taken.map((each) => section(each, drawing, photo)),
    `<footer><p>${escaped(WORDS.map)}</p>`,
    taken.some(({ question }) => question.task === 'gender') ? `<p>${escaped(WORDS.gender)}</p>` : '',
    `<p>Made with regard ${escaped(version)}.${photo ? ' This file contains the photo.' : ''}</p></footer>`,
    '</body></html>\n',
  ].join('\n')
}

function section({ network, look }: Taken, drawing: Drawing, photo: boolean): string {
  const colours = coloursOf(drawing)
  const most = look.map.data.reduce((so, value) => Math.max(so, Math.abs(value)), 0) / drawing.brighten
  const at = look.layer === undefined ? '' : ` at ${layerInWords(look.layer)}`
  const amount = most.toPrecision(2)
  const rows = amountsOf(look).map(
    ({ part, positive, negative, area }) =>
      `<tr><th scope="row">${escaped(partInWords(part))}</th><td>${percent(positive)}</td><td>${percent(negative)}</td><td>${percent(area)}</td></tr>`,
  )
  const [against, for_] = sidesInWords(look)
  return [
    `<section><h2>${escaped(network.id)}: ${escaped(look.answers.map(answerInWords).join(', '))}</h2>`,
    `<p>Why ${escaped(look.name)}, by ${escaped(look.by)}.</p><div class="pictures">`,
    photo
      ? `<figure><img alt="The face as ${escaped(network.id)} saw it" src="${dataUriOf(plain(look.seen))}"><figcaption>As the network saw it</figcaption></figure>`
      : '',
    `<figure><img alt="${escaped(mapInWords(network.id, look))}" src="${dataUriOf(coloured(look.map, most, colours))}">`,
    `<img class="legend" alt="" src="${dataUriOf(stripOf(colours))}">`,
    `<figcaption><span class="ends"><span>−${amount} ${escaped(against)}</span><span>${escaped(for_)} +${amount}</span></span>The map${escaped(at)}</figcaption></figure></div>`,
    `<p>${escaped(mapInWords(network.id, look))}</p>`,
    ...look.warnings.map((warning) => `<p class="warn">${escaped(warning)}.</p>`),
    '<table><thead><tr><th scope="col">part</th><th scope="col">of what speaks for</th><th scope="col">of what speaks against</th><th scope="col">area</th></tr></thead>',
    `<tbody>${rows.join('')}</tbody></table></section>`,
  ].join('\n')
}
