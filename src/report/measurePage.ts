/** Whether maps can be believed, as a page: some faces with the map of each method, and the table of measures. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../base/files.ts'
import { Html, html, page } from '../base/html.ts'
import { version } from '../base/version.ts'
import { CONTROLS, type MeasuredMaps } from '../evaluation/measure.ts'
import {
  anyOverControls,
  controlsInWords,
  inOrder,
  isControl,
  isOverControls,
  type MeasureColumn,
  refusals,
} from '../evaluation/measureTable.ts'
import type { SanityCheck } from '../evaluation/sanityCheck.ts'
import { heatMap } from '../explanation/heatMap.ts'
import { MEASURES } from '../explanation/measures.ts'
import { colourScale } from './maps.ts'
import { perturbationFigure } from './perturbationFigure.ts'
import { img } from './pictures.ts'
import { sanitySection } from './sanitySection.ts'

const style = `
.strips { display: flex; flex-wrap: wrap; gap: .7rem 1.4rem; }
.strips figure { margin: 0; }
.strips .strip { display: flex; gap: .2rem; }
.strips img { display: block; width: 4.4rem; border-radius: 2px; background: #000; }
.strips figcaption { font-size: .8rem; padding-top: .1rem; }
.measures thead th { white-space: normal; max-width: 8rem; vertical-align: bottom; }
td.best { font-weight: 600; }
td small { display: block; }
.measures th small { display: block; font-weight: 400; }
tr.control th { color: var(--faint); font-style: italic; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .8rem .6rem; margin-top: .6rem; }
.panels svg { width: 100%; }
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; font-size: 16px; }
  dl { grid-template-columns: 1fr; }
  dd { margin-bottom: .5rem; }
  .panels { grid-template-columns: 1fr 1fr; gap: .6rem .3rem; }
}
`

/**
 * Write `index.html` and, for measures that remove pixels, `figures/curves-*.svg` into a folder.
 *
 * @param about the network, the data set, and the parts that maps should lie on
 * @param doubts sentences about methods that are no better than the controls
 * @param sanity the comparison with the maps of shuffled networks, if asked for
 */
export async function writeMeasurePage(
  out: string,
  about: {
    readonly network: string
    readonly data: string
    readonly licence: string
    readonly parts: readonly string[]
  },
  { rows, unfit, examples }: MeasuredMaps,
  columns: readonly MeasureColumn[],
  {
    methods,
    doubts,
    sanity,
  }: {
    readonly methods: readonly string[]
    readonly doubts: readonly string[]
    readonly sanity?: SanityCheck
  },
): Promise<void> {
  const title = 'Can the maps be believed?'
  const faces = new Set(rows.map(({ face }) => face)).size
  const body = html`<h1>${title}</h1>
<p class="byline">${about.network} on ${about.data} · regard ${version}</p>
<p class="summary">${methods.filter((method) => !isControl(method)).length} methods on the same ${faces} faces${besideControls(columns)}.</p>
${doubts.map((sentence) => html`<p>${sentence}</p>`)}
${sanity && sanitySection(sanity)}
<h2>Measures</h2>
<div class="scroll"><table class="measures"><thead><tr><th>method</th>${columns.map(({ measure, variant }) => html`<th>${MEASURES[measure].title}${variant === '' ? undefined : html` <small>${variant}</small>`}</th>`)}</tr></thead>
<tbody>${sorted(columns, methods).map(
    (method) =>
      html`<tr${isControl(method) ? html` class="control"` : undefined}><th>${method}</th>${columns.map((column) => cell(column, method))}</tr>`,
  )}</tbody></table></div>
<p class="faint">Means over faces, with 95 % intervals by a bootstrap of people.${star(columns)} Bold: the best.</p>
<dl>${columns.map(
    ({ measure, name, better }) =>
      html`<dt>${MEASURES[measure].title}</dt><dd>${name}; ${better === 'neither' ? 'neither direction is better' : better === 'one' ? 'best near 1' : `${better} is better`}. <span class="faint">${MEASURES[measure].source}</span></dd>`,
  )}</dl>
<p class="faint">Maps should lie on: ${about.parts.map((part) => part.replace('_', ' ')).join(', ')}.</p>
${unfit.length === 0 ? undefined : html`<p class="faint">Not for this network: ${unfit.map(({ method, reason }) => `${method} (${reason})`).join('; ')}.</p>`}
${refusals(rows).map((sentence) => html`<p class="faint">${sentence}</p>`)}
${curvesSection(out, columns, methods)}
<h2>The maps</h2>
${colourScale()}
<div class="strips">${await strips(examples, methods)}</div>
<div class="note"><p>This page contains pictures of people. Before you pass it on, check whether the data set’s licence allows
that: ${about.licence}</p></div>
<footer>The figures: measure.json and, face by face, measure.csv, beside this page; the curves: curves.csv.</footer>`
  writeAtomic(join(out, 'index.html'), page(title, style, body).text)
}

