/** What each part of the face has, as a figure. */

import * as Plot from '@observablehq/plot'
import { Html, html } from '../base/html.ts'
import type { Classing, Profile } from '../evaluation/profile.ts'
import { classesIn, sorted, WORDS } from './profileTables.ts'
import { plot, svgOf } from './svg.ts'

/** For each part a dot with its interval, for each of two classes or for all, and behind it a bar for its area. */
export function partsFigure({ groups }: Profile, by: Classing): Html {
  const all = groups[0]!
  const classes = classesIn(groups, by)
  const shown = classes.length === 2 ? classes : [all]
  const order = sorted(all).map(({ part }) => part)
  const dots = shown.flatMap(({ group, parts }, k) =>
    parts.map(({ part, positive: { mean, interval } }) => ({
      group,
      part,
      mean: 100 * mean,
      low: 100 * (interval?.low ?? mean),
      high: 100 * (interval?.high ?? mean),
      dy: shown.length === 2 ? 8 * k - 4 : 0,
    })),
  )
  const colours = ['#d55e00', '#0072b2']
  const kinds = shown.map(({ group }) => group)
  const drawing = plot({
    width: 640,
    height: 60 + 30 * order.length,
    marginLeft: 100,
    marginTop: 30,
    marginRight: 20,
    x: { label: `share of what speaks for ${WORDS[by]}, %`, grid: true, zero: true, labelArrow: 'none' },
    y: { domain: order, label: null, tickSize: 0, tickFormat: (part: string) => part.replace('_', ' ') },
    color: { domain: kinds, range: colours },
    marks: [
      Plot.barX(all.parts, {
        x: ({ area }: { area: number }) => 100 * area,
        y: 'part',
        fill: 'currentColor',
        fillOpacity: 0.12,
        insetTop: 4,
        insetBottom: 4,
      }),
      ...kinds.flatMap((kind) => {
        const own = dots.filter(({ group }) => group === kind)
        const dy = own[0]!.dy
        return [
          Plot.link(own, { x1: 'low', x2: 'high', y: 'part', dy, stroke: 'group', strokeWidth: 1.6 }),
          Plot.dot(own, { x: 'mean', y: 'part', dy, fill: 'group', r: 3.2 }),
        ]
      }),
    ],
  })
  const legend =
    shown.length === 2
      ? kinds.map(
          (kind, k) =>
            html`<circle cx="${104 + 130 * k}" cy="10" r="4" fill="${colours[k]!}"/><text x="${112 + 130 * k}" y="14">${kind}</text>`,
        )
      : undefined
  return new Html(svgOf({ ...drawing, content: html`${drawing.content}${legend}` }))
}
