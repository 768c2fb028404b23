import { useEffect, useRef, useSyncExternalStore } from 'react'
import uPlot from 'uplot'
import type { RunCurve } from './store.ts'
import 'uplot/dist/uPlot.min.css'

interface Line {
  readonly name: string
  readonly title: string
  readonly colour: string
  readonly dashed: boolean
  readonly curve: RunCurve | undefined
}

interface ChartProps {
  readonly title: string
  readonly lines: readonly Line[]
  readonly of: 'loss' | 'validation'
  /** The run whose line stands out. */
  readonly pointed: string | undefined
}

const HEIGHT = 220

/** Curves of runs over the iterations. */
export function Chart({ title, lines, of, pointed }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const theme = useTheme()
  const data = dataOf(lines, of)
  const drawn = lines.map(({ name, colour }) => `${name} ${colour}`).join()
  const latest = useRef(data)
  latest.current = data

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is made anew for other lines or colours alone; data are set below
  useEffect(() => {
    const element = box.current!
    const colours = getComputedStyle(element)
    const made = new uPlot(
      optionsOf(lines, of, element.clientWidth, {
        text: colours.getPropertyValue('--muted').trim(),
        grid: colours.getPropertyValue('--line').trim(),
      }),
      latest.current,
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [drawn, of, theme])

  useEffect(() => plot.current?.setData(data), [data])

  useEffect(() => {
    const at = lines.findIndex(({ name }) => name === pointed)
    plot.current?.setSeries(at < 0 ? null : at + 1, { focus: at >= 0 })
  }, [lines, pointed])

  return (
    <figure className="study-chart panel">
      <figcaption className="small">{title}</figcaption>
      <div ref={box} role="img" aria-label={inWords(title, lines, of)} />
    </figure>
  )
}

function optionsOf(
  lines: readonly Line[],
  of: ChartProps['of'],
  width: number,
  { text, grid }: { readonly text: string; readonly grid: string },
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1 },
    font: '12px system-ui, sans-serif',
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    focus: { alpha: 0.25 },
    cursor: { drag: { x: true, y: false }, focus: { prox: 24 } },
    scales: { x: { time: false }, y: of === 'validation' ? { range: accuracyRange } : {} },
    axes: [axis, { ...axis, size: 48 }],
    series: [
      {},
      ...lines.map(
        ({ title, colour, dashed }): uPlot.Series => ({
          label: title,
          stroke: colour,
          width: 1.5,
          ...(dashed && { dash: [6, 4] }),
          spanGaps: true,
          points: { show: of === 'validation', size: 5, fill: colour },
        }),
      ),
    ],
  }
}

/** From the lowest to the highest value, within 0 and 100 %. */
function accuracyRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 100]
  return [Math.max(0, Math.floor((low - 2) / 5) * 5), Math.min(100, Math.ceil((high + 2) / 5) * 5)]
}

function pointsOf({ curve }: Line, of: ChartProps['of']): readonly (readonly [number, number])[] {
  if (!curve) return []
  return of === 'loss'
    ? curve.points.map(([iteration, loss]) => [iteration, loss] as const)
    : curve.validations.map(([iteration, accuracy]) => [iteration, 100 * accuracy] as const)
}

/** A column of iterations, and one for each line, with gaps where it has no value. */
function dataOf(lines: readonly Line[], of: ChartProps['of']): uPlot.AlignedData {
  const points = lines.map((line) => new Map(pointsOf(line, of)))
  const iterations = [...new Set(points.flatMap((own) => [...own.keys()]))].sort((a, b) => a - b)
  return [iterations, ...points.map((own) => iterations.map((iteration) => own.get(iteration) ?? null))]
}

function inWords(title: string, lines: readonly Line[], of: ChartProps['of']): string {
  const said = lines.flatMap((line) => {
    const last = pointsOf(line, of).at(-1)
    return last ? `${line.title}: ${last[1].toPrecision(3)} after ${last[0]} iterations` : []
  })
  return `${title}. ${said.length > 0 ? said.join('. ') : 'Nothing is trained yet'}.`
}

/** The theme, so that drawings follow it. */
function useTheme(): string | undefined {
  return useSyncExternalStore(
    (changed) => {
      const observer = new MutationObserver(changed)
      observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
      return () => observer.disconnect()
    },
    () => document.documentElement.dataset.theme,
  )
}
