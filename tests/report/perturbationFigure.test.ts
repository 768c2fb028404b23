import { describe, expect, it } from 'vitest'
import { taken, takenName } from '../../src/evaluation/measure.ts'
import type { MeasuredValue } from '../../src/evaluation/measuredRows.ts'
import { measureTable } from '../../src/evaluation/measureTable.ts'
import { perturbationFigure } from '../../src/report/perturbationFigure.ts'

const MEASURE = taken('region-perturbation', { region: 9 }, 'probabilities')
const METHODS = ['gradient', 'paper', 'random', 'edges']

/** One measure of one face, whose score falls to these ends in both orders. */
function column(ends: Record<string, readonly [morf: number, lerf: number]>) {
  const name = takenName(MEASURE)
  const rows = Object.entries(ends).map(([method, [morf, lerf]]): MeasuredValue => {
    const shares = [0, 0.08, 0.16]
    const scores = { morf: [0.9, morf, morf], lerf: [0.9, lerf, lerf] }
    const curves = { [name]: { gone: { morf: shares, lerf: shares }, scores } }
    return { method, face: 'a', subject: 'a', values: { [name]: (2 * (lerf - morf)) / 3 }, curves }
  })
  return measureTable(rows, METHODS, [MEASURE])[0]!
}

/** The texts of a figure, piece by piece. */
const words = (svg: string) => [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, text]) => text!)

describe('the figure of perturbation', () => {
  const ends = { gradient: [0.5, 0.6], paper: [0.1, 0.8], random: [0.4, 0.4], edges: [0.3, 0.5] } as const
  const figure = perturbationFigure(column(ends), METHODS)!

  it('has a panel for each method, the best first, with its measure', () => {
    expect(figure.panels.map((panel) => words(panel).find((text) => METHODS.includes(text)))).toEqual([
      'paper',
      'gradient',
    ])
    expect(words(figure.panels[0]!)).toContain('0.467')
    expect(words(figure.panels[1]!)).toContain('0.0667')
  })

  it('has one scale in all panels, with units', () => {
    const [paper, gradient] = figure.panels.map((panel) =>
      words(panel).filter((text) => !METHODS.includes(text) && !/^0\.\d{3,}$/.test(text)),
    )
    expect(paper).toEqual(gradient)
    expect(paper).toContain('gone, % of the picture')
    expect(paper).toContain('score, probabilities')
  })

  it('draws both orders, and those of the controls behind them', () => {
    const lines = figure.panels.map((panel) => [...panel.matchAll(/<g[^>]*stroke="#[^>]*>/g)])
    expect(lines.map((found) => found.length)).toEqual([6, 6])
    const dashed = lines[0]!.map(([line]) => line.includes('stroke-dasharray'))
    expect(dashed).toEqual([true, true, true, true, false, false])
    expect(words(figure.key)).toEqual([
      'most relevant first',
      'least relevant first',
      'random, a control',
      'edges, a control',
    ])
  })

  it('is also one whole picture', () => {
    expect(words(figure.whole)).toEqual([figure.key, ...figure.panels].flatMap(words))
  })

  it('exists without controls, but not without methods', () => {
    const { gradient, random } = ends
    expect(words(perturbationFigure(column({ gradient }), METHODS)!.key)).toHaveLength(2)
    expect(perturbationFigure(column({ random }), METHODS)).toBeUndefined()
    expect(perturbationFigure(column({}), METHODS)).toBeUndefined()
  })
})
