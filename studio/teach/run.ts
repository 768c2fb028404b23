/** Passes examples and questions to the worker, and its results back. */

import { proxy, type Remote } from 'comlink'
import { drawnFaces } from 'regard'
import { messageOf } from '../../src/base/errors.ts'
import { download } from '../app/download.ts'
import { thenGo } from '../app/route.ts'
import { added, changed } from '../look/run.ts'
import { getLook } from '../look/store.ts'
import { guarded, restoring, theWork, told } from '../worker/client.ts'
import type { ExampleSource, Glance, StepNews, Told } from '../worker/protocol.ts'
import type { Teaching } from '../worker/teach.ts'
import { DRAWINGS, painted } from './drawn.ts'
import { getTeach, isUnsaved, type Kind, missing, setTeach, useTeach } from './store.ts'

let teaching: Promise<Remote<Teaching>> | undefined

function theTeaching(): Promise<Remote<Teaching>> {
  if (teaching) return teaching
  const asked = (theWork().teaching() as unknown as Promise<Remote<Teaching>>).then(guarded)
  teaching = asked
  // The next call tries again.
  asked.catch(() => {
    if (teaching === asked) teaching = undefined
  })
  return asked
}

restoring(async (work) => {
  teaching = undefined
  const { kinds, glances } = getTeach()
  const examples = kinds.flatMap(({ examples }) => examples)
  if (examples.length > 0) {
    const next = (await work.teaching()) as unknown as Remote<Teaching>
    for (const { id, picture } of examples) await next.takeBack(id, picture)
  }
  if (glances.length > 0)
    setTeach({
      glances: [],
      losses: [],
      shown: undefined,
      tried: undefined,
      error: 'The taught network was lost. Train it again.',
    })
})

/** The browser asks before the page closes with unsaved work. */
useTeach.subscribe((state) => {
  const change = isUnsaved(state) ? addEventListener : removeEventListener
  change('beforeunload', ask)
})

function ask(event: BeforeUnloadEvent) {
  event.preventDefault()
}

function changeKind(id: number, change: (kind: Kind) => Kind) {
  setTeach(({ kinds }) => ({ kinds: kinds.map((kind) => (kind.id === id ? change(kind) : kind)) }))
}

export function renameKind(id: number, name: string): void {
  changeKind(id, (kind) => ({ ...kind, name }))
}

export function addKind(): void {
  setTeach(({ kinds }) => {
    const id = Math.max(...kinds.map((kind) => kind.id)) + 1
    return { kinds: [...kinds, { id, name: String.fromCharCode(65 + (id % 26)), examples: [] }] }
  })
}

/** Remove examples of a kind, and the kind itself if there are more than two. */
export async function removeExamples(kind: Kind, ids: readonly number[], withKind = false): Promise<void> {
  changeKind(kind.id, (one) => ({
    ...one,
    examples: one.examples.filter(({ id }) => !ids.includes(id)),
  }))
  setTeach(({ kinds, watched }) => ({
    kinds: withKind ? kinds.filter(({ id }) => id !== kind.id) : kinds,
    watched: watched !== undefined && ids.includes(watched) ? undefined : watched,
  }))
  await (await theTeaching()).remove(ids)
}

/**
 * Show one example.
 *
 * @returns whether it was accepted; if not, `refused` says why
 */
export async function show(kind: number, source: ExampleSource): Promise<boolean> {
  const { pupil, sees } = getTeach()
  try {
    const example = await (await theTeaching()).add(source, { pupil, sees })
    changeKind(kind, (one) => ({ ...one, examples: [...one.examples, example] }))
    return true
  } catch (error) {
    setTeach({ refused: `Left out: ${messageOf(error)}` })
    return false
  }
}

/** Add the pictures of files as examples, in the order of their names. */
export async function showFiles(kind: number, files: readonly File[]): Promise<void> {
  setTeach({ refused: undefined })
  const sorted = [...files].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  const refused: string[] = []
  for (const [k, file] of sorted.entries()) {
    setTeach({ busy: `Reading ${k + 1} of ${sorted.length}` })
    const photo = new Uint8Array(await file.arrayBuffer())
    if (!(await show(kind, { photo, name: file.name }))) refused.push(file.name)
  }
  setTeach({ busy: undefined })
  if (refused.length > 1)
    setTeach({ refused: `Left out: ${refused.length} of ${sorted.length} files, ${refused[0]} among them.` })
}

