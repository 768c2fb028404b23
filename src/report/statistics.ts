/** The paper's comparisons and findings in the report. */

import type { CsvRow } from '../base/csv.ts'
import { type Html, html } from '../base/html.ts'
import { percent } from '../evaluation/score.ts'
import { signed } from './accuracyTables.ts'
import type { Comparison } from './comparisons.ts'
import type { PaperFinding } from './findings.ts'
import type { Table } from './table.ts'

const KINDS: Record<Comparison['kind'], string> = {
  network: 'networks',
  preprocessing: 'preprocessing',
  start: 'starts',
}

/** The comparisons of one task, with a table for each kind. */
export function comparisonTables(comparisons: readonly Comparison[]): Table[] {
  const families = [...new Set(comparisons.map(({ task, kind }) => `${task}/${kind}`))]
  return families.map((family) => {
    const own = comparisons.filter(({ task, kind }) => `${task}/${kind}` === family)
    const { task, kind } = own[0]!
    return {
      name: `comparisons-${task}-${kind}`,
      title: `${task}, ${KINDS[kind]}`,
      units: 'accuracy in points',
      columns: [
        { name: '' },
        { name: 'n' },
        { name: 'difference' },
        { name: 'only former right' },
        { name: 'only latter right' },
        { name: 'p' },
        { name: 'p, adjusted' },
      ],
      rows: own.map(({ a, b, n, difference, interval, onlyA, onlyB, p, pAdjusted }) => ({
        cells: [
          `${b} over ${a}`,
          String(n),
          {
            value: signed(difference, percent),
            small: [`${signed(interval.low, percent)} to ${signed(interval.high, percent)}`],
          },
          String(onlyB),
          String(onlyA),
          probability(p),
          probability(pAdjusted),
        ],
      })),
    }
  })
}

export function comparisonRows(comparisons: readonly Comparison[]): CsvRow[] {
  return comparisons.map(({ task, kind, a, b, n, difference, interval, onlyA, onlyB, p, pAdjusted }) => ({
    task,
    kind,
    first: a,
    second: b,
    n,
    difference: difference.toFixed(4),
    difference_low: interval.low.toFixed(4),
    difference_high: interval.high.toFixed(4),
    only_first_right: onlyA,
    only_second_right: onlyB,
    p: p.toPrecision(4),
    p_adjusted: pAdjusted.toPrecision(4),
  }))
}

function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** How many of the findings hold, as a sentence of the summary; undefined where the study tests none of them. */
export function findingSentence(findings: readonly PaperFinding[]): Html | undefined {
  const count = (verdict: PaperFinding['verdict']) => findings.filter((one) => one.verdict === verdict).length
  const [holds, not, untested] = [count('holds'), count('does not hold'), count('not tested')]
  if (untested === findings.length) return undefined
  const undecided = count('undecided')
  return html`<p>Of <a href="#findings">the paper’s ${findings.length} findings</a>, ${findings.length - untested} can be tested with this study:
<b>${counted(holds, 'holds', 'hold')}</b>, ${counted(not, 'fails', 'fail')}, ${counted(undecided, 'is undecided', 'are undecided')}.${
    undecided > 0
      ? ' Undecided means that the difference may be chance: more faces, folds or trainings would tell.'
      : undefined
  }</p>`
}

function counted(count: number, one: string, several: string): string {
  return count === 0 ? `none ${one}` : `${count} ${count === 1 ? one : several}`
}

/** The findings, each with its verdict and evidence. */
export function findingList(findings: readonly PaperFinding[]): Html {
  return html`<ul class="findings">${findings.map(
    ({ claim, verdict, evidence }) => html`
<li class="${verdict.replaceAll(' ', '-')}"><b>${verdict}</b> ${claim}<p>${evidence}</p></li>`,
  )}</ul>`
}

export function findingTable(findings: readonly PaperFinding[]): Table {
  return {
    name: 'findings',
    title: 'The paper’s findings',
    units: '',
    columns: [
      { name: 'finding', isText: true },
      { name: 'here', isText: false },
      { name: 'evidence', isText: true },
    ],
    rows: findings.map(({ claim, verdict, evidence }) => ({ cells: [claim, verdict, evidence] })),
  }
}

export function findingRows(findings: readonly PaperFinding[]): CsvRow[] {
  return findings.map(({ id, claim, verdict, evidence }) => ({ id, claim, verdict, evidence }))
}
