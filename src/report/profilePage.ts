/** What networks look at, as a page: average maps, the share of each part of the face, and where classes differ. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../base/files.ts'
import { type Html, html, page } from '../base/html.ts'
import { version } from '../base/version.ts'
import { averageMap, averagePicture } from '../evaluation/averages.ts'
import type { ExplainedFace, ExplainedFaces } from '../evaluation/explainedFaces.ts'
import { type Difference, FEW, type Profile } from '../evaluation/profile.ts'
import { averagesRow, averagesStyle } from './averages.ts'
import { colourScale } from './maps.ts'
import { partsFigure } from './partsFigure.ts'
import { differenceText, groupTable } from './profileTables.ts'

/** One network's part of the page. */
export interface ProfiledNetwork {
  readonly name: string
  readonly explained: ExplainedFaces
  readonly profile: Profile
  /** How it was explained: the name of the composite or method. */
  readonly by: string
}

const wideStyle = `
figure.wide svg { max-width: none; }
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
    const figure = partsFigure(network.profile, 'answer')
    writeAtomic(join(out, 'figures', `parts-${network.name}.svg`), figure.text)
    sections.push(await section(network, figure))
  }
  const title = 'What networks look at'
  const body = html`<h1>${title}</h1>
<p class="byline">${data} · regard ${version}</p>
<div class="note"><p>A map says what a network used, not what is true of a person. <i>Gender</i> is a label that somebody
wrote beside a photo, and age a guess. Shares are means over faces, with 95 % intervals by a bootstrap of people; for fewer
than ${FEW} people there is none.</p></div>
${sections}
${across.length === 0 ? undefined : html`<h2>Networks against each other</h2>${across.map(differenceText)}`}
<div class="note"><p>This page contains pictures of people. Before you pass it on, check whether the data set’s licence allows
that: ${licence}</p></div>
<footer>The figures: profile.json and profile.csv, beside this page.</footer>`
  writeAtomic(join(out, 'index.html'), page(title, averagesStyle + wideStyle, body).text)
}

async function section({ name, explained, profile, by }: ProfiledNetwork, figure: Html): Promise<Html> {
  const { faces } = explained
  const warned = faces.filter((face) => face.warned).length
  const unknown = faces.filter(({ parts }) => parts === null).length
  return html`<h2>${name}</h2>
<p>${faces.length} faces of ${new Set(faces.map(({ subject }) => subject)).size} people, explained by ${by}.${
    warned > 0
      ? ` ${warned} maps add up to something far from what they explain: biases took or added most of it, or rules divided by values that nearly cancel.`
      : ''
  }${unknown > 0 ? ` For ${unknown}, the parts are unknown.` : ''}${
    profile.silent > 0 ? ` In ${profile.silent} maps nothing speaks for the answer: they have no shares.` : ''
  }</p>
${await averagesOf(explained)}
<p class="faint">Average face, and average maps in the same frame; each face’s map counts equally.</p>
${colourScale()}
<figure class="wide"><div class="scroll">${figure}</div><figcaption>Each part’s share of all that speaks for the answer. The bar behind is the part’s share of
the picture: a part beyond it gets more than its size alone would bring.</figcaption></figure>
${groupTable(profile.groups, 'answer')}
${profile.differences.map(differenceText)}`
}

/** The average face, the average maps of all answers and of each, and for two answers their difference. */
function averagesOf({ faces, maps, pictures, grid, classes }: ExplainedFaces): Promise<Html> {
  const [height, width] = grid
  const named = [...new Set(faces.map(({ answer }) => answer))].sort((a, b) => a - b)
  const mean = (wanted: (face: ExplainedFace) => boolean) =>
    averageMap(
      maps.filter((_, k) => wanted(faces[k]!)),
      { width, height },
    )
  return averagesRow({
    face: averagePicture(pictures),
    ...(named.length > 1 && { all: { title: 'all answers', map: mean(() => true) } }),
    classes: named.map((answer) => ({
      title: `answer ${classes[answer]}`,
      map: mean((face) => face.answer === answer),
    })),
  })
}
