/** The atlas of a network as a page: for each class, its maps in a plane and its clusters one by one. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import { writeAtomic } from '../base/files.ts'
import { Html, html, page } from '../base/html.ts'
import { version } from '../base/version.ts'
import { type Atlas, type ClassAtlas, type Cluster, LEAST, oddness, type Share } from '../evaluation/atlas.ts'
import { averageMap, averagePicture, thumbnail } from '../evaluation/averages.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import { heatMap, type PixelRelevance, scaleOf } from '../explanation/heatMap.ts'
import { decimal, excessInWords, percent, reason, sureness } from './atlasWords.ts'
import { HUES } from './hues.ts'
import { colourScale } from './maps.ts'
import { img } from './pictures.ts'
import { type Drawing, plot, svgOf } from './svg.ts'

/** What a page is about, in words. */
export interface AtlasWords {
  readonly network: string
  readonly data: string
  readonly licence: string
  /** The composite or method. */
  readonly by: string
  /** What the classes are: `the network’s own answers`. */
  readonly classes: string
}

const style = `
.cluster { border-top: 1px solid var(--hair); padding-top: .2rem; margin-top: 2rem; }
.cluster h3 { margin-top: .8rem; }
.cluster h3 small { font-weight: 400; }
.dot { display: inline-block; width: .75em; height: .75em; border-radius: 50%; margin-right: .4em; }
.about { display: flex; flex-wrap: wrap; gap: .8rem 2rem; margin: 1rem 0; }
.averages { display: flex; gap: .8rem; flex: 0 1 auto; }
.averages figure { margin: 0; width: 8rem; }
.averages img, .faces img { display: block; width: 100%; aspect-ratio: 1; border-radius: 2px; background: #000; }
.map img { image-rendering: pixelated; }
.averages figcaption, .faces figcaption { font-size: .78rem; padding-top: .2rem; }
.bars { flex: 1 1 20rem; max-width: 34rem; font-size: .85rem; }
.bar { display: grid; grid-template-columns: 8.6rem minmax(4rem, 1fr) 5.6rem; gap: .6rem; align-items: center; line-height: 1.6; }
.bar.told { font-weight: 600; }
.track { position: relative; height: .7rem; background: var(--tint); }
.track i { position: absolute; inset: 0 auto 0 0; background: var(--faint); opacity: .55; }
.told .track i { background: var(--accent); opacity: 1; }
.track b { position: absolute; top: -.15rem; bottom: -.15rem; width: 2px; background: var(--text); }
.bar .n { font-variant-numeric: tabular-nums; white-space: nowrap; }
.faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.6rem, 1fr)); gap: .8rem; }
.faces figure { margin: 0; }
.faces .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; }
.faces .wrong figcaption { color: #d55e00; }
.views { display: grid; grid-template-columns: minmax(0, 8fr) minmax(0, 5fr); gap: 0 2.5rem; align-items: end; }
ol { max-width: 44rem; padding-left: 1.4rem; }
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; font-size: 16px; }
  .views { grid-template-columns: minmax(0, 1fr); }
  .faces { grid-template-columns: 1fr 1fr; gap: .6rem; }
  .bar { grid-template-columns: 7.4rem minmax(3rem, 1fr) 5.2rem; }
}
`

/** How many faces of a cluster are shown. */
const SHOWN = 12

/** How many clusters are named at the top. */
const NAMED = 8

const colourOf = (cluster: number) => HUES[(cluster - 1) % HUES.length]!

/** Write `index.html` and `figures/plane-CLASS.svg` into a folder. */
export async function writeAtlasPage(
  out: string,
  explained: ExplainedFaces,
  atlas: Atlas,
  { network, data, licence, by, classes }: AtlasWords,
): Promise<void> {
  mkdirSync(join(out, 'figures'), { recursive: true })
  const sections: Html[] = []
  for (const own of atlas.classes) {
    const plane = svgOf(planeOf(own))
    writeAtomic(join(out, 'figures', `plane-${own.name}.svg`), plane)
    sections.push(await section(own, explained, new Html(plane)))
  }
  const { faces } = explained
  const title = 'Faces that are explained alike'
  const body = html`<h1>${title}</h1>
<p class="byline">${network} · ${data} · regard ${version}</p>
<p>${faces.length} faces of ${new Set(faces.map(({ subject }) => subject)).size} people, explained by ${by}. Classes are
${classes}. Within each, faces whose maps have the same pattern are in one cluster. A cluster with more wrong answers than
the rest of its class, or more of one group of people, may be one that the network answers for a different reason: look at
its maps.${leftOut(atlas)}</p>
${colourScale()}
<h2>Look at these first</h2>
${firstOnes(atlas)}
<div class="note"><p>A map says what a network used, not what is true of a person. <i>Gender</i> is a label that somebody
wrote beside a photo, and age a guess. p is exact, counts people and not photos, and is adjusted over all ${atlas.tests}
tests on this page (Holm). Among many clusters, some group is always the commonest in one of them, so only p below 0.05 is
told.</p></div>
${sections}
<div class="note"><p>This page and the files beside it contain pictures of people. Before you pass them on, check whether
the data set’s licence allows that: ${licence}</p></div>
<footer>Beside this page: atlas.json; atlas.csv, with a line for each face; and virelay/, the same as a project for the viewer
ViRelAy.</footer>`
  writeAtomic(join(out, 'index.html'), page(title, style, body).text)
}

