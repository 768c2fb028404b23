/** The report's sentences: the results, what they do not mean, and what was run. */

import { type Html, html } from '../base/html.ts'
import { AGE_GROUPS, CLASSES, type Task } from '../datasets/task.ts'
import { chanceOf, percent, type Score, scoreOf } from '../evaluation/score.ts'
import { networks } from '../networks/index.ts'
import { bracketed, ownTest, START_LETTERS, type TrainedKind, type TrainingPhotos } from '../study/setting.ts'
import {
  type Cell,
  cellsOf,
  countOf,
  fullestOf,
  ownOf,
  runsOf,
  type Study,
  tasksOf,
  unique,
} from './cells.ts'
import { scoreOn } from './scored.ts'

const PHOTOS_IN_WORDS: Record<TrainingPhotos, string> = {
  r: 'on photos that are only rotated until the eyes are level',
  i: 'on photos that are fitted to a reference face',
  m: 'on both kinds',
}
const STARTS_IN_WORDS: Record<TrainedKind, string> = {
  imagenet: 'weights trained on ImageNet',
  'imdb-wiki': 'weights trained on IMDB-WIKI',
  other: 'other trained weights',
}
/** How many cells of a task the summary lists one by one. */
const MOST_LISTED = 4

/** The training photos, in words. */
function inWords(photos: TrainingPhotos, kind: string): string {
  return kind === 'imdb-wiki' && photos === 'r'
    ? 'on photos as they are published, cut out and upright'
    : PHOTOS_IN_WORDS[photos]
}

/** How many runs are finished, if not all are. */
export function unfinished(study: Study): Html | undefined {
  const { done, planned } = runsOf(study)
  if (done === planned) return undefined
  return html`<p class="unfinished"><b>This study is not finished:</b> ${done} of its ${planned} runs are done. What follows covers only
those.</p>`
}

/**
 * The results in a few plain sentences.
 *
 * @param findings the sentence about the paper's findings
 */
export function summary(study: Study, findings: Html | undefined): Html | undefined {
  if (study.cells.length === 0) return undefined
  const settings = study.cells.map(({ setting }) => setting)
  const trained = unique(settings.map(({ photos }) => photos)).map(
    (photos) => html`<b>[${photos}]</b> ${inWords(photos, study.record.dataset.kind)}`,
  )
  const starts = unique(settings.map(({ start }) => start)).flatMap((start) =>
    start === 'random' ? [] : html`<b>${START_LETTERS[start]}</b> from ${STARTS_IN_WORDS[start]}`,
  )
  const answers = tasksOf(study).map((task) => {
    const cells = cellsOf(study, task)
    const byNetwork = unique(cells.map(({ letter }) => letter)).map((letter) =>
      cells.filter((cell) => cell.letter === letter),
    )
    return cells.length > MOST_LISTED && byNetwork.length > 1
      ? bestSentence(study, task, byNetwork)
      : byNetwork.map((own) => sentence(study, task, own))
  })
  return html`<div class="summary"><p>Networks were trained to read ${listed(tasksOf(study).map((task) => html`${taskInWords(task)}`))} from faces:
  ${listed(trained)}${starts.length === 0 ? '' : html`; those with ${listed(starts)}, the others from random weights`}.</p>${answers}${findings}</div>`
}

function taskInWords(task: Task): string {
  return task === 'years' ? 'age in years' : task
}

/** All settings of one network, or the best and the worst of many. */
function sentence(study: Study, task: Task, cells: Study['cells']): Html {
  const [best, ...others] = byMerit(task, cells)
  const answer =
    cells.length > MOST_LISTED
      ? html`${said(task, best!)} at best, ${said(task, others.at(-1)!)} at worst`
      : listed(cells.map((cell) => said(task, cell)))
  return html`<p>${asked(task, cells)} ${networks[cells[0]!.network].title} ${answer}. ${chance(study, task, cells)}</p>`
}

/** The best setting of each of several networks. */
function bestSentence(study: Study, task: Task, byNetwork: readonly Study['cells'][]): Html {
  const best = byNetwork.map((cells) => byMerit(task, cells)[0]!)
  const answers = byMerit(task, best).map((cell) => html`${networks[cell.network].title} ${said(task, cell)}`)
  const all = byNetwork.flat()
  return html`<p>${asked(task, all)} at best ${listed(answers)}. ${chance(study, task, all)}</p>`
}

function asked(task: Task, cells: Study['cells']): Html {
  // What somebody's weights were trained on is not known here: it may have been these very faces.
  const known = cells.every(({ setting }) => setting.start !== 'other')
  const whose = known
    ? 'it had never seen'
    : html`that it was not trained on in this study (the weights that <b>s</b> starts from may have been trained on them)`
  return html`Asked for <b>${taskInWords(task)}</b>, on ${countOf(cells)} faces of people ${whose},`
}

/** Cells from the best to the worst; equal ones stay in their order. */
function byMerit(task: Task, cells: Study['cells']): Cell[] {
  const merit = (cell: Cell) => {
    const { accuracy, error } = scoreOf(ownOf(cell))
    return task === 'years' ? -error!.years : accuracy.share
  }
  return cells.toSorted((a, b) => merit(b) - merit(a))
}

