import * as Plot from '@observablehq/plot'
import { CLASSES } from '../datasets/task.ts'
import { plot, svgOf } from './svg.ts'

/** A confusion matrix: rows are true classes, columns are answers; shade and number are the share of the row. */
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
  return svgOf(
    plot({
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
    }),
  )
}
