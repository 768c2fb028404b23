/** The sections of the report, each made from a study's files. */

import { groupBy } from '../base/groupBy.ts'
import { type Html, html } from '../base/html.ts'
import type { Task } from '../datasets/task.ts'
import { FEW } from '../evaluation/profile.ts'
import { chanceOf } from '../evaluation/score.ts'
import { networks } from '../networks/index.ts'
import type { Run } from '../study/record.ts'
import { bracketed, inFileNames, inPaperOrder } from '../study/setting.ts'
import { accuracyTable, hasSwaps, isPapersData } from './accuracyTables.ts'
import { type CalibratedCell, calibrationFigure, calibrationTable, LEAST_DRAWN } from './calibrations.ts'
import { cellsOf, networksOf, ownOf, type Study, tasksOf, unique } from './cells.ts'
import type { Comparison } from './comparisons.ts'
import { confusionFigure } from './confusionFigure.ts'
import { curveFigure } from './curveFigure.ts'
import { curveOf } from './curves.ts'
import type { FaithfulCell } from './faithful.ts'
import type { PaperFinding } from './findings.ts'
import { groupTables } from './groupTables.ts'
import { lineCode } from './lineCode.ts'
import type { CellLooks } from './looks.ts'
import { looksSection } from './looksSection.ts'
import {
  facesShown,
  type MapComparison,
  mapFigure,
  networkComparisons,
  startComparisons,
} from './mapFigures.ts'
import { colourKey, mapRows } from './maps.ts'
import { answeredPairs, pairFigure } from './pairFigure.ts'
import type { TestKind } from './paper.ts'
import { about } from './prose.ts'
import { type Figure, figureHtml, folded, rowHtml, type Section } from './section.ts'
import { comparisonTables, findingList, findingTable } from './statistics.ts'
import { type Table, tableHtml } from './table.ts'

/** What is computed from a study's answers before it is shown. */
export interface Analyses {
  readonly findings: readonly PaperFinding[]
  readonly comparisons: readonly Comparison[]
  readonly calibrations: readonly CalibratedCell[]
  readonly looks: readonly CellLooks[]
  readonly faithful: readonly FaithfulCell[]
}

/** How many bytes of pictures the page may have: in figures that compare, and in rows with a map for each class. */
const COMPARING = 12e6
const EVERY_CLASS = 6e6
/** The most faces of a figure that compares. */
const FACES = 4
/** How many figures of one kind, and rows of comparisons, are shown unfolded. */
const OPEN = 6
const OPEN_ROWS = 24

/** All sections that have something to show, in the order of the page. */
export function sectionsOf(study: Study, analyses: Analyses): Section[] {
  const all = [
    findingSection(analyses),
    accuracySection(study, 'own'),
    accuracySection(study, 'swapped'),
    comparisonSection(analyses),
    curveSection(study),
    pairSection(study),
    mapSection(study),
    looksSection(analyses.looks, analyses.faithful),
    calibrationSection(study, analyses),
    confusionSection(study),
    groupSection(study),
  ]
  const about: Section = aboutSection(study)
  return [...all.flatMap((section) => section ?? []), about]
}

function findingSection({ findings }: Analyses): Section | undefined {
  if (findings.every(({ verdict }) => verdict === 'not tested')) return undefined
  return {
    id: 'findings',
    title: 'Which of the paper’s findings hold',
    body: findingList(findings),
    tables: [findingTable(findings)],
  }
}

function accuracySection(study: Study, test: TestKind): Section | undefined {
  const tasks = tasksOf(study)
  const tables = tasks.flatMap((task) => accuracyTable(study, task, test) ?? [])
  if (tables.length === 0 || (test === 'swapped' && !hasSwaps(study))) return undefined
  const paper = isPapersData(study)
    ? html` <i class="paper">paper</i> is what the paper reports on Adience: not a result of this study.`
    : undefined
  const folds =
    study.record.folds.test.length > 1
      ? ' A value is the mean over folds ± their sample standard deviation; below it, all folds taken together.'
      : ''
  const intervals = html`${folds} Small figures: 95 % interval, by a bootstrap of the
people whose faces these are; of fewer than ${FEW} people, Wilson’s or Student’s, with each person counted once. A dash means that no such run is finished.${paper}`
  const intro =
    test === 'own'
      ? html`<p>Faces of people whom the network did not see in training, each scored by the mean of ten crops (four
corners and the centre, each also mirrored).${testedOn(study)}${intervals}${
          tasks.includes('years')
            ? ' The answer to years is the expected age, Σ p · age, and its error the mean of |answer − age|; accuracy counts likeliest ages that are right to the year.'
            : undefined
        }</p>`
      : html`<p>The same networks on test photos of the other alignment: how much of what they learned
depends on how the photo was cut. “to own” is the change from the network’s own test set, in points.</p>`
  return {
    id: test === 'own' ? 'accuracy' : 'swapped',
    title: test === 'own' ? 'Accuracy' : 'Swapped test sets',
    body: html`${intro}
${rowHtml(tables.map(tableHtml))}${test === 'own' ? columnKey(study) : undefined}`,
    tables,
  }
}

