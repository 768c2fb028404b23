/** The findings as a self-contained page: each finding with the pictures in question. */

import { basename, resolve } from 'node:path'
import { type Html, html, page } from '../../base/html.ts'
import { version } from '../../base/version.ts'
import type { Dataset, Face } from '../dataset.ts'
import { CLASSES } from '../task.ts'
import type { Checked } from './check.ts'
import type { Case, Finding, Severity } from './finding.ts'
import { thumbnail } from './thumbnail.ts'

/** How many cases of a finding the page shows; the table has all. */
const SHOWN = 24

const HEADINGS: Record<Severity, { readonly title: string; readonly meaning: string }> = {
  serious: {
    title: 'Serious',
    meaning: 'This makes the figures of a study wrong, or leaves faces out of it.',
  },
  doubtful: { title: 'Doubtful', meaning: 'This may be right. Look at it.' },
  note: { title: 'Good to know', meaning: 'This is how its publishers or the reader left it.' },
}

const style = `
.cases { display: flex; flex-wrap: wrap; gap: 1rem 1.4rem; margin: 1rem 0 1.2rem; align-items: flex-start; }
.case { margin: 0; break-inside: avoid; }
.case .pictures { display: flex; gap: .35rem; }
.case .picture { flex: 0 0 auto; width: 9.4rem; font-size: .74rem; line-height: 1.3; color: var(--faint); overflow-wrap: anywhere; }
.case .picture img, .case .picture .none { display: block; width: 9.4rem; height: 9.4rem; object-fit: contain; background: var(--tint); border-radius: 2px; }
.case .picture .none { display: grid; place-items: center; }
.case .picture b { color: var(--text); font-weight: 600; }
.case figcaption { font-size: .82rem; padding-top: .2rem; color: var(--text); overflow-wrap: anywhere; }
.case.one { width: 9.4rem; }
h3 .count { display: inline-block; min-width: 2.2rem; color: var(--accent); font-variant-numeric: tabular-nums; }
`

/**
 * The page about a data set.
 *
 * @param table the name of the file beside it that lists all cases
 * @param marked the effect of the marks, in sentences
 */
export async function checkPage(
  dataset: Dataset,
  checked: Checked,
  table: string,
  marked: readonly string[],
): Promise<Html> {
  const { findings } = checked
  const sections: Html[] = []
  for (const severity of Object.keys(HEADINGS) as Severity[]) {
    const made = findings.filter((one) => one.severity === severity && one.cases.length > 0)
    if (made.length === 0) continue
    const { title, meaning } = HEADINGS[severity]
    const parts: Html[] = []
    for (const finding of made) parts.push(await section(finding, dataset, checked, table))
    sections.push(html`<h2>${title}</h2>\n<p class="faint">${meaning}</p>\n${parts}`)
  }
  const passed = findings.filter(({ cases }) => cases.length === 0)
  const title = `Check of ${dataset.kind}`
  return page(
    title,
    style,
    html`<h1>${title}</h1>
<p class="byline">${basename(resolve(dataset.root))} · regard ${version}</p>
<p class="summary">${dataset.faces.length} faces of ${new Set(dataset.faces.map(({ subject }) => subject)).size} people, ${foldsShown(checked)}.</p>
${marked.map((sentence) => html`<p>${sentence}</p>`)}
<table><thead><tr><th>what was found</th><th>cases</th></tr></thead><tbody>${findings
      .filter(({ cases }) => cases.length > 0)
      .map(
        ({ check, title, cases }) =>
          html`<tr><td><a href="#${check}">${title}</a></td><td>${cases.length}</td></tr>`,
      )}</tbody></table>
${sections}
${passed.length === 0 ? undefined : html`<h2>Nothing found</h2><ul>${passed.map(({ title }) => html`<li>${title}</li>`)}</ul>`}
<div class="note"><p>This page contains photos of people. Before you pass it on, check whether the data set’s licence allows
that: ${dataset.licence}</p></div>
<footer>All cases, one row for each face: ${table}, beside this page.</footer>`,
  )
}

/** How the faces are dealt, in words. */
export function foldsShown({ folds, published, seed }: Checked): string {
  const count = new Set(folds).size
  return published
    ? `in the ${count} folds of its publishers`
    : `divided into ${count} folds by the seed ${seed}`
}

async function section(finding: Finding, dataset: Dataset, checked: Checked, table: string): Promise<Html> {
  const { check, title, advice, cases } = finding
  const pictured = cases.filter(({ faces }) => faces.length > 0)
  const words = cases.filter(({ faces }) => faces.length === 0)
  const shown: Html[] = []
  for (const one of pictured.slice(0, SHOWN)) shown.push(await figure(one, finding, dataset, checked))
  const more = pictured.length - shown.length + Math.max(words.length - SHOWN, 0)
  return html`
<h3 id="${check}"><span class="count">${cases.length}</span> ${title}</h3>
<p>${advice}</p>
${words.length === 0 ? undefined : html`<ul>${words.slice(0, SHOWN).map(({ detail }) => html`<li>${detail}</li>`)}</ul>`}
${shown.length === 0 ? undefined : html`<div class="cases">${shown}</div>`}
${more > 0 ? html`<p class="faint">and ${more} more: see ${table}</p>` : undefined}`
}

async function figure(
  { faces, detail }: Case,
  { marked }: Finding,
  dataset: Dataset,
  { folds, looks }: Checked,
): Promise<Html> {
  const pictures: Html[] = []
  for (const index of faces) {
    const face = dataset.faces[index]!
    const look = looks[index]!
    const jpeg = await thumbnail(face, marked && typeof look !== 'string' ? look : undefined)
    pictures.push(
      html`<div class="picture">${
        jpeg
          ? html`<img src="data:image/jpeg;base64,${jpeg.toString('base64')}" alt="photo of ${face.id}">`
          : html`<span class="none">no picture</span>`
      }<b>${face.id}</b><br>${captionOf(face)}, fold ${folds[index]!}${
        face.subject === face.id ? undefined : html`, person ${face.subject}`
      }</div>`,
    )
  }
  return html`
<figure class="case${faces.length === 1 ? ' one' : undefined}"><div class="pictures">${pictures}</div><figcaption>${detail}</figcaption></figure>`
}

/** The labels of a face, in few words. */
function captionOf({ age, years, gender }: Face): string {
  const aged = years === undefined ? (age === undefined ? 'no age' : CLASSES.age[age]!) : `${years} years`
  return `${aged}, ${gender ?? 'no gender'}`
}
