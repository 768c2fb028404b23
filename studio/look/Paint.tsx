import { type PointerEvent, useEffect, useRef, useState } from 'react'
import type { Stroke } from '../worker/protocol.ts'
import { paint, SHOWN_SIDE } from './edit.ts'
import { type OpenedPhoto, useLook } from './store.ts'

interface At {
  readonly x: number
  readonly y: number
}

/** What a stroke looks like until the worker has painted it. */
const AT_ONCE: Record<Stroke['brush'], { readonly colour: string; readonly opacity: number }> = {
  cover: { colour: 'rgb(118 118 118)', opacity: 1 },
  blur: { colour: 'rgb(255 255 255)', opacity: 0.5 },
  erase: { colour: 'rgb(255 214 170)', opacity: 0.6 },
}

/** The photo as it is painted. */
export function Painted({ photo }: { readonly photo: OpenedPhoto }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const painted = useLook(({ painted }) => painted)
  const before = useLook(({ before }) => before)
  useEffect(() => {
    const { current } = canvas
    if (!current || !painted) return
    current.width = painted.width
    current.height = painted.height
    current.getContext('2d')!.drawImage(painted, 0, 0)
  }, [painted])
  return (
    <canvas ref={canvas} hidden={!painted || before} role="img" aria-label={`${photo.name}, painted on`} />
  )
}

/** The surface to paint on: strokes follow the pointer. */
export function Brush({ photo }: { readonly photo: OpenedPhoto }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const brush = useLook(({ brush }) => brush)
  const size = useLook(({ size }) => size)
  const painted = useLook(({ painted }) => painted)
  const strokes = useLook(({ strokes }) => strokes)
  const points = useRef<At[] | undefined>(undefined)
  const [over, setOver] = useState<At | undefined>(undefined)
  const scale = Math.min(1, SHOWN_SIDE / Math.max(photo.width, photo.height))
  // Once it is painted, what stood for it goes; so it does when all is undone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what it follows
  useEffect(() => {
    if (!points.current) wipe(canvas.current)
  }, [painted, strokes.length === 0])
  const at = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): At => {
    const box = canvas.current!.getBoundingClientRect()
    const tenth = (share: number, of: number) => Math.round(10 * share * of) / 10
    return {
      x: tenth((clientX - box.left) / box.width, photo.width),
      y: tenth((clientY - box.top) / box.height, photo.height),
    }
  }
  const draw = (from: At, to: At) => {
    const context = canvas.current!.getContext('2d')!
    context.strokeStyle = AT_ONCE[brush].colour
    context.lineWidth = scale * size
    context.lineCap = 'round'
    context.beginPath()
    context.moveTo(scale * from.x, scale * from.y)
    context.lineTo(scale * to.x, scale * to.y)
    context.stroke()
  }
  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.button !== 0 || !event.isPrimary) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const first = at(event)
    points.current = [first]
    draw(first, first)
  }
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    setOver(at(event))
    const { current } = points
    if (!current) return
    const moves = event.nativeEvent.getCoalescedEvents()
    for (const each of moves.length > 0 ? moves : [event.nativeEvent]) {
      const [last, next] = [current.at(-1)!, at(each)]
      // A broad stroke does not need fine steps.
      if (Math.hypot(next.x - last.x, next.y - last.y) < Math.max(1, size / 8)) continue
      current.push(next)
      draw(last, next)
    }
  }
  const up = () => {
    const { current } = points
    points.current = undefined
    if (current) paint({ brush, size, points: current })
  }
  const cancel = () => {
    points.current = undefined
    wipe(canvas.current)
  }
  return (
    <>
      <canvas
        ref={canvas}
        className="brush"
        // The opacity of the whole, since pieces of a stroke overlap.
        style={{ opacity: AT_ONCE[brush].opacity }}
        width={Math.round(scale * photo.width)}
        height={Math.round(scale * photo.height)}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={cancel}
        onPointerLeave={() => setOver(undefined)}
      />
      {over && (
        <svg viewBox={`0 0 ${photo.width} ${photo.height}`} className="brush-ring" aria-hidden="true">
          <circle cx={over.x} cy={over.y} r={size / 2} />
          <circle cx={over.x} cy={over.y} r={size / 2} />
        </svg>
      )}
    </>
  )
}

function wipe(canvas: HTMLCanvasElement | null): void {
  canvas?.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height)
}
