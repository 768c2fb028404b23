/** What networks look at, as a page: average maps, what each part of the face has, and where classes differ. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import { writeAtomic } from '../base/files.ts'
import { Html, html, page } from '../base/html.ts'
import { version } from '../base/version.ts'
import type { ExplainedFace, ExplainedFaces } from '../evaluation/explainedFaces.ts'
import { type Difference, FEW, type GroupProfile, type Mean, type Profile } from '../evaluation/profile.ts'
import { heatMap, scaleOf } from '../explanation/heatMap.ts'
import { averageMap, averagePicture } from './averages.ts'
import { colourScale } from './maps.ts'
import { img } from './pictures.ts'
import { plot, svgOf } from './svg.ts'
import { points, pText } from './words.ts'

/** One network's part of the page. */
export interface ProfiledNetwork {
  readonly name: string
  readonly explained: ExplainedFaces
  readonly profile: Profile
  /** How it was explained: the name of the composite or method. */
  readonly by: string
}

const style = `
.averages { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.averages figure { margin: 0; width: 8.4rem; }
.averages img { display: block; width: 100%; border-radius: 2px; background: #000; }
.averages .map img { image-rendering: pixelated; }
figure.wide svg { max-width: none; }
.averages figcaption { font-size: .8rem; padding-top: .2rem; }
`

/**
 * Write `index.html` and `figures/*.svg` into a folder.
 *
 * @param data the data set, in words
 * @param across how networks differ from each other
 */
export async function writeProfilePage(
  out: string,
  networks: readonly ProfiledNetwork[],
  across: readonly Difference[],
  { data, licence }: { readonly data: string; readonly licence: string },
): Promise<void> {
  mkdirSync(join(out, 'figures'), { recursive: true })
  const sections: Html[] = []
  for (const network of networks) {
    const figure = partsFigure(network.profile)
    writeAtomic(join(out, 'figures', `parts-${network.name}.svg`), figure.text)
    sections.push(await section(network, figure))
  }
  const title = 'What networks look at'
  const body = html`<h1>${title}</h1>
<p class="byline">${data} · regard ${version}</p>
<div class="note"><p>A map says what a network used, not what is true of a person. <i>Gender</i> is a label that somebody
wrote beside a photo, and age a guess. Shares are means over faces, with 95 % intervals by a bootstrap of people; of fewer
than ${FEW} people there is none.</p></div>
${sections}
${across.length === 0 ? undefined : html`<h2>Networks against each other</h2>${across.map(differenceTable)}`}
<div class="note"><p>Pictures of people are in this page. Before you pass it on, see whether the data set’s licence allows
that: ${licence}</p></div>
<footer>The figures: profile.json and profile.csv, beside this page.</footer>`
  writeAtomic(join(out, 'index.html'), page(title, style, body).text)
}

async function section({ name, explained, profile, by }: ProfiledNetwork, figure: Html): Promise<Html> {
  const { faces } = explained
  const all = profile.groups[0]!
  const warned = faces.filter((face) => face.warned).length
  const unknown = faces.filter(({ parts }) => parts === null).length
  return html`<h2>${name}</h2>
<p>${faces.length} faces of ${new Set(faces.map(({ subject }) => subject)).size} people, explained by ${by}.${
    warned > 0
      ? ` Of ${warned} maps the sums are far from what they explain: biases kept most of it, or rules divided by what nearly cancels.`
      : ''
  }${unknown > 0 ? ` Of ${unknown} nobody knows where the parts are.` : ''}</p>
${await averages(explained)}
<p class="faint">Average face, and average maps in the same frame; each face’s map counts alike.</p>
${colourScale()}
<figure class="wide"><div class="scroll">${figure}</div><figcaption>What each part has of all that speaks for the answer. The bar behind is the part’s share of
the picture: what lies beyond it gets more than its size alone would bring.</figcaption></figure>
${groupTable(all, profile.groups)}
${profile.differences.map(differenceTable)}`
}

/** The average face, the average map of each answer, and of two answers their difference. */
async function averages({ faces, maps, pictures, grid, classes }: ExplainedFaces): Promise<Html> {
  const [height, width] = grid
  const named = [...new Set(faces.map(({ answer }) => answer))].sort((a, b) => a - b)
  const mean = (wanted: (face: ExplainedFace) => boolean) =>
    averageMap(
      maps.filter((_, k) => wanted(faces[k]!)),
      { width, height },
    )
  const every = named.length > 1 ? [{ title: 'all answers', map: mean(() => true) }] : []
  const each = named.map((answer) => ({
    title: `answer ${classes[answer]}`,
    map: mean((face) => face.answer === answer),
  }))
  const scale = scaleOf([...every, ...each].map(({ map }) => map))
  const drawn = [...every, ...each].map(({ title, map }) => ({ title, picture: heatMap(map, scale) }))
  if (each.length === 2) {
    const [first, second] = [each[0]!, each[1]!]
    const data = first.map.data.map((value, k) => value - second.map.data[k]!)
    drawn.push({
      title: `${first.title} less ${second.title}, in a scale of its own`,
      picture: heatMap({ width, height, data }),
    })
  }
  const figures = [
    html`<figure>${await img(averagePicture(pictures), 'the average face')}<figcaption>average face</figcaption></figure>`,
  ]
  for (const { title, picture } of drawn)
    figures.push(
      html`<figure class="map">${await img(picture, `average map: ${title}`)}<figcaption>${title}</figcaption></figure>`,
    )
  return html`<div class="averages">${figures}</div>`
}

