/** Turns what is asked into what is shown: one request at a time, always the newest. */

import { proxy, type Remote } from 'comlink'
import type { BuiltInName, Image } from 'regard'
import { messageOf } from '../../src/base/errors.ts'
import { keep } from '../app/kept.ts'
import { modelsFolder, restoring, theWork, told, WorkerLost } from '../worker/client.ts'
import type { DeviceChoice, NetworkInfo, Place } from '../worker/protocol.ts'
import type { Work } from '../worker/work.ts'
import {
  type Cell,
  cellKey,
  cellOf,
  getLook,
  keyOf,
  type LookState,
  NO_CELL,
  requestFor,
  setLook,
  shows,
  uneditedKey,
  wantedOf,
} from './store.ts'
import { absentInWords, elsewhere } from './words.ts'
import { WHOLE } from './zoom.ts'

/** How each network was loaded, to repeat it for the next worker. */
const ways = new Map<string, (work: Remote<Work>) => Promise<unknown>>()

restoring(async (work) => {
  await work.start(
    modelsFolder(),
    getLook().device,
    proxy((place: Place) => setLook({ place })),
  )
  try {
    if (last) await work.openPhoto(await bytesOf(last.file), last.name, last.number)
  } catch (error) {
    setLook({ error: messageOf(error) })
  }
  for (const [id, again] of ways) {
    try {
      await again(work)
    } catch (error) {
      removed(id)
      setLook({ error: messageOf(error) })
    }
  }
})

/** Run networks on another device from now on. */
export async function runOn(device: DeviceChoice): Promise<void> {
  keep('device', device)
  setLook({ device })
  await theWork().runOn(device)
}

/** Reports progress. */
function telling(what: string, stops = false) {
  return told((_, done, total) => setLook({ busy: { what, done, total, stops } }))
}

/** How many things are being done; the message goes with the last one. */
let underway = 0

function done(): void {
  if (--underway === 0) setLook({ busy: undefined })
}

/** Do something with a message about it, and report errors. */
async function during<Result>(what: string, act: () => Promise<Result>): Promise<Result | undefined> {
  underway++
  setLook({ busy: { what, done: 0, total: 0, stops: false }, error: undefined })
  try {
    return await act()
  } catch (error) {
    setLook({ error: messageOf(error) })
    return undefined
  } finally {
    done()
  }
}

let opened = 0
/** The last photo that could be opened. */
let last: { readonly file: Blob; readonly name: string; readonly number: number } | undefined

/** Whether a photo was asked for after the one that is shown, which the worker holds too. */
function isLater(number: number): boolean {
  return number > (getLook().photo?.number ?? 0)
}

/** A photo on which nothing is painted. */
export const UNEDITED = { strokes: [], undone: [], painted: undefined, before: false, fixing: false } as const

/**
 * Open a photo: strokes on the last one are dropped with it, and the camera stops. If it cannot be opened, the photo that
 * is shown stays.
 */
export async function openPhoto(file: Blob, name: string): Promise<void> {
  const error = elsewhere(name)
  if (error) return setLook({ error })
  const number = ++opened
  setLook({ live: false })
  await during('Looking for faces', async () => {
    const info = await theWork().openPhoto(await bytesOf(file), name, number)
    // A small photo overtakes a large one.
    if (!isLater(number)) return
    last = { file, name, number }
    const before = getLook().photo
    if (before) URL.revokeObjectURL(before.url)
    const photo = { ...info, url: URL.createObjectURL(file), name, number }
    // Without a face nothing can be asked, and answers to the last photo must go.
    const cells = info.faces.length > 0 ? getLook().cells : {}
    setLook({ ...UNEDITED, photo, face: 0, fixed: undefined, zoom: WHOLE, cells })
  })
  // The last frame of a camera that is off is no photo.
  const { photo, live } = getLook()
  if (!live && photo?.url === '' && number === opened && file !== last?.file) await reopenPhoto()
  await refresh()
}

async function bytesOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer())
}

/** Reopen the photo that was shown before the camera. The message that says why it comes back stays. */
export async function reopenPhoto(): Promise<void> {
  if (!last) return
  const { error } = getLook()
  const reopening = openPhoto(last.file, last.name)
  setLook({ error })
  await reopening
}

/**
 * Show a frame instead of the photo, together with the first column's maps of it.
 *
 * @returns the milliseconds that finding faces and explaining took; undefined where no face is in view
 */
export async function showFrame(
  frame: Image,
): Promise<{ readonly finding: number; readonly explaining: number } | undefined> {
  const start = performance.now()
  const number = ++opened
  const info = await theWork().showPhoto(frame, number)
  const found = performance.now()
  const state = getLook()
  if (!state.live || !isLater(number)) return undefined
  const photo = { ...info, url: '', name: 'Camera', number }
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
  // A photo that was opened in the meantime stays.
  if (getLook().live && isLater(number)) {
    if (state.photo?.url) URL.revokeObjectURL(state.photo.url)
    setLook({ photo, face, cells })
  }
  return isThere ? { finding: found - start, explaining: performance.now() - found } : undefined
}