/** What the controls are that were measured too. */
function besideControls(columns: readonly MeasureColumn[]): string {
  const found = CONTROLS.filter((control) => columns.some(({ controls }) => controls.includes(control)))
  const [one] = found
  if (one === undefined) return ''
  return found.length === 1
    ? `, beside a control that knows nothing about the network: ${CONTROL_WORDS[one]}`
    : `, beside controls that know nothing about the network: ${found.map((control) => CONTROL_WORDS[control]).join(', and ')}`
}

const CONTROL_WORDS: Readonly<Record<string, string>> = {
  random: 'random numbers',
  edges: 'the edges of the picture',
}

/** The meaning of the star in the table; empty without a star. */
function star(columns: readonly MeasureColumn[]): string {
  return anyOverControls(columns)
    ? ` ∗ better than ${controlsInWords(columns)} (p < 0.05 by person, adjusted over the methods by Holm’s procedure).`
    : ''
}

/** The best by the first measure first. */
function sorted([first]: readonly MeasureColumn[], methods: readonly string[]): string[] {
  return first ? inOrder(first, methods) : [...methods]
}

function cell(column: MeasureColumn, method: string): Html {
  const { means, better } = column
  const { mean, interval } = means.get(method)!
  if (!Number.isFinite(mean)) return html`<td>–</td>`
  const star = isOverControls(column, method) ? '∗' : ''
  const all = [...means].flatMap(([, each]) => (Number.isFinite(each.mean) ? [each.mean] : []))
  const best =
    (better === 'higher' && mean === Math.max(...all)) || (better === 'lower' && mean === Math.min(...all))
  const shown = (value: number) => value.toPrecision(3)
  return html`<td${best ? html` class="best"` : undefined}>${shown(mean)}${star}${interval ? html`<small>${shown(interval.low)} – ${shown(interval.high)}</small>` : undefined}</td>`
}

/** How the score falls, with a figure for each measure that removes pixels; undefined where there is none. */
function curvesSection(
  out: string,
  columns: readonly MeasureColumn[],
  methods: readonly string[],
): Html | undefined {
  const figures = columns.flatMap((column) => {
    const figure = perturbationFigure(column, methods)
    if (!figure) return []
    const { measure, variant } = column
    mkdirSync(join(out, 'figures'), { recursive: true })
    const name = ['curves', measure, ...variant.split(', ')].join('-')
    writeAtomic(join(out, 'figures', `${name}.svg`), figure.whole)
    return html`<h3>${MEASURES[measure].title}, ${variant}</h3>
<figure>${new Html(figure.key)}<div class="panels">${figure.panels.map((panel) => new Html(panel))}</div></figure>`
  })
  if (figures.length === 0) return undefined
  return html`<h2>The curves</h2>
<p>The score of what is explained while pixels are removed, as a mean over faces. If a map shows what counts, the score falls at
once when the most relevant pixels go first, and stays when the least relevant do. The number is the measure: how far the
blue line is above the orange one, as a mean over the steps. If they lie no further apart than the faint ones, the map says no
more than a control. The best come first, and all panels of a figure share one scale.</p>
${figures}`
}

/** The faces, and for each method a strip of their maps. */
async function strips(examples: MeasuredMaps['examples'], methods: readonly string[]): Promise<Html[]> {
  const strip = (name: string, pictures: readonly Html[]) =>
    html`<figure><div class="strip">${pictures}</div><figcaption>${name}</figcaption></figure>`
  const photos: Html[] = []
  for (const { picture } of examples) photos.push(await img(picture, 'a face'))
  const all = [strip('as the network sees them', photos)]
  for (const method of methods) {
    const maps: Html[] = []
    for (const { maps: of } of examples) {
      const map = of.get(method)
      if (map) maps.push(await img(heatMap(map), `map by ${method}`))
    }
    all.push(strip(isControl(method) ? `${method}, a control` : method, maps))
  }
  return all
}
