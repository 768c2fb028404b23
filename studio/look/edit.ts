/** Cover, blur or erase a part of the photo, and see what that changes. */

import { theWork } from '../worker/client.ts'
import type { Stroke } from '../worker/protocol.ts'
import { changed, messageOf } from './run.ts'
import { getLook, setLook } from './store.ts'

/** Brushes, in the order in which a key goes through them. */
export const BRUSHES = ['cover', 'blur', 'erase'] as const satisfies readonly Stroke['brush'][]

/** What a brush does, as a button says it. */
export const BRUSH_WORDS: Record<Stroke['brush'], string> = { cover: 'Cover', blur: 'Blur', erase: 'Erase' }

/** Widths of the brush, in pixels of the photo. */
export const SIZES = { min: 4, max: 64, step: 2 } as const

/** A painted photo is shown with so many pixels along its longer side, at most. */
export const SHOWN_SIDE = 1600

/** Paint one more stroke. */
export function paint(stroke: Stroke): void {
  show([...getLook().strokes, stroke], [])
}

export function undo(): void {
  const { strokes, undone } = getLook()
  const last = strokes.at(-1)
  if (last) show(strokes.slice(0, -1), [last, ...undone])
}

export function redo(): void {
  const { strokes, undone } = getLook()
  const [first, ...rest] = undone
  if (first) show([...strokes, first], rest)
}

/** Take everything off; what was there can be redone stroke by stroke. */
export function clear(): void {
  const { strokes, undone } = getLook()
  if (strokes.length > 0) show([], [...strokes, ...undone])
}

/** The next width of the brush: broader by 1, or narrower by −1. */
export function resize(by: 1 | -1): void {
  setLook(({ size }) => ({ size: Math.min(SIZES.max, Math.max(SIZES.min, size + by * SIZES.step)) }))
}

/** Open what paints; where it is open, take the next brush. */
export function nextBrush(): void {
  const { tab, brush } = getLook()
  const next = BRUSHES[(BRUSHES.indexOf(brush) + 1) % BRUSHES.length]!
  setLook(tab === 'edit' ? { brush: next } : { tab: 'edit' })
}

/** The picture first, since that takes a moment; then the maps. */
function show(strokes: readonly Stroke[], undone: readonly Stroke[]): void {
  if (strokes.length > 0) void showPainted(strokes)
  changed({ strokes, undone, before: false, ...(strokes.length === 0 && { painted: undefined }) })
}

async function showPainted(strokes: readonly Stroke[]): Promise<void> {
  try {
    const painted = await theWork().paint(strokes, SHOWN_SIDE)
    // Somebody may have painted more since.
    if (getLook().strokes === strokes) setLook({ painted })
  } catch (error) {
    setLook({ error: messageOf(error) })
  }
}