/** Load a network that comes with the page, as a column. */
async function addBuiltIn(name: BuiltInName): Promise<void> {
  if (getLook().networks.some(({ id }) => id === name)) return
  const info = await during(`Loading ${name}`, () => theWork().addBuiltIn(name, telling(`Loading ${name}`)))
  if (info) added(info, (work) => work.addBuiltIn(name))
  await refresh()
}

/**
 * A network was added to the worker; answers of an earlier one of the same name no longer hold.
 *
 * @param again how another worker gets it, unless that is taken care of elsewhere
 */
export function added(info: NetworkInfo, again?: (work: Remote<Work>) => Promise<unknown>): void {
  if (again) ways.set(info.id, again)
  setLook(({ networks, cells }) => ({
    networks: [...networks.filter(({ id }) => id !== info.id), info],
    cells: withoutCells(cells, info.id),
  }))
  void refresh()
}

/** A network was removed from the worker. */
export function removed(id: string): void {
  ways.delete(id)
  setLook(({ networks, columns, cells }) => ({
    networks: networks.filter((each) => each.id !== id),
    columns: columns.filter((each) => each !== id),
    cells: withoutCells(cells, id),
  }))
}

function withoutCells(cells: LookState['cells'], id: string): LookState['cells'] {
  return Object.fromEntries(Object.entries(cells).filter(([key]) => !key.startsWith(`${id} `)))
}

/** Load a network by its name: one that comes with the page, or one that is stored on this device. */
export async function addNetwork(id: string): Promise<void> {
  const adding = loading.get(id) ?? addNow(id).finally(() => loading.delete(id))
  loading.set(id, adding)
  await adding
}

/** Several parts of the page may want the same network. */
const loading = new Map<string, Promise<void>>()

async function addNow(id: string): Promise<void> {
  if (getLook().networks.some((each) => each.id === id)) return
  if (getLook().here.includes(id)) return addBuiltIn(id as BuiltInName)
  const { openYours } = await import('../models/store.ts')
  if (!(await openYours(id))) setLook({ error: absentInWords(id) })
  else if (!getLook().networks.some((each) => each.id === id))
    setLook({ error: `${id} cannot take photos yet. Complete its card in Models.` })
}

/** Load the networks of the columns, and those they are compared with. */
export async function loadColumns(): Promise<void> {
  const { columns, comparing } = getLook()
  const other = comparing?.against.other === 'network' ? [comparing.against.name] : []
  for (const id of [...columns, ...other]) await addNetwork(id)
}

let running = false

/** Ask for every cell that is out of date, one after another; what is wanted may change in the meantime. */
async function refresh(): Promise<void> {
  if (running) return
  running = true
  underway++
  try {
    for (let next = stale(); next; next = stale()) await ask(next)
  } finally {
    running = false
    done()
  }
}

/** Update the state, and ask for what is now wanted. */
export function changed(change: Partial<LookState>): void {
  setLook(change)
  void refresh()
}

/** The first cell that does not show what is wanted. */
function stale() {
  const state = getLook()
  // The live camera asks by itself.
  if (state.live) return undefined
  for (const { name, request } of wantedOf(state)) {
    const key = keyOf(state, request)
    const cell = state.cells[name] ?? NO_CELL
    if (!shows(state, cell, request) && cell.failed !== key) return { name, request, key }
  }
  return undefined
}

async function ask({ name, request, key }: NonNullable<ReturnType<typeof stale>>): Promise<void> {
  const put = (name: string, found: Partial<Cell>) =>
    setLook(({ cells }) => ({ cells: { ...cells, [name]: { ...(cells[name] ?? NO_CELL), ...found } } }))
  const state = getLook()
  const same = Object.values(state.cells).find((each) => shows(state, each, request))
  if (same) return put(name, { ...same, error: undefined, failed: undefined })
  const what = `Explaining ${request.network}`
  const runsLong = request.way !== undefined && !('name' in request.way)
  setLook({ busy: { what, done: 0, total: 0, stops: runsLong } })
  try {
    // The answer need not wait for a map that takes hundreds of runs.
    if (runsLong) put(name, { answers: { key, said: await theWork().answer(request) } })
    const look = await theWork().look(request, telling(what, runsLong))
    if (lostOver === key) lostOver = undefined
    const found = { key, look, error: undefined, failed: undefined, answers: undefined }
    put(name, found)
    // The next strokes are compared with it.
    if (request.strokes.length === 0) put(uneditedKey(name), found)
  } catch (error) {
    // A new worker gets the question that the last one was lost over, but not twice, nor one that was to be stopped.
    if (error instanceof WorkerLost) {
      if (!error.wasStopped && lostOver !== key) lostOver = key
      else put(name, { failed: key, error: messageOf(error) })
      return
    }
    const said = await theWork()
      .answer(request)
      .catch(() => undefined)
    const answers = said && { key, said }
    put(name, { key: undefined, look: undefined, failed: key, error: messageOf(error), answers })
  }
}

/** The question that a worker was lost over. */
let lostOver: string | undefined

/** Repeat a question that got no answer. */
export function askAgain(id: string, row: number): void {
  const key = cellKey(id, row)
  const cell = getLook().cells[key]
  if (cell)
    changed({ cells: { ...getLook().cells, [key]: { ...cell, error: undefined, failed: undefined } } })
}