/** The answers that the figure and the table tell apart; more would be a thicket. */
const MOST_ANSWERS = 8

function answersIn(groups: readonly GroupProfile[]): GroupProfile[] {
  return groups.filter(({ group }) => group.startsWith('answer ')).slice(0, MOST_ANSWERS)
}

/** For each part a dot with its interval for each answer; behind it a bar for its area. */
function partsFigure({ groups }: Profile): Html {
  const all = groups[0]!
  const answers = answersIn(groups)
  const shown = answers.length === 2 ? answers : [all]
  const order = sorted(all).map(({ part }) => part)
  const dots = shown.flatMap(({ group, parts }, k) =>
    parts.map(({ part, positive: { mean, interval } }) => ({
      group,
      part,
      mean: 100 * mean,
      low: 100 * (interval?.low ?? mean),
      high: 100 * (interval?.high ?? mean),
      dy: shown.length === 2 ? 8 * k - 4 : 0,
    })),
  )
  const colours = ['#d55e00', '#0072b2']
  const kinds = shown.map(({ group }) => group)
  const drawing = plot({
    width: 640,
    height: 60 + 30 * order.length,
    marginLeft: 100,
    marginTop: 30,
    marginRight: 20,
    x: { label: 'share of what speaks for the answer, %', grid: true, zero: true, labelArrow: 'none' },
    y: { domain: order, label: null, tickSize: 0 },
    color: { domain: kinds, range: colours },
    marks: [
      Plot.barX(all.parts, {
        x: ({ area }: { area: number }) => 100 * area,
        y: 'part',
        fill: 'currentColor',
        fillOpacity: 0.12,
        insetTop: 4,
        insetBottom: 4,
      }),
      ...kinds.flatMap((kind) => {
        const own = dots.filter(({ group }) => group === kind)
        const dy = own[0]!.dy
        return [
          Plot.link(own, { x1: 'low', x2: 'high', y: 'part', dy, stroke: 'group', strokeWidth: 1.6 }),
          Plot.dot(own, { x: 'mean', y: 'part', dy, fill: 'group', r: 3.2 }),
        ]
      }),
    ],
  })
  const legend =
    shown.length === 2
      ? kinds.map(
          (kind, k) =>
            html`<circle cx="${104 + 130 * k}" cy="10" r="4" fill="${colours[k]!}"/><text x="${112 + 130 * k}" y="14">${kind}</text>`,
        )
      : undefined
  return new Html(svgOf({ ...drawing, content: html`${drawing.content}${legend}` }))
}

function sorted({ parts }: GroupProfile): GroupProfile['parts'] {
  return [...parts].sort((a, b) => b.positive.mean - a.positive.mean)
}

function groupTable(all: GroupProfile, groups: readonly GroupProfile[]): Html {
  const answers = answersIn(groups)
  const columns = [all, ...(answers.length > 1 ? answers : [])]
  return html`<div class="scroll"><table><caption>share of what speaks for the answer, %, with its 95 % interval</caption>
<thead><tr><th>part</th><th>of the picture</th>${columns.map(({ group, faces }) => html`<th>${group} <small>n ${faces}</small></th>`)}<th>by its size</th><th>against the answer</th></tr></thead>
<tbody>${sorted(all).map(({ part, area, perArea, negative }) => {
    const own = columns.map(({ parts }) => parts.find((each) => each.part === part)!)
    return html`<tr><th>${part.replace('_', ' ')}</th><td>${percent(area)}</td>${own.map(({ positive }) => html`<td>${inPercent(positive)}</td>`)}<td>${times(perArea)}</td><td>${inPercent(negative)}</td></tr>`
  })}</tbody></table></div>`
}

function differenceTable({ a, b, people, parts }: Difference): Html {
  const told = parts.filter(({ p }) => p < 0.05)
  const words =
    told.length === 0
      ? 'No part differs by more than chance would bring.'
      : [...told]
          .sort((x, y) => Math.abs(y.difference) - Math.abs(x.difference))
          .map(
            ({ part, difference, p }) =>
              `${difference > 0 ? 'more' : 'less'} on ${part.replace('_', ' ')} (${points(difference)} points, p ${pText(p)})`,
          )
          .join(', ')
  return html`<h3>${a} against ${b}</h3>
<p>${words} <span class="faint">${people[0] === people[1] ? `${people[0]}` : `${people[0]} and ${people[1]}`} people; p by person, adjusted over the parts (Holm).</span></p>`
}

function percent(share: number): string {
  return (100 * share).toFixed(1)
}

function inPercent({ mean, interval }: Mean): Html {
  return html`${percent(mean)}${interval ? html` <small>${percent(interval.low)}–${percent(interval.high)}</small>` : undefined}`
}

function times({ mean, interval }: Mean): Html {
  if (!Number.isFinite(mean)) return html`–`
  return html`${mean.toFixed(2)}${interval ? html` <small>${interval.low.toFixed(2)}–${interval.high.toFixed(2)}</small>` : undefined}`
}
