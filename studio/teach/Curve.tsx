import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Glance } from '../worker/protocol.ts'

const HEIGHT = 180

/** The loss of each step, and the accuracy on what is held out. */
export function Curve({
  losses,
  glances,
  steps,
}: {
  readonly losses: readonly number[]
  readonly glances: readonly Glance[]
  readonly steps: number
}) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(undefined)
  useEffect(() => {
    const { current } = box
    if (!current) return
    const colour = (name: string) => getComputedStyle(current).getPropertyValue(name)
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui',
      size: 28,
    }
    const drawn = new UPlot(
      {
        width: current.clientWidth,
        height: HEIGHT,
        cursor: { y: false },
        legend: { live: false },
        scales: {
          x: { time: false, range: [0, steps] },
          y: { range: (_, __, most) => [0, 1.05 * Math.max(1, most)] },
          part: { range: [0, 105] },
        },
        axes: [
          axis,
          { ...axis, size: 40 },
          {
            ...axis,
            scale: 'part',
            side: 1,
            size: 48,
            grid: { show: false },
            values: (_, all) => all.map((value) => (value > 100 ? '' : `${value} %`)),
          },
        ],
        series: [
          { label: 'step' },
          { label: 'loss', stroke: colour('--for'), width: 1.5 },
          {
            label: 'held-out accuracy',
            scale: 'part',
            stroke: colour('--against'),
            width: 2,
            spanGaps: true,
            points: { show: true, size: 6, fill: colour('--against') },
          },
        ],
      },
      [[], [], []],
      current,
    )
    plot.current = drawn
    const sized = new ResizeObserver(() => drawn.setSize({ width: current.clientWidth, height: HEIGHT }))
    sized.observe(current)
    // Its colours are those of the theme.
    return () => {
      sized.disconnect()
      drawn.destroy()
    }
  }, [steps])
  useEffect(() => {
    const at = new Map(glances.map(({ done, right, held }) => [done, (100 * right) / held]))
    const x = Array.from({ length: losses.length + 1 }, (_, k) => k)
    plot.current?.setData([x, [null, ...losses], x.map((step) => at.get(step) ?? null)])
  }, [losses, glances])
  return <div ref={box} className="curve" aria-hidden="true" />
}
