import { describe, expect, it } from 'vitest'
import type { Comparison } from '../../src/report/comparisons.ts'
import type { PaperFinding } from '../../src/report/findings.ts'
import { comparisonTables, findingList, findingSentence } from '../../src/report/statistics.ts'

const COMPARISON: Comparison = {
  task: 'age',
  kind: 'network',
  a: 'A [i]',
  b: 'G [i]',
  n: 200,
  difference: 0.025,
  interval: { low: -0.004, high: 0.056 },
  onlyA: 10,
  onlyB: 15,
  p: 0.0004,
  pAdjusted: 0.012,
}
const finding = (verdict: PaperFinding['verdict']): PaperFinding => ({
  id: verdict,
  claim: 'Networks <do> so.',
  verdict,
  evidence: 'Because.',
  parts: [],
})

describe('the comparisons', () => {
  it('have one table per task and kind, with the gain of the second over the first', () => {
    const tables = comparisonTables([
      COMPARISON,
      { ...COMPARISON, kind: 'start' },
      { ...COMPARISON, a: 'C [i]', difference: -0.0001, p: 1, pAdjusted: 1 },
    ])
    expect(tables.map(({ name, rows }) => [name, rows.length])).toEqual([
      ['comparisons-age-network', 2],
      ['comparisons-age-start', 1],
    ])
    expect(tables[0]!.rows.map(({ cells }) => cells)).toEqual([
      ['G [i] over A [i]', '200', { value: '+2.5', small: ['−0.4 to +5.6'] }, '15', '10', '< 0.001', '0.012'],
      ['G [i] over C [i]', '200', { value: '±0.0', small: ['−0.4 to +5.6'] }, '15', '10', '1.000', '1.000'],
    ])
  })
})

describe('the paper’s findings', () => {
  it('are counted in a sentence, except those that the study cannot test', () => {
    const verdicts = ['holds', 'holds', 'undecided', 'not tested'] as const
    const said = findingSentence(verdicts.map(finding))!
      .text.replace(/<[^>]+>/g, '')
      .replace(/\s+/g, ' ')
    expect(said).toBe(
      'Of the paper’s 4 findings, 3 can be tested with this study: 2 hold, none fails, 1 is undecided. Undecided means that the difference may be chance: more faces, folds or trainings would tell.',
    )
    expect(findingSentence((['holds', 'does not hold'] as const).map(finding))!.text).toContain(
      '1 holds</b>, 1 fails, none is undecided.',
    )
    expect(findingSentence([finding('not tested')])).toBeUndefined()
  })

  it('are listed with their verdicts, as text', () => {
    const { text } = findingList([finding('does not hold')])
    expect(text).toContain(
      '<li class="does-not-hold"><b>does not hold</b> Networks &#60;do&#62; so.<p>Because.</p>',
    )
  })
})
