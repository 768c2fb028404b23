/** The report's figures, each as one SVG text that stands by itself and takes the page's text colour. */

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { CLASSES } from '../../datasets/task.ts'
import type { Setting } from '../plan.ts'

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008). */
const SETTING_COLOURS: Partial<Record<Setting, string>> = { r: '#0072b2', i: '#d55e00', m: '#009e73' }
/** For the settings that start from trained weights, in the order in which they come. */
const MORE_COLOURS = ['#56b4e9', '#e69f00', '#cc79a7', '#f0e442']

/** One validation of one run. */
export interface CurvePoint {
  readonly setting: Setting
  readonly fold: number
  readonly iteration: number
  /** Share of validation pictures answered rightly, 0 to 1. */
  readonly accuracy: number
}

/**
 * Accuracy on the validation pictures over the iterations of training, a line a run.
 *
 * @param chance the accuracy of always giving the commonest answer, drawn as a dashed line
 */
export function curveFigure(points: readonly CurvePoint[], chance: number): string {
  const last = [...new Map(points.map((point) => [point.setting, point])).values()]
  const longest = Math.max(...points.map((point) => point.iteration))
  const settings = last.map((point) => point.setting)
  const labels = apart(
    last.map((point) => ({ ...point, y: 100 * point.accuracy })),
    6,
  )
  return svg({
    width: 470,
    height: 290,
    marginRight: 48,
    x: { label: 'iterations', domain: [0, longest], ticks: 5 },
    y: { label: 'accuracy on validation pictures, %', domain: [0, 100], ticks: 5, grid: true },
    color: { domain: settings, range: coloursOf(settings) },
    marks: [
      Plot.ruleY([100 * chance], { strokeDasharray: '4 3', strokeOpacity: 0.6 }),
      Plot.text([100 * chance], {
        x: longest,
        y: (value: number) => value,
        text: () => 'chance',
        textAnchor: 'start',
        dx: 6,
        fillOpacity: 0.7,
      }),
      Plot.lineY(points, {
        x: 'iteration',
        y: (point: CurvePoint) => 100 * point.accuracy,
        z: (point: CurvePoint) => `${point.setting}${point.fold}`,
        stroke: 'setting',
        strokeWidth: 1.8,
      }),
      Plot.text(labels, {
        x: longest,
        y: 'y',
        text: ({ setting }: CurvePoint) => `[${setting}]`,
        textAnchor: 'start',
        dx: 6,
        fontSize: 12,
        fontWeight: 600,
        fill: 'setting',
      }),
    ],
  })
}

function coloursOf(settings: readonly Setting[]): string[] {
  const more = settings.filter((setting) => !SETTING_COLOURS[setting])
  return settings.map(
    (setting) => SETTING_COLOURS[setting] ?? MORE_COLOURS[more.indexOf(setting) % MORE_COLOURS.length]!,
  )
}

/** Move labels up until each is at least `gap` above the one below it. */
function apart<T extends { y: number }>(labels: readonly T[], gap: number): T[] {
  let lowest = Number.NEGATIVE_INFINITY
  return labels
    .toSorted((a, b) => a.y - b.y)
    .map((label) => {
      lowest = Math.max(label.y, lowest + gap)
      return { ...label, y: lowest }
    })
}

/** A confusion matrix: rows the true class, columns the answer, shade and number the share of the row. */
export function confusionFigure(
  task: keyof typeof CLASSES,
  confusion: readonly (readonly number[])[],
): string {
  const names = CLASSES[task]
  const cells = confusion.flatMap((row, truth) => {
    const total = row.reduce((sum, n) => sum + n, 0)
    return row.map((n, guess) => ({
      truth: names[truth]!,
      guess: names[guess]!,
      share: total ? n / total : 0,
    }))
  })
  const side = names.length > 4 ? 31 : 56
  const margin = 56
  return svg({
    width: margin + 8 + side * names.length,
    height: 48 + side * names.length,
    style: { fontSize: names.length > 4 ? '9px' : '10px' },
    marginLeft: margin,
    marginTop: 44,
    marginRight: 8,
    marginBottom: 4,
    x: {
      domain: names,
      label: 'answer',
      labelAnchor: 'center',
      axis: 'top',
      tickSize: 0,
      labelArrow: 'none',
    },
    y: { domain: names, label: 'data set says', labelArrow: 'none', tickSize: 0 },
    marks: [
      Plot.cell(cells, {
        x: 'guess',
        y: 'truth',
        inset: 0.5,
        fill: '#0072b2',
        fillOpacity: (cell: { share: number }) => 0.06 + 0.74 * cell.share,
      }),
      Plot.text(cells, {
        x: 'guess',
        y: 'truth',
        text: (cell: { share: number }) => String(Math.round(100 * cell.share)),
      }),
    ],
  })
}

function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>')
  const figure = Plot.plot({
    ...options,
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
  })
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return figure.outerHTML.replace(/-?\d+\.\d{3,}/g, (digits: string) =>
    String(Number(Number(digits).toFixed(2))),
  )
}