function leftOut({ left, blank }: Atlas): string {
  const few = left.map(({ name, faces }) => `${name} (${faces})`).join(', ')
  return [
    left.length > 0 ? ` Classes of fewer than ${LEAST} faces are left out: ${few}.` : '',
    blank > 0 ? ` ${blank} empty maps are left out.` : '',
  ].join('')
}

/** The clusters of all classes that split theirs by something other than its label, the oddest first. */
function firstOnes({ classes }: Atlas): Html {
  const odd = classes
    .flatMap((own) => own.clusters.map((cluster) => ({ own, cluster })))
    .filter(({ cluster }) => cluster.told.length > 0)
    .sort((a, b) => oddness(b.cluster, b.own.faces.length) - oddness(a.cluster, a.own.faces.length))
  if (odd.length === 0)
    return html`<p>No cluster has more of any group, nor of wrong answers, than chance would bring.</p>`
  const items = odd.slice(0, NAMED).map(
    ({ own, cluster }) =>
      html`<li><a href="#${anchor(own, cluster)}">${own.name}, cluster ${cluster.number}</a> (${cluster.faces.length} of
${own.faces.length} faces): ${excessInWords(cluster.told[0]!)}</li>`,
  )
  return html`<ol>${items}</ol>`
}

function anchor({ name }: ClassAtlas, { number }: Cluster): string {
  return `${name}-${number}`
}

async function section(own: ClassAtlas, explained: ExplainedFaces, plane: Html): Promise<Html> {
  const { name, faces, clusters, neighbours, whole } = own
  const { maps, grid } = explained
  const [height, width] = grid
  const means = clusters.map((cluster) =>
    averageMap(
      cluster.faces.map((k) => maps[k]!),
      { width, height },
    ),
  )
  const scale = scaleOf(means)
  const parts: Html[] = []
  for (const [k, cluster] of clusters.entries())
    parts.push(await clusterPart(own, cluster, means[k]!, scale, explained))
  return html`<h2 id="${name}">Class ${name}</h2>
<p>${faces.length} faces, ${clusters.length} clusters.${
    whole
      ? ' Their maps do not fall into kinds: the widest gap between eigenvalues comes after the first. The clusters are parts of one continuum, without clear borders.'
      : ''
  }</p>
<div class="views">
<figure>${plane}<figcaption>Each dot is a face; similar maps lie together (UMAP). Neither axes nor the size of
gaps mean anything. The numbers name the clusters.</figcaption></figure>
<figure>${new Html(svgOf(eigenvalues(own)))}<figcaption>The smallest eigenvalues of the graph of each map’s ${neighbours} nearest. The
widest gap from the second on says how many clusters there are.</figcaption></figure>
</div>
${parts}`
}

async function clusterPart(
  own: ClassAtlas,
  cluster: Cluster,
  mean: PixelRelevance,
  scale: number,
  { faces, maps, pictures, grid, classes }: ExplainedFaces,
): Promise<Html> {
  const { number, faces: members, people, composition, told } = cluster
  const [height, width] = grid
  const average = averagePicture(members.map((k) => pictures[k]!))
  const examples: Html[] = []
  for (const k of members.slice(0, SHOWN)) {
    const { face, truth, answer, probability } = faces[k]!
    const map = heatMap({ width, height, data: maps[k]! })
    const wrong = truth !== null && truth !== answer
    const label = truth === null ? '' : wrong ? `, label ${classes[truth]}` : ''
    examples.push(html`<figure${new Html(wrong ? ' class="wrong"' : '')}><div class="pair">${await img(thumbnail(pictures[k]!), `face ${face}`)}<span
class="map">${await img(map, 'its map')}</span></div><figcaption>${classes[answer]!}${probability < 1 ? ` ${percent(probability)}` : ''}${label}</figcaption></figure>`)
  }
  return html`<div class="cluster" id="${anchor(own, cluster)}">
<h3><span class="dot" style="background:${colourOf(number)}"></span>Cluster ${number} of ${own.name} <small>${members.length} faces of ${people} people</small></h3>
<p>${reason(cluster)} ${sureness(cluster)}</p>
<div class="about">
<div class="averages">
<figure class="map">${await img(heatMap(mean, scale), `mean map of cluster ${number}`)}<figcaption>mean map</figcaption></figure>
<figure>${await img(average, `average face of cluster ${number}`)}<figcaption>average face</figcaption></figure>
</div>
<div class="bars">${composition.map((share) => bar(share, told.includes(share)))}
<p class="faint">Bars: share of the cluster. Lines: share of the rest of the class.</p></div>
</div>
<div class="faces">${examples}</div>
</div>`
}