/** By which photos networks are tested, where there is more than one kind of them. */
function testedOn(study: Study): string {
  const trained = new Set(study.cells.map(({ setting }) => setting.photos))
  if (trained.size === 1 && !trained.has('m')) return ''
  const own = ' A network is tested on photos that are aligned as those it was trained on'
  return trained.has('m') ? `${own}, [m] on the rotated ones.` : `${own}.`
}

/** What the letters of the columns mean. */
function columnKey(study: Study) {
  return html`<p>Columns: ${networksOf(study).map(({ letter, network }) => {
    const sizes = groupBy(
      study.record.runs.filter((run) => run.letter === letter),
      ({ input, width }) => `${input} × ${input} pixels${width === 1 ? '' : `, ${width} of its channels`}`,
    )
    const which = (runs: readonly Run[]) =>
      sizes.size === 1
        ? undefined
        : html` (${inPaperOrder(runs.map(({ setting }) => setting))
            .map(bracketed)
            .join(', ')})`
    return html`<b>${letter}</b> ${networks[network].title}${[...sizes].map(([size, runs]) => html`, ${size}${which(runs)}`)}; `
  })}<b>n</b> faces tested.</p>`
}

function comparisonSection({ comparisons }: Analyses): Section | undefined {
  if (comparisons.length === 0) return undefined
  const tables = comparisonTables(comparisons)
  return {
    id: 'comparisons',
    title: 'Comparisons',
    body: html`<p>The pairs that the paper compares, each on the same faces. Small figures: 95 % interval by a bootstrap of
people. p: McNemar’s test, by person; adjusted by Holm for all comparisons of a table.</p>
${comparisons.length > OPEN_ROWS ? tables.map((table) => folded(`${table.title}: ${table.rows.length} pairs`, [tableHtml(table)])) : rowHtml(tables.map(tableHtml))}`,
    tables,
  }
}

function curveSection(study: Study): Section | undefined {
  const panels = study.cells
    .filter(
      ({ task, network }, at) =>
        study.cells.findIndex((one) => one.task === task && one.network === network) === at,
    )
    .map((first) => {
      const curves = cellsOf(study, first.task)
        .filter(({ network }) => network === first.network)
        .map((cell) => curveOf(study, cell))
      return {
        task: first.task,
        network: networks[first.network].title,
        points: curves.flatMap(({ points }) => points),
        chance: chanceOf(ownOf(first)).majority.accuracy,
      }
    })
    .filter(({ points }) => points.length > 0)
  if (panels.length === 0) return undefined
  const points = panels.flatMap((panel) => panel.points)
  const scored = unique(points.map(({ scoredOn }) => scoredOn))
  const where = scored.map((on) =>
    on === 'test' ? 'the test set, by ten crops, at every snapshot' : 'validation pictures, by their centres',
  )
  const settings = inPaperOrder(points.map(({ setting }) => setting))
  const thin = study.record.folds.test.length > 1 ? ' Thin lines: folds; thick ones: their mean.' : ''
  const caption = `Figure 1: accuracy over training on ${where.join(', or on ')}. ${lineCode(settings)}${thin} The dashed line across is what always giving the commonest answer reaches in the test set.`
  const figures = [{ name: 'figure-1-learning-curves', caption, svg: curveFigure(panels) }]
  return { id: 'training', title: 'Accuracy over training', body: figureHtml(figures[0]!), figures }
}

/** Heat maps: the networks on the same faces, their starts, and every class by itself. */
function mapSection(study: Study): Section | undefined {
  const tasks = tasksOf(study)
  if (tasks.length === 0) return undefined
  const comparisons = [networkComparisons(study), startComparisons(study)] as const
  const count = facesShown(study, comparisons.flat(), COMPARING, FACES)
  const [ofNetworks, ofStarts] = comparisons.map((kind) =>
    kind.map((one) => comparingFigure(study, one, count)),
  )
  const figures = [...ofNetworks!, ...ofStarts!]
  const rows = tasks.map((task) => html`<h4>${task}</h4>${mapRows(study, task, EVERY_CLASS / tasks.length)}`)
  return {
    id: 'maps',
    title: 'Where the networks look',
    body: html`${colourKey()}
${
  figures.length === 0
    ? undefined
    : html`<p>Side by side, every map is for the class that the data set gives (under the photo), so that all answer one
question. Under a map: the network’s answer to this crop and its probability, underlined if it is that class.</p>`
}
${shownFigures('Networks side by side', ofNetworks!)}${shownFigures('Starts side by side', ofStarts!)}
<h3>Class by class</h3>
<p>Under each map: the class and the network’s probability for it, for the crop that is shown. The outlined map is its
answer; the underlined class is the data set’s.</p>
${rows}`,
    figures,
  }
}

