/** The user's own networks, dropped or stored: what is known about them, and what is still missing. */

import { create } from 'zustand'
import { messageOf } from '../../src/base/errors.ts'
import { added, changed, removed } from '../look/run.ts'
import { getLook, setLook } from '../look/store.ts'
import { restoring, theWork } from '../worker/client.ts'
import type { ModelReport } from '../worker/models.ts'
import type { NetworkInfo } from '../worker/protocol.ts'
import { type Grouped, groupedFrom, stemOf } from './group.ts'
import { bytesOf, forget, type KeptNetwork, keep, keptNetworks } from './kept.ts'

/** One of the user's own networks. */
export interface Yours extends KeptNetwork {
  /** Whether it is stored beyond this page. */
  readonly kept: boolean
  /** Undefined until it is read. */
  readonly report: ModelReport | undefined
  /** Counts how often its card came from a file, so that a form starts again. */
  readonly edition: number
}

let editions = 0

interface ModelsState {
  readonly yours: readonly Yours[]
  /** Dropped files that wait for their partner. */
  readonly waiting: readonly File[]
  /** Problems with dropped files, a sentence each. */
  readonly problems: readonly string[]
  /** Work underway. */
  readonly busy: string | undefined
}

export const useModels = create<ModelsState>(() => ({
  yours: [],
  waiting: [],
  problems: [],
  busy: undefined,
}))

const { setState: set, getState: get } = useModels

let begun: Promise<void> | undefined

/** Find out what is stored here. */
export function begin(): Promise<void> {
  begun ??= keptNetworks().then((networks) => {
    for (const network of networks) put({ ...network, kept: true, report: undefined, edition: 0 })
  })
  return begun
}

function put(network: Yours): void {
  set(({ yours }) => ({
    yours: yours.some(({ id }) => id === network.id)
      ? yours.map((each) => (each.id === network.id ? network : each))
      : [...yours, network],
  }))
  setLook({ yours: get().yours.map(({ id }) => id) })
}

export function yoursBy(id: string): Yours | undefined {
  return get().yours.find((each) => each.id === id)
}

/** Do something with a message about it, and report errors. */
export async function working<Result>(what: string, act: () => Promise<Result>): Promise<Result | undefined> {
  set({ busy: what })
  try {
    return await act()
  } catch (error) {
    set(({ problems }) => ({ problems: [...problems, messageOf(error)] }))
    return undefined
  } finally {
    set({ busy: undefined })
  }
}

/**
 * Add files that the user dropped or picked.
 *
 * @returns the last network among them, if there is one
 */
export async function addFiles(files: readonly File[]): Promise<string | undefined> {
  await begin()
  const grouping = await groupedFrom([...get().waiting, ...files])
  set({ problems: grouping.problems, waiting: grouping.waiting })
  let last: string | undefined
  for (const model of grouping.models) {
    const named = { ...model, id: freeId(model) }
    if (await read(named, false)) last = named.id
  }
  for (const { id, card } of grouping.cards) {
    if (yoursBy(id)) {
      await describe(id, await card.text())
      put({ ...yoursBy(id)!, edition: ++editions })
      last = id
    } else {
      set(({ problems, waiting }) => ({
        problems: [...problems, `The card of ${id} needs its model: drop both.`],
        waiting: [...waiting, new File([card], `${id}.card.yaml`)],
      }))
    }
  }
  return last
}

/** A network that comes with the page keeps its name. */
function freeId({ id }: Grouped): string {
  return getLook().here.includes(id) ? `${id}-yours` : id
}

/** Read a network, and add it to the list if it is one. */
async function read(network: KeptNetwork, kept: boolean): Promise<boolean> {
  const { id, file, files } = network
  const report = await working(`Reading ${file}`, async () => {
    await theWork().openModel(id, file, files)
    const report = await theWork().describeModel(id)
    return report.card.input || report.missing.length === 0 ? report : withFilesNamed(network, report)
  })
  if (!report) return false
  put({ ...network, kept, report, edition: ++editions })
  takeIn(id, report.network)
  return true
}

