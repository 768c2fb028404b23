/**
 * The report of a study: one page that needs nothing else, and its tables and figures as files of their own.
 * It is made from the study's files alone.
 */

import { join } from 'node:path'
import { csv } from '../../base/csv.ts'
import { writeAtomic } from '../../base/files.ts'
import { Html, html, page } from '../../base/html.ts'
import { CLASSES, type Task } from '../../datasets/task.ts'
import { networks } from '../../networks/index.ts'
import { files, inFileNames, runFiles } from '../record.ts'
import { alignmentsIn, type Cell, networksOf, ownOf, readStudy, type Study, tasksOf } from './cells.ts'
import { readCurve } from './curves.ts'
import { type CurvePoint, confusionFigure, curveFigure } from './figures.ts'
import { colourKey, mapRows } from './maps.ts'
import { about, note, summary } from './prose.ts'
import { chanceOf, percent, scoreOf } from './score.ts'
import { style } from './style.ts'
import { accuracyRows, accuracyTable, confusionRows, groupRows, groupTable, swapTable } from './tables.ts'

/**
 * Write `OUT/report/`: `index.html`, `tables/*.csv` and `figures/*.svg`.
 *
 * @param out the folder of a study with at least one finished run
 * @returns the path of the page
 */
export function writeReport(out: string): string {
  const study = readStudy(out)
  const figures = figuresOf(study)
  const folder = join(out, 'report')
  for (const [name, rows] of [
    ['accuracy', accuracyRows(study)],
    ['confusion', confusionRows(study)],
    ['groups', groupRows(study)],
    ['training', curveRows(study)],
  ] as const) {
    writeAtomic(join(folder, 'tables', `${name}.csv`), csv(rows))
  }
  for (const { name, svg } of [...figures.curves, ...figures.confusions]) {
    writeAtomic(join(folder, 'figures', `${name}.svg`), svg)
  }
  writeAtomic(files.report(out), page(study.record.name, style, bodyOf(study, figures)).text)
  return files.report(out)
}

interface Figure {
  readonly task: Task
  readonly name: string
  readonly caption: string
  readonly svg: string
}

interface Figures {
  readonly curves: readonly Figure[]
  readonly confusions: readonly Figure[]
}

function figuresOf(study: Study): Figures {
  const curves = tasksOf(study).flatMap((task) =>
    networksOf(study).flatMap(({ network }) => {
      const cells = study.cells.filter((cell) => cell.task === task && cell.network === network)
      const points = cells.flatMap((cell) => curveOf(study, cell))
      if (points.length === 0) return []
      const chance = chanceOf(ownOf(cells[0]!)).majority.accuracy
      const caption = `${task}, ${networks[network].title}`
      return [{ task, name: `training-${task}-${network}`, caption, svg: curveFigure(points, chance) }]
    }),
  )
  // A hundred ages by a hundred can be read as a table alone: tables/confusion.csv.
  const readable = study.cells.filter((cell) => cell.task !== 'years')
  const confusions = readable.map((cell) => ({
    task: cell.task,
    name: `confusion-${cell.task}-${cell.network}-${inFileNames(cell.setting)}`,
    caption: `${cell.task}, ${networks[cell.network].title} [${cell.setting}]`,
    svg: confusionFigure(cell.task, ownOf(cell).confusion),
  }))
  return { curves, confusions }
}

function curveOf(study: Study, cell: Cell): CurvePoint[] {
  return cell.runs.flatMap(({ run }) =>
    readCurve(runFiles.metrics(files.run(study.out, run))).map((point) => ({
      ...point,
      setting: run.setting,
      fold: run.fold,
    })),
  )
}

function curveRows(study: Study) {
  return study.cells.flatMap((cell) =>
    curveOf(study, cell).map(({ setting, fold, iteration, accuracy }) => ({
      task: cell.task,
      network: cell.network,
      setting,
      fold,
      iteration,
      validation_accuracy: accuracy.toFixed(4),
    })),
  )
}

