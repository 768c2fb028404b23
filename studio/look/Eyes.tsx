import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import { ARROWS } from '../app/arrows.ts'
import { type Eyes as Both, eyesOf, withEyes } from './eyes.ts'
import { changed } from './run.ts'
import { faceIn, type OpenedPhoto, useLook } from './store.ts'

/** The person's right eye is on the left of the photo. */
const SIDES = ['right', 'left'] as const

/** Two handles at the eyes: by pointer, or by arrow keys. */
export function Eyes({ photo }: { readonly photo: OpenedPhoto }) {
  const face = useLook(faceIn)
  const held = useRef<keyof Both | undefined>(undefined)
  if (!face) return null
  const eyes = eyesOf(face)
  const move = (side: keyof Both, x: number, y: number) => {
    const inside = (at: number, end: number) => Math.min(end, Math.max(0, at))
    const to = { x: inside(x, photo.width), y: inside(y, photo.height) }
    const fixed = withEyes(face, { ...eyes, [side]: to })
    if (fixed) changed({ fixed })
  }
  const drag = (side: keyof Both) => (event: PointerEvent<HTMLButtonElement>) => {
    if (held.current !== side) return
    const stage = event.currentTarget.parentElement!.getBoundingClientRect()
    const across = (event.clientX - stage.left) / stage.width
    const down = (event.clientY - stage.top) / stage.height
    move(side, across * photo.width, down * photo.height)
  }
  const press = (side: keyof Both) => (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key]
    if (!arrow) return
    event.preventDefault()
    const step = event.shiftKey ? 10 : 1
    move(side, eyes[side].x + step * arrow[0], eyes[side].y + step * arrow[1])
  }
  return SIDES.map((side) => (
    <button
      key={side}
      type="button"
      className="eye"
      style={{
        left: `${(100 * eyes[side].x) / photo.width}%`,
        top: `${(100 * eyes[side].y) / photo.height}%`,
      }}
      aria-label={`The person’s ${side} eye, at ${eyes[side].x.toFixed(0)}, ${eyes[side].y.toFixed(0)}`}
      aria-describedby="eyes-how"
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        held.current = side
      }}
      onPointerMove={drag(side)}
      onPointerUp={() => {
        held.current = undefined
      }}
      onPointerCancel={() => {
        held.current = undefined
      }}
      onKeyDown={press(side)}
    />
  ))
}
