/** From what is asked to what is shown: one request at a time, and always the newest. */

import { type BuiltInName, builtIn } from 'regard'
import { modelsFolder, theWork, told } from '../worker/client.ts'
import type { NetworkInfo, Place } from '../worker/protocol.ts'
import { getLook, keyOf, type LookState, NO_CELL, setLook, shows, wantedOf } from './store.ts'

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

/** Open a photo: what was painted on the last one is gone with it. */
export async function openPhoto(file: Blob, name: string): Promise<void> {
  const number = ++opened
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
  for (const { name, request } of wantedOf(state)) {
    const key = keyOf(state, request)
    const cell = state.cells[name] ?? NO_CELL
    if (!shows(state, cell, request) && cell.failed !== key) return { name, request, key, cell }
  }
  return undefined
}

async function ask({ name, request, key, cell }: NonNullable<ReturnType<typeof stale>>): Promise<void> {
  const put = (found: Partial<typeof cell>) =>
    setLook(({ cells }) => ({ cells: { ...cells, [name]: { ...cell, ...found } } }))
  const state = getLook()
  const same = Object.values(state.cells).find((each) => shows(state, each, request))
  if (same) return put({ ...same, error: undefined, failed: undefined })
  const what = `Explaining ${request.network}`
  const runsLong = request.way !== undefined && !('name' in request.way)
  setLook({ busy: { what, done: 0, total: 0, stops: runsLong } })
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
