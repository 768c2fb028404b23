import { taskInWords } from '../look/words.ts'
import type { ModelReport } from '../worker/models.ts'
import type { NetworkInfo } from '../worker/protocol.ts'
import { megabytes } from './kept.ts'

/** What a network is, row by row. */
export function Facts({
  network,
  report,
  rows,
}: {
  readonly network: NetworkInfo | undefined
  readonly report: ModelReport | undefined
  readonly rows: readonly (readonly [what: string, said: string])[]
}) {
  const own: (readonly [string, string])[] = [
    ...(network
      ? ([
          [
            'Answers',
            network.answers
              .map(
                ({ task, classes, output }) =>
                  `${task ? taskInWords(task) : output}${classes.length > 0 ? ` (${someOf(classes)})` : ''}`,
              )
              .join('; '),
          ],
          ['Sees', network.size ? `${network.size.width} × ${network.size.height} pixels` : ''],
          ['Faces', cutInWords(network.card.alignment)],
          ['Composite', network.composite],
          ['Weights', `${megabytes(network.bytes)} in memory`],
        ] as const)
      : []),
    ...(report?.input
      ? ([['Input', `${report.input.name} [${report.input.shape.join(', ')}]`]] as const)
      : []),
    ...(report ? ([['Layers', layersInWords(report)]] as const) : []),
  ]
  return (
    <dl className="facts small">
      {[...rows, ...own]
        .filter(([, said]) => said !== '')
        .map(([what, said]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{said}</dd>
          </div>
        ))}
    </dl>
  )
}

function someOf(classes: readonly string[]): string {
  return classes.length > 8
    ? `${classes.length} classes, ${classes[0]} to ${classes.at(-1)}`
    : classes.join(', ')
}

function cutInWords(alignment: ModelReport['card']['alignment']): string {
  if (alignment === undefined) return 'photos as they are'
  if (typeof alignment === 'string') return `aligned [${alignment}]`
  return `upright, ${[alignment.box].flat().join(' × ')} times the box around the face`
}

function layersInWords({ layers }: ModelReport): string {
  const counts = new Map<string, number>()
  for (const { op } of layers) counts.set(op, (counts.get(op) ?? 0) + 1)
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 4)
  return `${layers.length}: ${most.map(([op, count]) => `${count} ${op}`).join(', ')}${counts.size > 4 ? ', …' : ''}`
}