/** Add two kinds of drawn faces, replacing the first two kinds. */
export async function showDrawn(which: string): Promise<void> {
  const [first, second, ...others] = getTeach().kinds
  const drawing = DRAWINGS[which]!
  setTeach({ refused: undefined, error: undefined, sees: 'face', busy: 'Drawing faces' })
  try {
    for (const kind of [first!, second!, ...others])
      await removeExamples(
        kind,
        kind.examples.map(({ id }) => id),
        others.includes(kind),
      )
    const total = drawing.kinds.reduce((sum, [, { count }]) => sum + count, 0)
    let done = 0
    for (const [k, [name, options]] of drawing.kinds.entries()) {
      const { id } = [first!, second!][k]!
      renameKind(id, name)
      for (const face of drawnFaces(options)) {
        await show(id, await painted(face))
        setTeach({ busy: `Drawing faces: ${++done} of ${total}` })
      }
    }
  } catch (error) {
    setTeach({ error: messageOf(error) })
  } finally {
    setTeach({ busy: undefined })
  }
}

/** Train from the beginning. */
export async function train(): Promise<void> {
  const { kinds, seed, steps, mirrored, pupil, sees, watched } = getTeach()
  if (missing({ kinds })) return
  setTeach({
    trains: true,
    losses: [],
    glances: [],
    shown: undefined,
    saved: false,
    error: undefined,
    tried: undefined,
    busy: 'Getting ready',
  })
  try {
    const request = {
      kinds: kinds.map(({ name, examples }) => ({
        name: name.trim(),
        examples: examples.map(({ id }) => id),
      })),
      watched: watched ?? kinds[0]!.examples.at(-1)!.id,
      ...{ seed, steps, mirrored, pupil, sees },
    }
    await (await theTeaching()).train(
      request,
      proxy(({ losses }: StepNews) =>
        setTeach((state) => ({ losses: [...state.losses, ...losses], busy: undefined })),
      ),
      proxy((glance: Glance) => setTeach(({ glances }) => ({ glances: [...glances, glance] }))),
      told((what, done, total) => setTeach({ busy: `${what}: ${done} of ${total}` })),
    )
  } catch (error) {
    setTeach({ error: messageOf(error) })
  } finally {
    setTeach({ trains: false, busy: undefined })
  }
}

export async function stopTraining(): Promise<void> {
  await (await theTeaching()).stop()
}

/** Ask the taught network about a picture. */
export async function tryOut(source: ExampleSource): Promise<Told | undefined> {
  try {
    const tried = await (await theTeaching()).ask(source)
    setTeach({ tried, error: undefined })
    return tried
  } catch (error) {
    setTeach({ tried: undefined, error: messageOf(error) })
    return undefined
  }
}

/** Download the model and its card. */
export async function save(): Promise<void> {
  const { model, card } = await (await theTeaching()).save()
  download('model.onnx', new Blob([model as Uint8Array<ArrayBuffer>]))
  download('model.card.yaml', new Blob([card], { type: 'application/yaml' }))
  setTeach({ saved: true })
}

/** Open it as a column in Look. */
export function openInLook(): Promise<void> {
  return thenGo(async () => {
    await addTaught()
    return '#/look'
  })
}

async function addTaught(): Promise<void> {
  const taught = await theTeaching()
  const info = await taught.use()
  const { model, card } = await taught.save()
  const files = { 'taught.onnx': model, 'taught.card.yaml': new TextEncoder().encode(card) }
  added(info, (work) => work.addNetwork(info.id, 'taught.onnx', files))
  const { columns } = getLook()
  changed({
    columns: [...columns.filter((id) => id !== info.id), info.id],
    // A network that learnt from whole pictures gets whole pictures.
    ...(getTeach().sees === 'whole' && { face: -1, fixed: undefined }),
  })
}