function said(task: Task, cell: Cell): Html {
  return html`<b>${bracketed(cell.setting)} ${reached(task, scoreOf(ownOf(cell)))}`
}

/** What chance reaches, and how many cells are clearly above it. */
function chance(study: Study, task: Task, cells: Study['cells']): Html {
  const { majority, error } = chanceOf(ownOf(fullestOf(cells)))
  const clear = cells.filter((cell) => {
    const { accuracy, error: own } = scoreOn(study, cell, ownTest(cell.setting))
    const chance = chanceOf(ownOf(cell))
    return own ? own.interval.high < chance.error!.years : accuracy.interval.low > chance.majority.accuracy
  }).length
  const verdict =
    clear === cells.length
      ? cells.length === 1
        ? 'It is clearly above chance'
        : 'All are clearly above chance'
      : clear === 0
        ? 'That is not clearly above chance'
        : `${clear} of ${cells.length} are clearly above chance`
  const constant = error
    ? `Always answering “${error.median}” would be ${error.years.toFixed(1)} years off.`
    : `Always answering “${CLASSES[task][majority.class]}” would be right for ${percent(majority.accuracy)} %.`
  return html`${constant} ${verdict}.`
}

/** What a network reaches; the beginning is bold. */
function reached(task: Task, { accuracy, oneOff, error }: Score): Html {
  if (error) return html`is ${error.years.toFixed(1)} years off</b> on average`
  const near = task === 'age' ? ` (${percent(oneOff.share)} % with the group next to it)` : ''
  return html`reaches ${percent(accuracy.share)} %</b>${near}`
}

/** What the numbers do not mean. */
export const note: Html = html`<div class="note">
<p><b>What this is not.</b> <i>Gender</i> here is a label that somebody wrote beside a photo, <i>m</i> or <i>f</i>: not a
person’s identity. <i>Age</i> is a guess from one picture. A network repeats the habits of the
data that it was trained on, and its errors are not spread evenly over people.</p>
<p>The photos stayed on the machine that made this page, but the page contains some of them: before you pass it on, check whether
the data set’s licence allows that.</p></div>`

/** Data set, folds, seed, and everything that was left out, with the reasons. */
export function about({ record }: Study): Html {
  const { dataset, folds } = record
  const tasks = Object.entries(dataset.classes) as [Task, readonly number[]][]
  return html`<dl>
<dt>Data set</dt><dd>${dataset.kind}: ${dataset.faces} faces of ${dataset.subjects} people</dd>
<dt>Licence</dt><dd>${dataset.licence}</dd>
<dt>Citation</dt><dd>${dataset.citation}</dd>
<dt>Folds</dt><dd>${folds.count}, no person in two of them; tested on ${folds.test.map((fold) => `fold ${fold}`).join(', ')}${folds.repeated === 'anywhere' ? '; duplicate photos may be in two of them' : undefined}</dd>
<dt>Seed</dt><dd>${record.seed}</dd>
<dt>Left out</dt><dd>${counts(dataset.dropped)}</dd>
${Object.keys(dataset.remarks).length > 0 ? html`<dt>Kept, but</dt><dd>${counts(dataset.remarks)}</dd>` : undefined}
<dt>Skipped</dt><dd>${dataset.skipped.length === 0 ? 'nothing' : `${dataset.skipped.length}, listed below`}</dd>
</dl>
<div class="side-by-side">${tasks.map(([task, counts]) => classTable(task, counts))}</div>
${
  dataset.skipped.length === 0
    ? undefined
    : html`<details open><summary>What could not be used</summary><ul>${dataset.skipped.map(
        ({ face, reason }) => html`<li>${face}: ${reason}</li>`,
      )}</ul></details>`
}
<p>Age groups are those of Adience: ${AGE_GROUPS.length} groups with gaps, and a face between two groups has no
group. Every random draw comes from the seed: the same plan on the same machine gives the same numbers.</p>`
}

function counts(what: Readonly<Record<string, number>>): Html {
  const lines = Object.entries(what).map(([reason, n]) => html`${n}: ${reason}<br>`)
  return html`${lines.length === 0 ? 'nothing' : lines}`
}

/** `a`, `a and b`, `a, b and c`. */
function listed(parts: readonly Html[]): Html {
  return html`${parts.map((part, k) => html`${k === 0 ? '' : k === parts.length - 1 ? ' and ' : ', '}${part}`)}`
}

function classTable(task: Task, counts: readonly number[]): Html {
  const rows = task === 'years' ? decades(counts) : counts.map((n, k) => [CLASSES[task][k]!, n] as const)
  return html`<table><caption><b>${task}</b>: faces by ${task === 'years' ? 'decade' : 'class'}</caption>
<thead><tr><th></th><th>faces</th></tr></thead>
<tbody>${rows.map(([name, n]) => html`<tr><th scope="row">${name}</th><td>${n}</td></tr>`)}</tbody></table>`
}

/** How many faces there are of 0–9, 10–19, … years. */
function decades(counts: readonly number[]): (readonly [string, number])[] {
  return counts.flatMap((_, age) => {
    if (age % 10 > 0) return []
    const part = counts.slice(age, age + 10)
    const n = part.reduce((sum, count) => sum + count, 0)
    return n > 0 ? [[`${age}–${age + part.length - 1}`, n] as const] : []
  })
}
