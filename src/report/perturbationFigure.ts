/** How the score falls while pictures lose their pixels, as small figures: a panel for each method. */

import * as Plot from '@observablehq/plot'
import { html } from '../base/html.ts'
import { CONTROLS } from '../evaluation/measure.ts'
import { inOrder, isControl, isOverControls, type MeasureColumn } from '../evaluation/measureTable.ts'
import { type Curves, ORDERS, type Order } from '../explanation/measures/perturbation.ts'
import { below, type Drawing, inRows, plot, svgOf } from './svg.ts'

const COLOURS: Record<Order, string> = { morf: '#d55e00', lerf: '#0072b2' }
const WORDS: Record<Order, string> = { morf: 'most relevant first', lerf: 'least relevant first' }

/** The dashes of the controls, whose lines are thin and faint. */
const DASHES: Readonly<Record<string, string>> = { random: '1.5 2.5', edges: '5 3' }
const FAINT = { strokeWidth: 1.1, strokeOpacity: 0.7 }

const WIDTH = 190
const HEIGHT = 170

/** How many panels are in a row of the whole figure. */
const ALONG = 5

/** A figure as separate SVGs, which a page can arrange as it has room, and as a whole. */
export interface PerturbationFigure {
  /** The key to the lines. */
  readonly key: string
  readonly panels: readonly string[]
  readonly whole: string
}

/**
 * The curves of a measure that removes pixels: a panel for each method except the controls, the best first, all on one
 * scale. Both orders are lines, and the area between them is shaded; those of the controls are behind them.
 *
 * @returns undefined where no method has curves
 */
export function perturbationFigure(
  column: MeasureColumn,
  methods: readonly string[],
): PerturbationFigure | undefined {
  const { curves } = column
  const known = inOrder(column, methods).filter((method) => curves.has(method))
  const points = known.flatMap((method) => ORDERS.flatMap((order) => pointsOf(curves.get(method)!, order)))
  const [shares, scores] = [points.map(({ gone }) => gone), points.map(({ score }) => score)]
  const domains = {
    x: [0, Math.max(...shares)],
    y: [Math.min(...scores), Math.max(...scores)],
  }
  const panels = known
    .filter((method) => !isControl(method))
    .map((method) => panelOf(column, method, domains))
  if (panels.length === 0) return undefined
  const key = keyOf(CONTROLS.filter((control) => curves.has(control)))
  const rows = Array.from({ length: Math.ceil(panels.length / ALONG) }, (_, k) =>
    panels.slice(ALONG * k, ALONG * (k + 1)),
  )
  return { key: svgOf(key), panels: panels.map(svgOf), whole: svgOf(below([key, inRows(rows, 12)], 8)) }
}

function panelOf(
  column: MeasureColumn,
  method: string,
  { x, y }: { readonly x: readonly number[]; readonly y: readonly number[] },
): Drawing {
  const { curves, means, score } = column
  const own = curves.get(method)!
  const star = isOverControls(column, method) ? '∗' : ''
  const title = (text: string, style: Plot.TextOptions) =>
    Plot.text([text], { frameAnchor: 'top-left', textAnchor: 'start', dx: -29, ...style })
  const line = (curve: Curves, order: Order, style: Plot.LineOptions) =>
    Plot.line(pointsOf(curve, order), { x: 'gone', y: 'score', stroke: COLOURS[order], ...style })
  return plot({
    width: WIDTH,
    height: HEIGHT,
    marginTop: 40,
    marginLeft: 32,
    marginRight: 12,
    marginBottom: 34,
    x: { label: 'gone, % of the picture', domain: x, ticks: 4, labelArrow: 'none', labelAnchor: 'center' },
    y: { label: null, domain: y, nice: true, ticks: 4, grid: true },
    marks: [
      title(method, { dy: -38, fontSize: 11, fontWeight: 600 }),
      title(`score, ${score}`, { dy: -19 }),
      Plot.text([`${means.get(method)!.mean.toPrecision(3)}${star}`], {
        frameAnchor: 'top-right',
        dy: -20,
        fontSize: 11,
      }),
      Plot.line([...pointsOf(own, 'morf'), ...pointsOf(own, 'lerf').reverse()], {
        x: 'gone',
        y: 'score',
        stroke: 'none',
        fill: 'currentColor',
        fillOpacity: 0.12,
      }),
      ...CONTROLS.flatMap((control) => {
        const theirs = curves.get(control)
        const style = { ...FAINT, strokeDasharray: DASHES[control]! }
        return theirs ? ORDERS.map((order) => line(theirs, order, style)) : []
      }),
      ...ORDERS.map((order) => line(own, order, { strokeWidth: 2 })),
    ],
  })
}

/** The points of a curve after each step, in per cent of the picture and as a score. */
function pointsOf({ gone, scores }: Curves, order: Order): { gone: number; score: number }[] {
  return scores[order].map((score, k) => ({ gone: 100 * gone[order][k]!, score }))
}

/** The key to the lines, two in a row. */
function keyOf(controls: readonly string[]): Drawing {
  const samples = [
    ...ORDERS.map((order) => ({
      text: WORDS[order],
      lines: html`<line x2="24" stroke="${COLOURS[order]}" stroke-width="2.5"/>`,
    })),
    ...controls.map((control) => ({
      text: `${control}, a control`,
      lines: html`${ORDERS.map(
        (order, k) =>
          html`<line x2="24" y1="${5 * k - 2.5}" y2="${5 * k - 2.5}" stroke="${COLOURS[order]}" stroke-width="${FAINT.strokeWidth}" stroke-opacity="${FAINT.strokeOpacity}" stroke-dasharray="${DASHES[control]!}"/>`,
      )}`,
    })),
  ]
  const items = samples.map(
    ({ text, lines }, k) =>
      html`<g transform="translate(${165 * (k % 2)},${10 + 18 * Math.floor(k / 2)})">${lines}<text x="30" y="4">${text}</text></g>`,
  )
  return { width: 310, height: 18 * Math.ceil(samples.length / 2) + 4, content: html`${items}` }
}
