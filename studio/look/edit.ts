/** Cover, blur or erase a part of the photo, and see what that changes. */

import { FACE_PARTS, type FoundFace, partOutlines } from 'regard'
import { theWork } from '../worker/client.ts'
import { FIELDS } from '../worker/fields.ts'
import type { Area, Stroke } from '../worker/protocol.ts'
import { changed, messageOf } from './run.ts'
import { faceIn, getLook, type OpenedPhoto, setLook } from './store.ts'

/** Brushes, in the order in which a key goes through them. */
export const BRUSHES = ['cover', 'blur', 'erase'] as const satisfies readonly Stroke['brush'][]

/** What a brush does, as a button says it. */
export const BRUSH_WORDS: Record<Stroke['brush'], string> = { cover: 'Cover', blur: 'Blur', erase: 'Erase' }

/** Widths of the brush, in pixels of the photo. */
export const SIZES = { min: 4, max: 64, step: 2 } as const

/** A painted photo is shown with so many pixels along its longer side, at most. */
export const SHOWN_SIDE = 1600

/** The parts that can be painted as a whole: those of a face, or the nine fields of a photo. */
export function partsToPaint(face: FoundFace | undefined): readonly string[] {
  const [background, ...parts] = FACE_PARTS
  return face ? [...parts, background] : FIELDS
}

/** What a part is made of, in pixels of the photo: of a face as its mesh has it, else a ninth of the photo. */
export function areasOf(
  part: string,
  photo: Pick<OpenedPhoto, 'width' | 'height'>,
  face: FoundFace | undefined,
): Area[] {
  const { width, height } = photo
  const field = (left: number, top: number, right: number, bottom: number) => [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ]
  if (!face) {
    const k = FIELDS.indexOf(part)
    const [column, row] = [k % 3, Math.floor(k / 3)]
    const across = [column, column + 1].map((third) => (width * third) / 3)
    const down = [row, row + 1].map((third) => (height * third) / 3)
    return [{ outline: field(across[0]!, down[0]!, across[1]!, down[1]!), inside: true }]
  }
  const areas = partOutlines(face.mesh).map((each) => ({
    // A hundredth of a pixel is enough, and links and keys stay short.
    outline: each.outline.map(({ x, y }) => ({ x: Math.round(100 * x) / 100, y: Math.round(100 * y) / 100 })),
    inside: each.part === part,
  }))
  if (part === 'background') return [{ outline: field(0, 0, width, height), inside: true }, ...areas]
  return areas.slice(areas.findIndex(({ inside }) => inside))
}

/** Paint one more stroke. */
export function paint(stroke: Stroke): void {
  show([...getLook().strokes, stroke], [])
}

/** Paint a whole part with the brush that is chosen. */
export function paintPart(part: string): void {
  const state = getLook()
  if (!state.photo) return
  const { brush, size } = state
  paint({ brush, size, areas: areasOf(part, state.photo, faceIn(state)) })
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
