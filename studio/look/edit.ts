/** Covering, blurring or erasing a part of the photo, to see what that changes. */

import { messageOf } from '../../src/base/errors.ts'
import { theWork } from '../worker/client.ts'
import type { Stroke } from '../worker/protocol.ts'
import { changed } from './run.ts'
import { getLook, setLook } from './store.ts'

/** Brushes, in the order in which a key cycles through them. */
export const BRUSHES = ['cover', 'blur', 'erase'] as const satisfies readonly Stroke['brush'][]

/** The label of each brush. */
export const BRUSH_WORDS: Record<Stroke['brush'], string> = { cover: 'Cover', blur: 'Blur', erase: 'Erase' }

/** Widths of the brush, in pixels of the photo. */
export const SIZES = { min: 4, max: 64, step: 2 } as const

/** The most pixels along the longer side of a painted photo on screen. */
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

/** Remove all strokes; they can be redone one by one. */
export function clear(): void {
  const { strokes, undone } = getLook()
  if (strokes.length > 0) show([], [...strokes, ...undone])
}

/** The next width of the brush: wider for 1, narrower for −1. */
export function resize(by: 1 | -1): void {
  setLook(({ size }) => ({ size: Math.min(SIZES.max, Math.max(SIZES.min, size + by * SIZES.step)) }))
}

/** Open the painting tools; if they are open, take the next brush. */
export function nextBrush(): void {
  const { tab, brush } = getLook()
  const next = BRUSHES[(BRUSHES.indexOf(brush) + 1) % BRUSHES.length]!
  setLook(tab === 'edit' ? { brush: next } : { tab: 'edit' })
}

/** Show the picture first, since that is quick; then the maps. */
function show(strokes: readonly Stroke[], undone: readonly Stroke[]): void {
  if (strokes.length > 0) void showPainted(strokes)
  changed({ strokes, undone, before: false, ...(strokes.length === 0 && { painted: undefined }) })
}

async function showPainted(strokes: readonly Stroke[]): Promise<void> {
  try {
    const painted = await theWork().paint(strokes, SHOWN_SIDE)
    // More may have been painted since.
    if (getLook().strokes === strokes) setLook({ painted })
  } catch (error) {
    setLook({ error: messageOf(error) })
  }
}
