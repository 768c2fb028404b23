/** Rows of photos with a heat map for each class, settings one under the other. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Html, html } from '../../base/html.ts'
import { CLASSES, type Task } from '../../datasets/task.ts'
import { heatColour } from '../../explanation/colours.ts'
import { files, type MapRecord, type Run } from '../record.ts'
import type { Study } from './cells.ts'

interface Row {
  readonly run: Run
  readonly map: MapRecord
}

/** All photos of a task: for each one, how each network and setting sees it. */
export function mapRows({ out, cells }: Study, task: Task): Html {
  const rows = cells
    .filter((cell) => cell.task === task)
    .flatMap((cell) => cell.runs.flatMap(({ run, maps }) => maps.map((map) => ({ run, map }))))
  if (rows.length === 0) return html`<p class="faint">The plan asks for no photos.</p>`
  const persons = new Map<string, Row[]>()
  for (const row of rows) persons.set(row.map.face, [...(persons.get(row.map.face) ?? []), row])
  const several = new Set(rows.map(({ run }) => run.letter)).size > 1
  return html`<div class="${CLASSES[task].length === 2 ? 'two-classes' : 'classes'}">${[...persons].map(
    ([face, rows]) => html`
<div class="person"><p>“${CLASSES[task][rows[0]!.map.truth]}” in the data set <small>${face}</small></p>
${rows.map(({ run, map }) => personRow(out, run, map, several))}</div>`,
  )}</div>`
}

function personRow(out: string, run: Run, map: MapRecord, several: boolean): Html {
  const picture = (name: string, alt: string) => {
    const data = readFileSync(join(files.run(out, run), name)).toString('base64')
    return html`<img src="data:image/png;base64,${data}" alt="${alt}">`
  }
  const answer = Math.max(...map.classes.map(({ probability }) => probability))
  return html`<div class="maps"><span class="setting">${several ? run.letter : undefined}[${run.setting}]</span>
<figure>${picture(map.photo, `photo ${map.face}`)}<figcaption>photo</figcaption></figure>${map.classes.map(
    ({ probability, map: file }, k) => {
      if (file === undefined) return undefined
      const name = CLASSES[run.task][k]!
      const marks = ['map', probability === answer && 'answer', k === map.truth && 'truth']
        .filter(Boolean)
        .join(' ')
      return html`
<figure class="${marks}">${picture(file, `heat map for ${name}`)}<figcaption><b>${name}</b> ${Math.round(100 * probability)} %</figcaption></figure>`
    },
  )}</div>`
}

/** How to read a heat map, with its scale of colours. */
export function colourKey(): Html {
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
  return html`<p>Each map shows what in the photo spoke <b>for</b> (hot) and <b>against</b> (cold) one class, by
layer-wise relevance propagation with the paper’s composite; what is black did not matter. Each map is scaled to its own
largest value. Under it stand the class and the network’s
probability for it, by the crop that is shown; the outlined one is its answer, the
underlined one is what the data set says. A map says what this network used, not what is true of the person.</p>
<figure>${key}</figure>`
}
