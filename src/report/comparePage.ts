/** Networks side by side, as a page: where they agree, why they do not, and the faces on which they differ most. */

import { join } from 'node:path'
import { writeAtomic } from '../base/files.ts'
import { type Html, html, page } from '../base/html.ts'
import { version } from '../base/version.ts'
import { type BothAnswers, type Comparison, withoutContrast } from '../evaluation/compare.ts'
import type { SettingsDifference } from '../evaluation/compareSettings.ts'
import { type ExplainedFaces, THUMBNAIL } from '../evaluation/explainedFaces.ts'
import type { Mean } from '../evaluation/profile.ts'
import { heatMap } from '../explanation/heatMap.ts'
import { colourScale } from './maps.ts'
import { img } from './pictures.ts'
import { points, pText } from './words.ts'

const style = `
.pairs { display: flex; flex-wrap: wrap; gap: 1rem 1.6rem; }
.pair { margin: 0; }
.pair .row { display: flex; gap: .25rem; }
.pair .row div { width: 5.2rem; font-size: .74rem; line-height: 1.3; color: var(--faint); }
.pair .row b { color: var(--text); }
.pair img { display: block; width: 100%; border-radius: 2px; background: #000; }
.pair .map img { image-rendering: pixelated; }
.pair figcaption { font-size: .8rem; overflow-wrap: anywhere; }
`

/** How many faces are shown for each pair. */
const SHOWN = 24

/**
 * Write `index.html` into a folder.
 *
 * @param explained each network's explanations, by its name
 */
export async function writeComparePage(
  out: string,
  explained: ReadonlyMap<string, ExplainedFaces>,
  comparisons: readonly Comparison[],
  settings: readonly SettingsDifference[],
  { data, licence }: { readonly data: string; readonly licence: string },
): Promise<void> {
  const sections: Html[] = []
  for (const comparison of comparisons) sections.push(await section(comparison, explained))
  const title = 'Networks side by side'
  const body = html`<h1>${title}</h1>
<p class="byline">${data} · regard ${version}</p>
<div class="note"><p>A map says what a network used, not what is true of a person. <i>Gender</i> is a label that somebody wrote
beside a photo, and age a guess.</p></div>
${settings.map(settingsText)}
${sections}
<div class="note"><p>This page contains pictures of people. Before you pass it on, check whether the data set’s licence allows
that: ${licence}</p></div>
<footer>The figures: compare.json and, face by face, compare.csv, beside this page.</footer>`
  writeAtomic(join(out, 'index.html'), page(title, style, body).text)
}

/** Why maps cannot be compared. */
export const INCOMPARABLE: Record<NonNullable<Comparison['incomparable']>, string> = {
  frames: 'faces are cut out differently for the two, so their maps cannot be compared pixel by pixel',
  empty: 'one of the two is empty for every face, so there is nothing to compare',
}

/** Faces that a figure about both maps leaves out; empty where there are none. */
export function withoutEmpty(empty: number): string {
  return empty === 0 ? '' : `, without ${empty} ${empty === 1 ? 'face' : 'faces'} of which a map is empty`
}

/** Why a network may have no contrasts. */
export const NO_CONTRAST =
  'its answer is one number, its ages do not reach the other’s, or its maps are empty or without parts'

function settingsText({ a, b, trainings, people, ofSettings, parts }: SettingsDifference): Html {
  if (people === 0)
    return html`<h2>${a} against ${b}: where they look</h2><p>For no face does every network have a map with parts, in which something speaks for the answer.</p>`
  const scope = ofSettings
    ? `Tested over ${trainings[0]} and ${trainings[1]} trainings and ${people} people.`
    : `Tested over ${people} people. With so few trainings, this describes these networks only, not how they were trained.`
  return html`<h2>${a} against ${b}: where they look</h2>
${partsTable(
  parts.map(({ part, difference, p }) => ({ part, value: points(difference), size: difference, p })),
  `more of what speaks for the answer, in points, for ${a} than for ${b}`,
)}
<p class="faint">${scope} p is adjusted over the parts (Holm).</p>`
}