function bodyOf(study: Study, { curves, confusions }: Figures): Html {
  const tasks = tasksOf(study)
  const figure = ({ caption, svg }: Figure) =>
    html`<figure>${new Html(svg)}<figcaption>${caption}</figcaption></figure>`
  const sideBySide = (items: readonly Html[]) => html`<div class="side-by-side">${items}</div>`
  return html`<h1>${study.record.name}</h1>
<p class="byline">What networks read from faces, and where they look · regard ${study.record.version}</p>
${summary(study)}
${note}

<h2>Accuracy</h2>
<p>Faces of people whom the network has not seen in training, each scored by the mean of ten crops (four
corners and the centre, each mirrored too). [r] and [i] are tested on photos of their own kind, [m] on the
rotated ones. Small figures: 95 % interval, faces taken as independent: Wilson’s of a share, the normal one of a mean error.${
    tasks.includes('years')
      ? ' The answer to years is the expected age, Σ p · age, whose error is the mean of |answer − age|; accuracy counts the likeliest age, where it is right to the year.'
      : undefined
  }</p>
${sideBySide(tasks.map((task) => accuracyTable(study, task)))}
<p>Columns: ${networksOf(study).map(
    ({ letter, network, input, width }) =>
      html`<b>${letter}</b> ${networks[network].title}, ${input} × ${input} pixels${width === 1 ? undefined : html`, ${width} of its channels`}; `,
  )}<b>n</b> faces tested.</p>

${
  study.cells.some((cell) => alignmentsIn(cell).length < 2)
    ? undefined
    : html`<h2>Swapped test sets</h2>
<p>The same networks on the other kind of alignment than their own test set: how much of what was learned
hangs on how the photo was cut.</p>
${sideBySide(tasks.map((task) => swapTable(study, task)))}`
}

<h2>Where the networks look</h2>
${colourKey()}
${tasks.map((task) => html`<h3>${task}</h3>${mapRows(study, task)}`)}

<h2>Accuracy over training</h2>
<p>On validation pictures, by their centre crop. The dashed line is what the commonest answer alone reaches.</p>
${sideBySide(curves.map(figure))}

${
  confusions.length === 0
    ? undefined
    : html`<h2>Which classes are taken for which</h2>
<p>Each row is one class as the data set has it; the numbers are per cent of that row.</p>
${tasks.map((task) => sideBySide(confusions.filter((one) => one.task === task).map(figure)))}`
}

<h2>Groups of faces</h2>
<p>A network that is right for most may be wrong for some. Rows are the labels that the data set gives the faces;
small groups have wide intervals.</p>
${sideBySide(tasks.map((task) => groupTable(study, task)))}

<h2>What was run</h2>
${about(study)}
<footer>Made by regard ${study.record.version}. Tables: tables/*.csv, figures: figures/*.svg, beside this page.
The method is that of Lapuschkin, Binder, Müller and Samek, <i>Understanding and Comparing Deep Neural Networks for
Age and Gender Classification</i> (2017).</footer>`
}

/** The main figures as lines of text, for the terminal. */
export function mainFigures(out: string): string[] {
  const study = readStudy(out)
  return study.cells.map((cell) => {
    const test = ownOf(cell)
    const score = scoreOf(test)
    const { majority, error: chance } = chanceOf(test)
    const name = `${cell.task.padEnd(6)}  ${cell.letter} [${cell.setting}]`
    if (score.error) {
      const { years, interval } = score.error
      return [
        `${name}  ${years.toFixed(1).padStart(5)} years off`,
        ` (${interval.low.toFixed(1)}–${interval.high.toFixed(1)})  ${percent(score.accuracy.share)} % right to the year`,
        `  n ${score.n}  chance ${chance!.years.toFixed(1)} years (always “${chance!.median}”)`,
      ].join('')
    }
    const oneOff = cell.task === 'age' ? `  1-off ${percent(score.oneOff.share)} %` : ''
    return [
      `${name}  ${percent(score.accuracy.share).padStart(5)} %`,
      ` (${percent(score.accuracy.interval.low)}–${percent(score.accuracy.interval.high)})${oneOff}`,
      `  n ${score.n}  chance ${percent(majority.accuracy)} % (always “${CLASSES[cell.task][majority.class]}”)`,
    ].join('')
  })
}