/** For a model without a card: a mean and classes that were dropped with it belong to it. */
async function withFilesNamed({ id, files }: KeptNetwork, report: ModelReport): Promise<ModelReport> {
  const names = Object.keys(files)
  const mean = names.find((name) => /\.(npy|binaryproto)$/i.test(name))
  const classes = names.find((name) => /\.txt$/i.test(name))
  if (!mean && !classes) return report
  return theWork().describeModel(
    id,
    JSON.stringify({ ...report.card, ...(mean && { input: { mean } }), ...(classes && { classes }) }),
  )
}

/** A complete network becomes available in Look; an incomplete one is removed from there. */
function takeIn(id: string, network: NetworkInfo | undefined): void {
  if (network) added(network)
  else setLook(({ networks }) => ({ networks: networks.filter((each) => each.id !== id) }))
}

// The files of each include its latest card.
restoring(async (work) => {
  for (const { id, file, files, report } of get().yours) {
    if (!report) continue
    try {
      await work.openModel(id, file, files)
      await work.describeModel(id)
    } catch (error) {
      set(({ problems }) => ({ problems: [...problems, messageOf(error)] }))
    }
  }
})

/**
 * Read one of the user's networks, if not yet read.
 *
 * @returns whether it is here
 */
export async function openYours(id: string): Promise<boolean> {
  await begin()
  const network = yoursBy(id)
  if (!network) return false
  return network.report !== undefined || read(network, network.kept)
}

let asked = 0

/** Give a network another card, as YAML or JSON; the newest wins. */
export async function describe(id: string, text: string): Promise<void> {
  const number = ++asked
  // Another may be underway, whose answer is no longer wanted.
  await describing
  if (number !== asked) return
  describing = describeNow(id, text)
  await describing
}

let describing: Promise<void> = Promise.resolve()

async function describeNow(id: string, text: string): Promise<void> {
  try {
    const report = await theWork().describeModel(id, text)
    const network = yoursBy(id)
    if (!network) return
    const card = `${stemOf(network.file)}.card.yaml`
    const files =
      report.errors.length > 0 ? network.files : { ...network.files, [card]: new Blob([report.yaml]) }
    put({ ...network, files, report })
    takeIn(id, report.network)
    if (network.kept && report.errors.length === 0) await keep({ ...network, files })
  } catch (error) {
    set(({ problems }) => ({ problems: [...problems, messageOf(error)] }))
  }
}

/** Add a network to Look, with a question that it answers. */
export function showInLook(network: NetworkInfo): void {
  const { columns, questions } = getLook()
  const [first] = network.answers
  const task = first?.task ?? ''
  const isAsked = network.answers.some((answer) =>
    questions.some((each) => each.task === (answer.task ?? '')),
  )
  const next = {
    id: Math.max(0, ...questions.map(({ id }) => id)) + 1,
    task,
    class: first?.years ? 'years' : 'top',
  }
  changed({
    columns: columns.includes(network.id) ? columns : [...columns, network.id],
    // A network without tasks answers whatever is asked.
    questions: isAsked || task === '' ? questions : [...questions, next],
  })
  location.hash = '#/look'
}

/** Store a network on this device. */
export async function keepYours(id: string): Promise<void> {
  const network = yoursBy(id)
  if (!network) return
  await working(`Keeping ${id}`, async () => {
    await keep(network)
    put({ ...network, kept: true })
  })
}

/** Remove a network, here and from storage. */
export async function removeYours(id: string): Promise<void> {
  const network = yoursBy(id)
  if (!network) return
  if (network.kept) await forget(id)
  set(({ yours }) => ({ yours: yours.filter((each) => each.id !== id) }))
  setLook({ yours: get().yours.map((each) => each.id) })
  removed(id)
  await theWork().removeNetwork(id)
}

/** Called after everything stored was deleted: what is open stays open until the page closes. */
export function nothingKept(): void {
  set(({ yours }) => ({ yours: yours.map((each) => ({ ...each, kept: false })) }))
}

export function dismissProblems(): void {
  set({ problems: [], waiting: [] })
}

/** The stored bytes. */
export function keptBytes(yours: readonly Yours[]): number {
  return yours.filter(({ kept }) => kept).reduce((sum, each) => sum + bytesOf(each), 0)
}