async function section(
  comparison: Comparison,
  explained: ReadonlyMap<string, ExplainedFaces>,
): Promise<Html> {
  const {
    a,
    b,
    faces,
    people,
    agreement,
    accuracy,
    incomparable,
    correlation,
    overlap,
    empty,
    contrasts,
    each,
  } = comparison
  const [ofA, ofB] = [explained.get(a)!, explained.get(b)!]
  const disagreeing = each.filter(({ answers }) => answers[0] !== answers[1])
  const shown = (disagreeing.length > 0 ? disagreeing : each).slice(0, SHOWN)
  const cards: Html[] = []
  for (const one of shown) cards.push(await card(one, { a, b, ofA, ofB }))
  return html`<h2>${a} and ${b}</h2>
<p>On ${faces} faces of ${people} people they give the same answer in ${share(agreement)}.${
    accuracy
      ? html` ${a} is right in ${share(accuracy.a)}, ${b} in ${share(accuracy.b)}; p of the difference: ${pText(accuracy.p)}.`
      : undefined
  } ${
    incomparable
      ? html`Maps: ${INCOMPARABLE[incomparable]}.`
      : html`Their maps have a rank correlation of ${correlation.mean.toFixed(2)}, and ${share(overlap)} of the most relevant tenth in common${withoutEmpty(empty)}.`
  }</p>
${withoutContrast(comparison).map(
  (network) =>
    html`<p>Where they disagree, what speaks for ${network}’s answer is unknown, since ${NO_CONTRAST}.</p>`,
)}
<div class="side-by-side">${contrasts.map(
    ({
      network,
      faces: count,
      parts,
    }) => html`<div><h3>Where they disagree: what speaks for ${network}’s answer (${count} ${count === 1 ? 'face' : 'faces'})</h3>
${partsTable(
  parts.map(({ part, net, p }) => ({ part, value: points(net.mean), size: net.mean, p })),
  'relevance of its answer rather than the other’s, in points of all relevance',
)}</div>`,
  )}</div>
<h3>${disagreeing.length > 0 ? `The faces on which they disagree, ${shown.length} of ${disagreeing.length}` : 'The faces whose maps differ most'}</h3>
${colourScale()}
<div class="pairs">${cards}</div>`
}

interface PairOfNetworks {
  readonly a: string
  readonly b: string
  readonly ofA: ExplainedFaces
  readonly ofB: ExplainedFaces
}

async function card(
  { face, truth, answers, probabilities }: BothAnswers,
  { a, b, ofA, ofB }: PairOfNetworks,
): Promise<Html> {
  const placeOf = ({ faces }: ExplainedFaces) => faces.findIndex((one) => one.face === face)
  const [atA, atB] = [placeOf(ofA), placeOf(ofB)]
  const photo = { width: THUMBNAIL, height: THUMBNAIL, data: ofA.pictures[atA]! }
  const mapOf = ({ maps, grid }: ExplainedFaces, at: number) =>
    heatMap({ width: grid[1], height: grid[0], data: maps[at]! })
  const said = (name: string, k: 0 | 1) =>
    html`${name}: <b>${ofA.classes[answers[k]]!}</b> ${Math.round(100 * probabilities[k])} %`
  return html`<figure class="pair"><div class="row"><div>${await img(photo, 'a face')}${truth === null ? undefined : html`label ${ofA.classes[truth]!}`}</div>
<div class="map">${await img(mapOf(ofA, atA), `map by ${a}`)}${said(a, 0)}</div>
<div class="map">${await img(mapOf(ofB, atB), `map by ${b}`)}${said(b, 1)}</div></div><figcaption class="faint">${face}</figcaption></figure>`
}

function partsTable(
  parts: readonly {
    readonly part: string
    readonly value: string
    readonly size: number
    readonly p: number
  }[],
  caption: string,
): Html {
  const rows = [...parts].sort((x, y) => Math.abs(y.size) - Math.abs(x.size))
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr><th>part</th><th>points</th><th>p</th></tr></thead><tbody>${rows.map(
    ({ part, value, p }) =>
      html`<tr${p < 0.05 ? undefined : html` class="faint"`}><th>${part.replace('_', ' ')}</th><td>${value}</td><td>${Number.isNaN(p) ? '–' : pText(p)}</td></tr>`,
  )}</tbody></table></div>`
}

function share({ mean, interval }: Mean): Html {
  const percent = (value: number) => (100 * value).toFixed(1)
  return html`${percent(mean)} %${interval ? html` <small>[${percent(interval.low)}, ${percent(interval.high)}]</small>` : undefined}`
}
