import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { ARROWS } from '../app/arrows.ts'
import type { Look } from '../worker/protocol.ts'
import { drawn, strongest } from './drawn.ts'
import { Pixels } from './Pixels.tsx'
import { type Drawing, getLook, setLook, useLook } from './store.ts'
import { useZoom } from './useZoom.ts'
import { amountsOf, mapInWords, readout } from './words.ts'
import { around, moved, placeIn, type Zoom } from './zoom.ts'

/** Milliseconds after which a finger that rests on a map shows the photo. */
const PRESS = 400

/** Pixels of the screen that a resting finger may move. */
const REST = 8

/** A pixel of the map. */
interface At {
  readonly x: number
  readonly y: number
  /** Whether it was reached by keys: then it is marked and announced. */
  readonly byKeys: boolean
}

/** A map, read by pointing at it or tapping it, or by arrow keys: a list of parts lies over it. */
export function MapView({
  id,
  look,
  drawing,
  scale,
}: {
  readonly id: string
  readonly look: Look
  readonly drawing: Drawing
  readonly scale: number | undefined
}) {
  const part = useLook(({ part }) => part)
  const zoom = useLook(({ zoom }) => zoom)
  const [at, setAt] = useState<At | undefined>(undefined)
  const [isHeld, setHeld] = useState(false)
  const pressed = useRef<{ readonly timer: number; readonly x: number; readonly y: number }>(undefined)
  const list = useRef<HTMLDivElement>(null)
  const options = useId()
  useZoom(list)
  const how = useMemo((): Drawing => (isHeld ? { ...drawing, show: 'photo' } : drawing), [isHeld, drawing])
  const most = strongest(look, how, scale)
  const pixels = useMemo(() => drawn(look, how, most), [look, how, most])
  const outline = useMemo(() => (part ? outlineOf(look, part) : ''), [look, part])
  const amounts = useMemo(() => amountsOf(look), [look])
  const pointed = part && amounts.find((each) => each.part === part)
  const { width, height, data } = look.labels

  const read = (x: number, y: number, byKeys: boolean) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return
    setAt({ x, y, byKeys })
    setLook({ part: look.parts[data[y * width + x]!] })
  }
  const clear = () => {
    setAt(undefined)
    setLook({ part: undefined })
  }
  const release = () => {
    clearTimeout(pressed.current?.timer)
    pressed.current = undefined
    setHeld(false)
  }
  const point = ({ currentTarget, clientX, clientY }: PointerEvent) => {
    const box = currentTarget.getBoundingClientRect()
    const place = placeIn(getLook().zoom, [
      (clientX - box.left) / box.width,
      (clientY - box.top) / box.height,
    ])
    read(Math.floor(place[0] * width), Math.floor(place[1] * height), false)
  }
  const down = (event: PointerEvent) => {
    release()
    if (!event.isPrimary) return
    point(event)
    if (event.pointerType !== 'touch') return
    const { clientX: x, clientY: y } = event
    pressed.current = { timer: window.setTimeout(() => setHeld(true), PRESS), x, y }
  }
  const move = (event: PointerEvent) => {
    const { pointerType, buttons, clientX, clientY, movementX, movementY, currentTarget } = event
    if (pointerType === 'touch') {
      const { x, y } = pressed.current ?? { x: clientX, y: clientY }
      if (!isHeld && Math.hypot(clientX - x, clientY - y) > REST) release()
      return
    }
    const { offsetWidth, offsetHeight } = currentTarget as HTMLElement
    if (buttons === 1 && zoom.by > 1)
      setLook({ zoom: moved(zoom, movementX / offsetWidth, movementY / offsetHeight) })
    else point(event)
  }
  const press = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key]
    if (!arrow || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    const [across, deep] = arrow
    if (event.shiftKey) {
      const from = at ?? { x: width >> 1, y: height >> 1 }
      const [x, y] = [from.x + across, from.y + deep]
      read(x, y, true)
      if (zoom.by > 1) setLook({ zoom: around(zoom, [x / width, y / height]) })
      return
    }
    const now = amounts.findIndex((each) => each.part === part)
    const step = across + deep
    const next =
      now < 0 ? (step > 0 ? 0 : amounts.length - 1) : (now + step + amounts.length) % amounts.length
    setAt(undefined)
    setLook({ part: amounts[next]?.part })
  }
  return (
    <>
      <div className="map">
        <div className="map-picture" style={pictureOf(zoom)}>
          <Pixels pixels={pixels} label={mapInWords(id, look)} />
          <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
            <path d={outline} />
            {at?.byKeys && <circle cx={at.x + 0.5} cy={at.y + 0.5} r={width / 40} />}
          </svg>
        </div>
        <div
          ref={list}
          className="map-parts"
          role="listbox"
          tabIndex={0}
          data-zoomed={zoom.by > 1 || undefined}
          aria-label={`Parts in the map of ${id}`}
          aria-activedescendant={pointed ? `${options}${amounts.indexOf(pointed)}` : undefined}
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={release}
          onPointerCancel={release}
          // A finger leaves as soon as it is lifted, and what it tapped is still to be read.
          onPointerLeave={({ pointerType }) => pointerType !== 'touch' && clear()}
          onContextMenu={(event) => pressed.current && event.preventDefault()}
          onKeyDown={press}
          onBlur={clear}
        >
          {amounts.map((each, k) => (
            <div
              key={each.part}
              id={`${options}${k}`}
              className="unseen"
              role="option"
              tabIndex={-1}
              aria-selected={each === pointed}
            >
              {readout(each, look.name)}
            </div>
          ))}
        </div>
      </div>
      <p className="readout tiny" aria-live={at?.byKeys ? 'polite' : 'off'}>
        {pointed ? readout(pointed, look.name) : ' '}
        {at && look.map.width === width && ` · pixel ${signed(look.map.data[at.y * width + at.x]!)}`}
      </p>
    </>
  )
}

function pictureOf({ by, x, y }: Zoom): CSSProperties | undefined {
  return by > 1
    ? { transform: `scale(${by}) translate(${100 * (0.5 - x)}%, ${100 * (0.5 - y)}%)` }
    : undefined
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toPrecision(2)}`
}

/** The edges between a part's pixels and others. */
function outlineOf({ labels, parts }: Look, part: string): string {
  const which = parts.indexOf(part)
  const { width, height, data } = labels
  const is = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === which
  const lines: string[] = []
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (is(x, y) !== is(x, y - 1)) lines.push(`M${x} ${y}h1`)
      if (is(x, y) !== is(x - 1, y)) lines.push(`M${x} ${y}v1`)
    }
  }
  return lines.join('')
}
