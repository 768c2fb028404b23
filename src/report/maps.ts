/** Rows of photos with a heat map for each class, settings one below the other. */

import { Html, html } from '../base/html.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { heatColour } from '../explanation/colours.ts'
import { partsInWords } from '../explanation/partsInWords.ts'
import type { YearsRecord } from '../study/record.ts'
import { bracketed } from '../study/setting.ts'
import { cellsOf, type Study } from './cells.ts'
import { bytesOf, type Explained, explainedBy, explainedFaces, pathOf } from './explained.ts'
import { dataUri, photoUri, spreadOver, withinBudget } from './pictures.ts'

/**
 * Photos of a task: for each one, how each network and setting sees it, class by class.
 *
 * @param budget how many bytes of pictures there may be: it limits the faces, which are spread over the classes; if a
 *   single face takes more, it limits the networks and settings
 */
export function mapRows(study: Study, task: Task, budget: number): Html {
  const faces = explainedFaces(study, task)
  if (faces.length === 0) return html`<p class="faint">The plan asks for no photos.</p>`
  const all = cellsOf(study, task)
  const cost = bytesOf(study, task, faces[0]!)
  const count = withinBudget(cost, budget, faces.length)
  const cells = spreadOver(all, withinBudget(cost / all.length, budget, all.length))
  const explained = cells.map(explainedBy)
  const several = new Set(cells.map(({ letter }) => letter)).size > 1
  const persons = spreadOver(faces, count).map((face) => {
    const rows = explained.flatMap((one) => one.get(face) ?? [])
    if (rows.length === 0) return undefined
    return html`
<div class="person"><p>“${CLASSES[task][rows[0]!.map.truth]}” in the data set <small>${face}</small></p>
${rows.map((row) => personRow(study, row, several))}</div>`
  })
  const less = [
    ...(count < faces.length ? [`${count} of the ${faces.length} faces that have heat maps`] : []),
    ...(cells.length < all.length ? [`${cells.length} of the ${all.length} networks and settings`] : []),
  ]
  return html`${less.length === 0 ? undefined : html`<p class="faint">${less.join(', ')}; the maps of all are in runs/*/maps.</p>`}
${task === 'years' ? YEARS : undefined}
<div class="${CLASSES[task].length === 2 ? 'two-classes' : 'classes'}">${persons}</div>`
}

const YEARS = html`<p>The first map of a face shows what moves the <b>expected age</b> from the mean age of the faces trained
on: towards older (hot) or younger (cold). The line below the maps names the
parts of the face that move it most, if the map adds up to what it explains and landmarks say where the parts are.</p>`

function personRow(study: Study, explained: Explained, several: boolean): Html {
  const { run, map } = explained
  const picture = (name: string, alt: string, uriOf = dataUri) => {
    const data = uriOf(pathOf(study, explained, name))
    return data === undefined ? html`<i class="faint">no picture</i>` : html`<img src="${data}" alt="${alt}">`
  }
  const answer = Math.max(...map.classes.map(({ probability }) => probability))
  return html`<div class="maps"><span class="setting">${several ? run.letter : undefined}${bracketed(run.setting)}</span>
<figure>${picture(map.photo, `photo ${map.face}`, (path) => photoUri(study, path))}<figcaption>photo</figcaption></figure>${
    map.years &&
    html`<figure class="map">${picture(map.years.map, 'heat map of the expected age')}<figcaption><b>${map.years.expected.toFixed(1)} years</b></figcaption></figure>`
  }${map.classes.map(({ probability, map: file }, k) => {
    if (file === undefined) return undefined
    const name = CLASSES[run.task][k]!
    const marks = ['map', probability === answer && 'answer', k === map.truth && 'truth']
      .filter(Boolean)
      .join(' ')
    return html`
<figure class="${marks}">${picture(file, `heat map for ${name}`)}<figcaption><b>${name}</b> ${Math.round(100 * probability)} %</figcaption></figure>`
  })}</div>${map.years && yearsLine(map.years)}`
}

/** What moves the expected age from the mean, in years. */
function yearsLine({ expected, reference, parts }: YearsRecord): Html {
  const gap = Math.abs(expected - reference).toFixed(1)
  const words = `${gap} years ${expected < reference ? 'less' : 'more'} than ${reference.toFixed(1)}`
  return html`<p class="below">${words}${parts && `: ${partsInWords(parts, 3)}`}</p>`
}

/** How to read the heat maps of a study, and their colours. */
export function colourKey(): Html {
  return html`<p>Each map shows what in the photo spoke <b>for</b> (hot) and <b>against</b> (cold) one class, by
layer-wise relevance propagation with the paper’s composite; black did not matter. Each map is scaled to its own
largest value. A map says what this network used, not what is true of the person.</p>
${colourScale()}`
}

/** The scale of colours of heat maps. */
export function colourScale(): Html {
  const steps = 41
  const stops = Array.from({ length: steps }, (_, k) => {
    const [red, green, blue] = heatColour((2 * k) / (steps - 1) - 1)
    return `<rect x="${k * 8}" width="8.5" height="14" fill="rgb(${red},${green},${blue})"/>`
  }).join('')
  const key = new Html(
    `<svg viewBox="0 0 ${steps * 8} 34" width="${steps * 8}" height="34" font-size="11" fill="currentColor" role="img">` +
      `<title>colours of the heat maps</title>${stops}` +
      `<text y="28">speaks against the class</text><text x="${steps * 4}" y="28" text-anchor="middle">0</text>` +
      `<text x="${steps * 8}" y="28" text-anchor="end">speaks for it</text></svg>`,
  )
  return html`<figure>${key}</figure>`
}
