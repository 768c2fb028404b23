/** The section of the report on what the networks look at. */

import { type Html, html } from '../base/html.ts'
import type { Task } from '../datasets/task.ts'
import { FEW, type Mean } from '../evaluation/profile.ts'
import { networks } from '../networks/index.ts'
import { bracketed, inFileNames } from '../study/setting.ts'
import { unique } from './cells.ts'
import { type FaithfulCell, faithfulSentence, faithfulTable } from './faithful.ts'
import type { CellLooks, MAP_MEASURES } from './looks.ts'
import { partsFigure } from './partsFigure.ts'
import { differenceText, groupTable } from './profileTables.ts'
import { type Figure, figureHtml, folded, type Section } from './section.ts'
import { type Table, tableHtml } from './table.ts'

/** How many networks and settings of a task are shown unfolded. */
const OPEN = 6

/** @returns undefined where the plan does not ask for profiles */
export function looksSection(
  looks: readonly CellLooks[],
  faithful: readonly FaithfulCell[],
): Section | undefined {
  if (looks.length === 0) return undefined
  const tasks = unique(looks.map(({ cell }) => cell.task)).map((task) => taskPart(task, looks, faithful))
  const hasYears = looks.some(({ cell }) => cell.task === 'years')
  return {
    id: 'looks',
    title: 'What the networks look at',
    body: html`<p>Every run explains the same test faces, each once: what spoke for the class
that the <b>data set</b> gives it, by layer-wise relevance propagation with the paper’s composite. The share of that in each
part of the face is a mean over faces; small figures are 95 % intervals by a bootstrap of people, if there are at least ${FEW}. A map says what a
network used, not what is true of a person.${
      hasYears
        ? ' For ages in years, maps show what moves the expected age from the mean age of the training faces, towards older or younger; faces are grouped by age group, and what speaks for the class speaks for an older age.'
        : undefined
    }</p>
<p>Average maps are in the frame of the aligned faces; each face’s map counts equally, and the maps of one row share a scale: hot is
what speaks for the class, cold what speaks against it.</p>
${tasks.map(({ body }) => body)}
${
  faithful.length === 0
    ? undefined
    : html`<h3>How faithful the maps are</h3>
<p>Squares of a twelfth of the picture’s side are removed, most relevant first and least relevant first: the more the
score falls in the first order and stays in the second, the more the maps show what counts. Random numbers and the edges of the
photos, which know nothing about the network, take the same test on the same faces. p: by person, adjusted (Holm). Networks do not share
a unit of logits: compare only within a row. <b>${faithfulSentence(faithful)}</b></p>
${tasks.map(({ faithfulTables }) => faithfulTables.map(tableHtml))}`
}`,
    tables: tasks.flatMap(({ tables, faithfulTables }) => [...tables, ...faithfulTables]),
    figures: tasks.flatMap(({ figures }) => figures),
  }
}

function taskPart(task: Task, looks: readonly CellLooks[], faithful: readonly FaithfulCell[]) {
  const own = looks.filter(({ cell }) => cell.task === task)
  const cells = own.map((one) => cellPart(one, own.length > OPEN))
  const tables = [measureTable(task, own)]
  const faithfulTables: Table[] = [faithfulTable(task, faithful)].flatMap((table) => table ?? [])
  return {
    body: html`<h3>${task}</h3>
${tables.map(tableHtml)}
${cells.map(({ body }) => body)}`,
    tables,
    faithfulTables,
    figures: cells.flatMap(({ figure }) => figure ?? []),
  }
}

function cellPart(
  { cell, faces, people, skipped, unknown, warned, profile, averages }: CellLooks,
  isMany: boolean,
): { body: Html; figure?: Figure } {
  const { task, network, setting } = cell
  const name = `${networks[network].title} ${bracketed(setting)}`
  const remarks = [
    `${faces} faces of ${people} people.`,
    skipped > 0 && `${skipped} could not be used.`,
    unknown > 0 &&
      (unknown === faces
        ? 'The parts of these faces are unknown.'
        : `For ${unknown}, the parts are unknown.`),
    warned > 0 &&
      `${warned} maps add up to something far from what they explain: biases kept most of it, or rules divided by values that nearly cancel.`,
  ].filter(Boolean)
  const figure = profile && {
    name: `looks-${task}-${network}-${inFileNames(setting)}`,
    caption: `${task}, ${name}: each part’s share of all that speaks for the class. The bar behind is the part’s share of the picture: a part beyond it gets more than its size alone would bring.`,
    svg: partsFigure(profile, 'label').text,
  }
  const details =
    profile &&
    figure &&
    html`${figureHtml(figure)}${groupTable(profile.groups, 'label')}${profile.differences.map(differenceText)}`
  const shown = html`<p class="faint">${remarks.join(' ')}</p>${averages}`
  return {
    body: isMany
      ? folded(`${task}, ${name}`, [shown, ...(details ? [details] : [])])
      : html`<h4>${name}</h4>${shown}${details && folded('Parts of the face, and where classes differ', [details])}`,
    ...(figure && { figure }),
  }
}

/** How each measure of maps is written. */
const SHOWN: Record<keyof typeof MAP_MEASURES, { name: string; shown: (value: number) => string }> = {
  head: { name: 'on the head, %', shown: (value) => (100 * value).toFixed(1) },
  region: { name: 'largest region, % of picture', shown: (value) => (100 * value).toFixed(2) },
  autocorrelation: { name: 'autocorrelation', shown: (value) => value.toFixed(3) },
  sparseness: { name: 'Gini index', shown: (value) => value.toFixed(3) },
  halfArea: { name: 'half of it on, % of picture', shown: (value) => (100 * value).toFixed(2) },
}

function measureTable(task: Task, looks: readonly CellLooks[]): Table {
  const kinds = Object.keys(SHOWN) as (keyof typeof SHOWN)[]
  const cellText = ({ mean, interval }: Mean, shown: (value: number) => string) => ({
    value: Number.isFinite(mean) ? shown(mean) : '–',
    small: interval ? [`${shown(interval.low)}–${shown(interval.high)}`] : [],
  })
  return {
    name: `looks-${task}`,
    title: `${task}: maps as wholes`,
    units: 'means over faces',
    columns: [{ name: '' }, { name: 'faces' }, ...kinds.map((kind) => ({ name: SHOWN[kind].name }))],
    rows: looks.map(({ cell, faces, measures }) => ({
      cells: [
        `${cell.letter} ${bracketed(cell.setting)}`,
        String(faces),
        ...kinds.map((kind) => cellText(measures[kind], SHOWN[kind].shown)),
      ],
    })),
  }
}