function comparingFigure(study: Study, one: MapComparison, count: number): Figure {
  const all = one.faces.length
  const less = all > count ? ` ${count} of ${all} faces; the maps of all are in runs/*/maps.` : ''
  return { name: one.name, caption: `${one.caption}.${less}`, svg: mapFigure(study, one, count) }
}

/** Figures under a heading; if there are many, all except the first are folded away. */
function shownFigures(title: string, figures: readonly Figure[]): Html | undefined {
  if (figures.length === 0) return undefined
  const [first, ...others] = figures
  const shown =
    figures.length > OPEN
      ? html`${figureHtml(first!)}${others.map((one) => folded(one.caption, [figureHtml(one)]))}`
      : rowHtml(figures.map(figureHtml))
  return html`<h3>${title}</h3>${shown}`
}

function pairSection(study: Study): Section | undefined {
  const pairs = answeredPairs(study)
  if (pairs.length === 0) return undefined
  const figures = [
    {
      name: 'figure-3-alignment-pairs',
      caption: `Figure 3: the ${pairs.length} test faces that [i] stretches most, in both alignments, and what each network (A, C, G, V) answered to each, by ten crops; answers that agree with the data set are underlined.`,
      svg: pairFigure(study, pairs),
    },
  ]
  return {
    id: 'pairs',
    title: 'The most stretched faces',
    body: html`<p>Fitting a face to the reference face, [i], may change its proportions: children’s faces grow longer, and
some of what speaks for a young age may be lost. Rotating it alone, [r], keeps them.</p>
${figureHtml(figures[0]!)}`,
    figures,
  }
}

const TOO_FEW = `There are too few faces for a diagram: it needs ${LEAST_DRAWN} that are answered with about the same confidence.`

function calibrationSection(study: Study, { calibrations }: Analyses): Section | undefined {
  if (calibrations.length === 0) return undefined
  const tables = tasksOf(study).flatMap((task) => calibrationTable(study, task, calibrations) ?? [])
  const settings = inPaperOrder(calibrations.map(({ cell }) => cell.setting))
  const isDrawn = calibrations.some(({ calibration }) => calibration.bins.some(({ n }) => n >= LEAST_DRAWN))
  const figures: Figure[] = []
  if (isDrawn)
    figures.push({
      name: 'calibration',
      caption: `Reliability: how often answers of one confidence are right, in 15 equal steps of confidence, those with at least ${LEAST_DRAWN} faces. ${lineCode(settings)} On the dashed line, networks are right as often as they are sure; below it, they are too sure.`,
      svg: calibrationFigure(calibrations),
    })
  return {
    id: 'calibration',
    title: 'Calibration',
    body: html`<p>Can the probabilities be believed? The expected calibration error is the mean distance between how
sure answers are and how often they are right (Guo et al. 2017).</p>
${rowHtml(tables.map(tableHtml))}${isDrawn ? figures.map(figureHtml) : html`<p>${TOO_FEW}</p>`}`,
    tables,
    figures,
  }
}

function confusionSection(study: Study): Section | undefined {
  // A hundred ages by a hundred can only be read as a table: tables/confusion.csv.
  const readable = study.cells.filter((cell) => cell.task !== 'years')
  if (readable.length === 0) return undefined
  const figureOf = (cell: (typeof readable)[number]): Figure => ({
    name: `confusion-${cell.task}-${cell.network}-${inFileNames(cell.setting)}`,
    caption: `${cell.task}, ${networks[cell.network].title} ${bracketed(cell.setting)}`,
    svg: confusionFigure(cell.task, ownOf(cell).confusion),
  })
  const byTask = tasksOf(study)
    .filter((task) => task !== 'years')
    .map((task) => ({ task, figures: readable.filter((cell) => cell.task === task).map(figureOf) }))
  return {
    id: 'confusions',
    title: 'Which classes are confused',
    body: html`<p>Each row is a class of the data set; the numbers are percentages of the row.</p>
${byTask.map(({ task, figures }) => {
  const shown = rowHtml(figures.map(figureHtml))
  return figures.length > OPEN ? folded(`${task}: ${figures.length} matrices`, [shown]) : shown
})}`,
    figures: byTask.flatMap(({ figures }) => figures),
  }
}

function groupSection(study: Study): Section | undefined {
  const byTask = tasksOf(study).map((task: Task) => groupTables(study, task))
  const tables: Table[] = byTask.flat()
  if (tables.length === 0) return undefined
  return {
    id: 'groups',
    title: 'Groups of faces',
    body: html`<p>A network that is right for most may be wrong for some. Rows are the labels that the data set gives the faces;
small groups have wide intervals (95 %).</p>
${byTask.map((own) => rowHtml(own.map(tableHtml)))}`,
    tables,
  }
}

function aboutSection(study: Study): Section {
  return { id: 'run', title: 'What was run', body: about(study) }
}
