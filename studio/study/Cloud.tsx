import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import { ARROWS } from '../app/arrows.ts'
import { colourOf } from './words.ts'

/** A point of the cloud. */
export interface Dot {
  readonly x: number
  readonly y: number
  /** From 1 on; decides its colour. */
  readonly cluster: number
}

interface CloudProps<D extends Dot> {
  readonly dots: readonly D[]
  readonly name: string
  readonly selected: ReadonlySet<Dot>
  /** Called with the dots that were brushed. */
  readonly select: (dots: readonly D[]) => void
}

/** The visible part of the plane: its middle, and the pixels of the canvas for each unit. */
interface Seen {
  readonly x: number
  readonly y: number
  readonly scale: number
}

interface Corner {
  readonly x: number
  readonly y: number
}

const [WIDTH, HEIGHT] = [720, 520]
const STEP = 1.4
/** How far an arrow key moves, in pixels of the canvas. */
const MOVE = 60

/** Points in a plane: zoomed by the wheel or buttons, moved with Shift or arrow keys, brushed by dragging or as they are in view. */
export function Cloud<D extends Dot>({ dots, name, selected, select }: CloudProps<D>) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [seen, setSeen] = useState(() => all(dots))
  const [brush, setBrush] = useState<readonly [Corner, Corner]>()
  const moved = useRef<Corner>(undefined)

  useEffect(() => {
    const context = canvas.current!.getContext('2d')!
    const style = getComputedStyle(canvas.current!)
    context.clearRect(0, 0, WIDTH, HEIGHT)
    // Where the canvas is shown smaller, dots stay large enough to see.
    const shrunk = Math.max(1, WIDTH / (canvas.current!.clientWidth || WIDTH))
    const radius = shrunk * Math.min(7, 3 * Math.sqrt(seen.scale / all(dots).scale))
    for (const isSelected of [false, true]) {
      context.globalAlpha = isSelected || selected.size === 0 ? 0.85 : 0.35
      for (const dot of dots) {
        if (selected.has(dot) !== isSelected) continue
        const { x, y } = placeOf(dot, seen)
        context.fillStyle = colourOf(dot.cluster - 1)
        context.beginPath()
        context.arc(x, y, radius, 0, 2 * Math.PI)
        context.fill()
      }
    }
    context.globalAlpha = 1
    if (brush) {
      const [a, b] = brush
      context.strokeStyle = style.getPropertyValue('--accent')
      context.lineWidth = 2
      context.strokeRect(a.x, a.y, b.x - a.x, b.y - a.y)
    }
  }, [dots, seen, brush, selected])

  // React's own listener cannot stop the page from scrolling.
  useEffect(() => {
    const element = canvas.current!
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const at = cornerOf(event, element)
      setSeen((before) => zoomed(before, event.deltaY < 0 ? STEP : 1 / STEP, at))
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => element.removeEventListener('wheel', wheel)
  }, [])

  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    const at = cornerOf(event, event.currentTarget)
    if (event.shiftKey || event.button === 1) moved.current = at
    else setBrush([at, at])
  }
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const at = cornerOf(event, event.currentTarget)
    if (moved.current) {
      const from = moved.current
      moved.current = at
      setSeen(({ x, y, scale }) => ({
        x: x - (at.x - from.x) / scale,
        y: y - (at.y - from.y) / scale,
        scale,
      }))
    } else if (brush) setBrush([brush[0], at])
  }
  const up = () => {
    moved.current = undefined
    if (!brush) return
    setBrush(undefined)
    selectBetween(...brush)
  }
  const selectBetween = (a: Corner, b: Corner) =>
    select(
      dots.filter((dot) => {
        const { x, y } = placeOf(dot, seen)
        return (x - a.x) * (x - b.x) <= 0 && (y - a.y) * (y - b.y) <= 0
      }),
    )
  const press = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key]
    if (!arrow) return
    event.preventDefault()
    setSeen(({ x, y, scale }) => ({
      x: x + (MOVE * arrow[0]) / scale,
      y: y + (MOVE * arrow[1]) / scale,
      scale,
    }))
  }

  return (
    <div className="study-cloud">
      <canvas
        ref={canvas}
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={`${name}. The list beside it shows the same clusters.`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => {
          moved.current = undefined
          setBrush(undefined)
        }}
      />
      <fieldset className="study-choice" onKeyDown={press}>
        <legend className="unseen">Zoom, move and brush</legend>
        <button type="button" className="button" onClick={() => setSeen(zoomed(seen, STEP))}>
          Zoom in
        </button>
        <button type="button" className="button" onClick={() => setSeen(zoomed(seen, 1 / STEP))}>
          Zoom out
        </button>
        <button type="button" className="button" onClick={() => setSeen(all(dots))}>
          Show all
        </button>
        <button
          type="button"
          className="button"
          onClick={() => selectBetween({ x: 0, y: 0 }, { x: WIDTH, y: HEIGHT })}
        >
          Brush what is in view
        </button>
        <span className="faint tiny">
          Drag to brush; hold Shift to move, or use the arrow keys on these buttons.
        </span>
      </fieldset>
    </div>
  )
}

/** The view that shows all dots. */
function all(dots: readonly Dot[]): Seen {
  const [x, y] = (['x', 'y'] as const).map((axis) => {
    const values = dots.map((dot) => dot[axis])
    return { low: Math.min(...values), high: Math.max(...values) }
  })
  const across = Math.max(x!.high - x!.low, 1e-9)
  const down = Math.max(y!.high - y!.low, 1e-9)
  return {
    x: (x!.low + x!.high) / 2,
    y: (y!.low + y!.high) / 2,
    scale: Math.min((WIDTH - 40) / across, (HEIGHT - 40) / down),
  }
}

function placeOf({ x, y }: Dot, seen: Seen): Corner {
  return { x: WIDTH / 2 + (x - seen.x) * seen.scale, y: HEIGHT / 2 + (y - seen.y) * seen.scale }
}

/** @param at the fixed point, in pixels of the canvas; by default its middle */
function zoomed(seen: Seen, by: number, at: Corner = { x: WIDTH / 2, y: HEIGHT / 2 }): Seen {
  const scale = seen.scale * by
  const keep = (middle: number, pixel: number, length: number) =>
    middle + (pixel - length / 2) * (1 / seen.scale - 1 / scale)
  return { x: keep(seen.x, at.x, WIDTH), y: keep(seen.y, at.y, HEIGHT), scale }
}

/** Where a pointer is, in pixels of the canvas, which may be shown smaller. */
function cornerOf(
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
  element: HTMLCanvasElement,
): Corner {
  const { left, top, width, height } = element.getBoundingClientRect()
  return { x: ((clientX - left) * WIDTH) / width, y: ((clientY - top) * HEIGHT) / height }
}
