/** Figure 1: learning curves, with a panel for each network and task, and a line for each setting. */

import * as Plot from '@observablehq/plot'
import type { Task } from '../datasets/task.ts'
import { inPaperOrder, isSameSetting } from '../study/setting.ts'
import { unique } from './cells.ts'
import { type CurvePoint, meanCurve } from './curves.ts'
import { lineKey, lineOf } from './lineCode.ts'
import { below, type Drawing, inRows, plot, svgOf } from './svg.ts'

/** The curves of one network and task. */
export interface CurvePanel {
  readonly task: Task
  /** The network's name. */
  readonly network: string
  readonly points: readonly CurvePoint[]
  /** The accuracy of always giving the most frequent class, drawn as a dashed line. */
  readonly chance: number
}

/**
 * Accuracy over the iterations: a row for each task, a column for each network. Several folds are thin lines, and their
 * mean a thick one.
 *
 * @param panels at least one
 */
export function curveFigure(panels: readonly CurvePanel[]): string {
  const networks = unique(panels.map(({ network }) => network))
  const width = networks.length === 1 ? 470 : networks.length === 2 ? 400 : networks.length === 3 ? 325 : 240
  const rows = unique(panels.map(({ task }) => task)).map((task) => {
    const own = panels.filter((one) => one.task === task)
    const domain = domainOf(own)
    return networks.map((network) => {
      const one = own.find((panel) => panel.network === network)
      return one && drawn(one, domain, width)
    })
  })
  const grid = inRows(rows, 12)
  const settings = inPaperOrder(panels.flatMap(({ points }) => points.map(({ setting }) => setting)))
  return svgOf(below([lineKey(settings, grid.width), grid], 6))
}

/** The range of accuracies that all panels of a task show, in per cent, rounded out to multiples of ten. */
function domainOf(panels: readonly CurvePanel[]): [number, number] {
  const values = panels.flatMap(({ points, chance }) => [chance, ...points.map(({ accuracy }) => accuracy)])
  return [10 * Math.floor(10 * Math.min(...values)), 10 * Math.ceil(10 * Math.max(...values))]
}

function drawn(
  { task, network, points, chance }: CurvePanel,
  domain: [number, number],
  width: number,
): Drawing {
  const settings = inPaperOrder(points.map(({ setting }) => setting))
  return plot({
    width,
    height: width > 400 ? 280 : 210,
    marginTop: 34,
    marginLeft: 34,
    marginRight: 16,
    marginBottom: 34,
    x: {
      label: 'iterations',
      domain: [0, Math.max(...points.map(({ iteration }) => iteration))],
      ticks: 4,
      tickFormat: (value: number) => (value >= 10_000 ? `${value / 1000}k` : String(value)),
    },
    y: { label: '% right', domain, ticks: 5, grid: true },
    marks: [
      Plot.text([`${network}, ${task}`], {
        frameAnchor: 'top-right',
        dy: -24,
        fontSize: 12,
        fontWeight: 600,
      }),
      Plot.ruleY([100 * chance], { strokeDasharray: '4 3', strokeOpacity: 0.6 }),
      ...settings.flatMap((setting) => {
        const own = points.filter((point) => isSameSetting(point.setting, setting))
        const mean = meanCurve(own)
        return mean.length > 0 ? [lines(own, 0.6, 0.6), lines(mean, 2.2, 1)] : [lines(own, 1.8, 1)]
      }),
    ],
  })
}

function lines(points: readonly CurvePoint[], strokeWidth: number, share: number): Plot.Line {
  const { strokeOpacity, ...line } = lineOf(points[0]!.setting)
  return Plot.lineY(points, {
    x: 'iteration',
    y: (point: CurvePoint) => 100 * point.accuracy,
    z: 'fold',
    ...line,
    strokeWidth,
    strokeOpacity: share * strokeOpacity,
  })
}
