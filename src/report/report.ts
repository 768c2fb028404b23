/**
 * The report of a study: one self-contained page, and its tables and figures as separate files. It needs only the
 * study's files.
 */

import { join } from 'node:path'
import { csv } from '../base/csv.ts'
import { writeAtomic } from '../base/files.ts'
import { type Html, html, page } from '../base/html.ts'
import { CLASSES } from '../datasets/task.ts'
import { chanceOf, percent } from '../evaluation/score.ts'
import { files } from '../study/record.ts'
import { bracketed, ownTest } from '../study/setting.ts'
import { calibrationRows, calibrationsOf } from './calibrations.ts'
import { ownOf, type Study } from './cells.ts'
import { comparisonsOf } from './comparisons.ts'
import { removeEarlier } from './earlier.ts'
import { faithfulCells, faithfulRows } from './faithful.ts'
import { findingsOf } from './findings.ts'
import { tableLatex } from './latex.ts'
import { lookRows, looksOf } from './looks.ts'
import { note, summary, unfinished } from './prose.ts'
import { accuracyRows, confusionRows, curveRows, groupRows } from './rows.ts'
import { scoreOn } from './scored.ts'
import type { Section } from './section.ts'
import { type Analyses, sectionsOf } from './sections.ts'
import { comparisonRows, findingRows, findingSentence } from './statistics.ts'
import { reportStyle } from './style.ts'

/**
 * Write `OUT/report/`: `index.html`, `tables/*.csv`, `tables/*.tex` and `figures/*.svg`, in place of an earlier report.
 *
 * @param study its unfinished runs are left out
 * @returns the path of the page
 * @throws UserError when a file cannot be read or written
 */
export async function writeReport(study: Study): Promise<string> {
  const { out } = study
  const analyses: Analyses = {
    findings: findingsOf(study),
    comparisons: comparisonsOf(study),
    calibrations: calibrationsOf(study),
    looks: await looksOf(study),
    faithful: faithfulCells(study),
  }
  const sections = sectionsOf(study, analyses)
  const folder = join(out, 'report')
  const written = new Set<string>()
  const write = (kind: 'tables' | 'figures', name: string, content: string) => {
    const path = join(folder, kind, name)
    writeAtomic(path, content)
    written.add(path)
  }
  for (const [name, rows] of [
    ['accuracy', accuracyRows(study)],
    ['confusion', confusionRows(study)],
    ['groups', groupRows(study)],
    ['training', curveRows(study)],
    ['calibration', calibrationRows(analyses.calibrations)],
    ['comparisons', comparisonRows(analyses.comparisons)],
    ['findings', findingRows(analyses.findings)],
    ['looks', lookRows(analyses.looks)],
    ['faithful', faithfulRows(analyses.faithful)],
  ] as const) {
    if (rows.length > 0) write('tables', `${name}.csv`, csv(rows))
  }
  const source = `Study ${study.record.name}, made by regard ${study.record.version}`
  for (const table of sections.flatMap(({ tables = [] }) => tables)) {
    write('tables', `${table.name}.tex`, tableLatex(table, source))
  }
  for (const { name, svg } of sections.flatMap(({ figures = [] }) => figures)) {
    write('figures', `${name}.svg`, svg)
  }
  writeAtomic(files.report(out), page(study.record.name, reportStyle, bodyOf(study, analyses, sections)).text)
  // Last, so that a report that is stopped has taken nothing away.
  removeEarlier(folder, written)
  return files.report(out)
}

function bodyOf(study: Study, { findings }: Analyses, sections: readonly Section[]): Html {
  return html`<h1>${study.record.name}</h1>
<p class="byline">What networks read from faces, and where they look · regard ${study.record.version}</p>
${unfinished(study)}
${summary(study, findingSentence(findings))}
${note}
<nav><ol>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
${sections.map(
  ({ id, title, body }) => html`
<section id="${id}"><h2>${title}</h2>
${body}</section>`,
)}
<footer>Made by regard ${study.record.version}. Beside this page: tables/*.csv, one row for each number; tables/*.tex, the tables
for LaTeX; figures/*.svg.
The method is that of Lapuschkin, Binder, Müller and Samek, <i>Understanding and Comparing Deep Neural Networks for
Age and Gender Classification</i> (2017).</footer>`
}

/** What {@link mainFigures} are. */
export function figuresInWords(study: Study): string {
  const oneOff = study.cells.some(({ task }) => task === 'age') ? '1-off: right or one age group off; ' : ''
  return `On test faces, with 95 % intervals over people. ${oneOff}n: faces; chance: always the same answer`
}

/** The main figures as lines of text, for the terminal. */
export function mainFigures(study: Study): string[] {
  return study.cells.map((cell) => {
    const test = ownOf(cell)
    const score = scoreOn(study, cell, ownTest(cell.setting))
    const { majority, error: chance } = chanceOf(test)
    const name = `${cell.task.padEnd(6)}  ${cell.letter} ${bracketed(cell.setting)}`
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
