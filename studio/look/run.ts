/** From what is asked to what is shown: one request at a time, and always the newest. */

import { type BuiltInName, builtIn, type Image } from 'regard'
import { modelsFolder, theWork, told } from '../worker/client.ts'
import type { NetworkInfo, Place } from '../worker/protocol.ts'
import {
  cellKey,
  cellOf,
  getLook,
  isNamedMethod,
  keyOf,
  type LookState,
  requestFor,
  setLook,
} from './store.ts'

let place: Promise<Place> | undefined

/** Start the worker. */
export function started(): Promise<Place> {
  place ??= theWork().start(modelsFolder())
  return place
}

/** Tells how far something is. */
function telling(what: string, stops = false) {
  return told((_, done, total) => setLook({ busy: { what, done, total, stops } }))
}

/** Do something with a word about it, and say what went wrong. */
async function during<Result>(what: string, act: () => Promise<Result>): Promise<Result | undefined> {
  setLook({ busy: { what, done: 0, total: 0, stops: false }, error: undefined })
  try {
    await started()
    return await act()
  } catch (error) {
    setLook({ error: messageOf(error) })
    return undefined
  } finally {
    setLook({ busy: undefined })
  }
}

let opened = 0
let last: readonly [file: Blob, name: string] | undefined

/** Open a photo: what was painted on the last one is gone with it. The camera's frames end. */
export async function openPhoto(file: Blob, name: string): Promise<void> {
  const number = ++opened
  last = [file, name]
  setLook({ live: false })
  await during('Looking for faces', async () => {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const info = await theWork().openPhoto(bytes, name)
    // Somebody may have opened another one since.
    if (number !== opened) return
    const before = getLook().photo
    if (before) URL.revokeObjectURL(before.url)
    const photo = { ...info, url: URL.createObjectURL(file), name, number }
    setLook({ photo, face: info.faces.length > 0 ? 0 : -1, strokes: [], undone: [], fixed: undefined })
  })
  await refresh()
}

/** Open the photo once more that was there before the camera. */
export async function reopenPhoto(): Promise<void> {
  if (last) await openPhoto(...last)
}

/**
 * A frame in place of the photo, and the first column's maps of it: both appear at once.
 *
 * @returns the milliseconds that finding faces and explaining took; undefined where no face is in view
 */
export async function showFrame(
  frame: Image,
): Promise<{ readonly finding: number; readonly explaining: number } | undefined> {
  const start = performance.now()
  const info = await theWork().showPhoto(frame)
  const found = performance.now()
  const state = getLook()
  if (!state.live) return undefined
  const photo = { ...info, url: '', name: 'Camera', number: ++opened }
  const face = Math.min(state.face, Math.max(0, info.faces.length - 1))
  const now = { ...state, photo, face }
  const cells = { ...state.cells }
  const isThere = face < 0 || info.faces.length > 0
  for (const question of isThere ? state.questions : []) {
    const [id] = state.columns
    const request = id === undefined ? undefined : requestFor(now, id, question)
    if (id === undefined || !request) continue
    const cell = cellOf(state, id, question.id)
    try {
      const look = await theWork().look(request)
      cells[cellKey(id, question.id)] = {
        key: keyOf(now, request),
        look,
        error: undefined,
        failed: undefined,
      }
    } catch (error) {
      cells[cellKey(id, question.id)] = { ...cell, error: messageOf(error) }
    }
  }
  // A photo that was opened meanwhile stays.
  if (getLook().live) {
    if (state.photo?.url) URL.revokeObjectURL(state.photo.url)
    setLook({ photo, face, cells })
  }
  return isThere ? { finding: found - start, explaining: performance.now() - found } : undefined
}

/** Load a network that comes with the page, as a column. */
export async function addBuiltIn(name: BuiltInName): Promise<void> {
  if (getLook().networks.some(({ id }) => id === name)) return
  const info = await during(`Loading ${name}`, () => theWork().addBuiltIn(name, telling(`Loading ${name}`)))
  if (info) added(info)
  await refresh()
}

/** A network that the worker has taken in. */
export function added(info: NetworkInfo): void {
  setLook(({ networks }) => ({ networks: [...networks.filter(({ id }) => id !== info.id), info] }))
}

/** Load what the columns name, where it comes with the page. */
export async function loadColumns(): Promise<void> {
  for (const id of getLook().columns) if (id in builtIn) await addBuiltIn(id as BuiltInName)
}

let running = false

/** Ask again whatever is not as it is wanted, one cell after the other; what is wanted may change meanwhile. */
export async function refresh(): Promise<void> {
  if (running) return
  running = true
  try {
    for (let next = stale(); next; next = stale()) await ask(next)
  } finally {
    running = false
    setLook({ busy: undefined })
  }
}

/** Ask once more for what is wanted now, whenever something changes that it hangs on. */
export function changed(change: Partial<LookState>): void {
  setLook(change)
  void refresh()
}

/** The first cell that does not show what is wanted. */
function stale() {
  const state = getLook()
  // What is live asks for itself.
  if (state.live) return undefined
  for (const question of state.questions) {
    for (const id of state.columns) {
      const request = requestFor(state, id, question)
      if (!request) continue
      const key = keyOf(state, request)
      const cell = cellOf(state, id, question.id)
      if (cell.key !== key && cell.failed !== key) return { id, row: question.id, request, key, cell }
    }
  }
  return undefined
}

async function ask({ id, row, request, key, cell }: NonNullable<ReturnType<typeof stale>>): Promise<void> {
  const what = `Explaining ${id}`
  const runsLong = isNamedMethod(getLook().way)
  setLook({ busy: { what, done: 0, total: 0, stops: runsLong } })
  const put = (found: Partial<typeof cell>) =>
    setLook(({ cells }) => ({ cells: { ...cells, [cellKey(id, row)]: { ...cell, ...found } } }))
  try {
    const look = await theWork().look(request, telling(what, runsLong))
    put({ key, look, error: undefined, failed: undefined })
  } catch (error) {
    put({ failed: key, error: messageOf(error) })
  }
}

/** Stop what runs long. */
export function stop(): void {
  void theWork().stop()
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