function bar({ group, share, rest }: Share, isTold: boolean): Html {
  const line = Number.isNaN(rest)
    ? undefined
    : html`<b style="left:calc(${(100 * rest).toFixed(1)}% - 1px)"></b>`
  return html`<div class="bar${isTold ? ' told' : ''}"><span>${group}</span><span class="track"><i style="width:${(100 * share).toFixed(1)}%"></i>${line}</span><span class="n">${percent(share)} <small>${percent(rest)}</small></span></div>`
}

/** A class's faces in the plane, coloured by cluster, with the clusters' numbers in their middles. */
function planeOf({ plane, cluster, clusters }: ClassAtlas): Drawing {
  const [width, margin] = [480, 16]
  const ends = [0, 1].map((axis) => {
    const values = plane.map((place) => place[axis]!)
    return { low: Math.min(...values), high: Math.max(...values) }
  })
  // The same scale along both axes, without empty margins.
  const [across, down] = ends.map(({ low, high }) => high - low) as [number, number]
  const scale = (width - 2 * margin) / Math.max(across, down, Number.MIN_VALUE)
  const height = Math.max(120, Math.ceil(down * scale) + 2 * margin)
  const at = (value: number, axis: number) => {
    const { low, high } = ends[axis]!
    return (axis === 0 ? width : height) / 2 + (value - (low + high) / 2) * scale
  }
  const radius = plane.length > 600 ? 2 : 3.2
  const groups = clusters.map(({ number }) => {
    const places = plane.filter((_, k) => cluster[k] === number)
    const dots = places.map(
      ([x, y]) => `<circle cx="${at(x, 0).toFixed(1)}" cy="${at(y, 1).toFixed(1)}" r="${radius}"/>`,
    )
    return new Html(`<g fill="${colourOf(number)}" fill-opacity="0.75">${dots.join('')}</g>`)
  })
  const numbers = clusters.map(({ number }) => {
    const [x, y] = [0, 1].map((axis) =>
      median(plane.filter((_, k) => cluster[k] === number).map((place) => place[axis]!)),
    )
    return html`<text x="${at(x!, 0).toFixed(1)}" y="${(at(y!, 1) + 6).toFixed(1)}">${number}</text>`
  })
  const halo = new Html('paint-order="stroke" stroke="var(--page, #fff)" stroke-width="4"')
  return {
    width,
    height,
    content: html`${groups}<g font-size="18" font-weight="600" text-anchor="middle" ${halo}>${numbers}</g>`,
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** The eigenvalues, and the gap that gives the number of clusters. */
function eigenvalues({ spectrum: { values }, clusters, gap }: ClassAtlas): Drawing {
  const dots = values.map((value, k) => ({ value, k: k + 1 }))
  const [before, behind] = [dots[clusters.length - 1]!, dots[clusters.length]]
  return plot({
    width: 300,
    height: 230,
    marginLeft: 40,
    x: { label: 'number', ticks: 8, labelArrow: 'none', labelAnchor: 'center' },
    y: { label: 'eigenvalue', grid: true, zero: true, labelArrow: 'none' },
    marks: [
      ...(behind
        ? [
            Plot.link([{ before, behind }], {
              x1: behind.k,
              x2: behind.k,
              y1: before.value,
              y2: behind.value,
              stroke: '#d55e00',
              strokeWidth: 2,
            }),
            Plot.text([`gap ${decimal(gap)}`], {
              x: behind.k,
              y: (before.value + behind.value) / 2,
              dx: 6,
              textAnchor: 'start',
              fill: '#d55e00',
            }),
          ]
        : []),
      Plot.dot(dots, { x: 'k', y: 'value', fill: 'currentColor', r: 3 }),
    ],
  })
}
