/** The state of Look: photo, networks, questions, rules, and results. */

import { type Composite, type CompositeName, composites, type FoundFace, type NamedMethod } from 'regard'
import { create } from 'zustand'
import { kept } from '../app/kept.ts'
import {
  type Align,
  type Answered,
  DEVICES,
  type DeviceChoice,
  type Look,
  type LookRequest,
  type NetworkInfo,
  type PhotoInfo,
  type Place,
  type Stroke,
} from '../worker/protocol.ts'
import { parametersOf, rulesOf, type Tuning } from './rules.ts'
import { WHOLE, type Zoom } from './zoom.ts'

/** A question for every network: a row. */
export interface Question {
  /** The id of the row. */
  readonly id: number
  /** `gender`, `years`, `age`, or another task from a card; for a network without tasks, its first answer. */
  readonly task: string
  /** `top`, a class by its name, `years`, or a range of ages. */
  readonly class: string
  /** What to compare the class with. */
  readonly minus?: string
}

/** What makes the maps: the card's composite, another, or another method. */
export type Way = 'card' | CompositeName | NamedMethod['method']

export const SHOWS = ['map', 'overlay', 'photo'] as const

/** What a column is compared with: another network, itself before the edits, another class, or other rules. */
export type Against =
  | { readonly other: 'network'; readonly name: string }
  | { readonly other: 'before' }
  | { readonly other: 'class'; readonly name: string }
  | { readonly other: 'rules'; readonly name: Way }

/** A comparison of a cell with something else. */
export interface Comparing {
  readonly network: string
  /** The question, by its id. */
  readonly row: number
  readonly against: Against
}

/** How maps are drawn. */
export interface Drawing {
  readonly show: (typeof SHOWS)[number]
  /** 0 to 1. */
  readonly opacity: number
  readonly colours: 'paper' | 'light'
  readonly scale: 'each' | 'one'
  readonly brighten: number
}

/** A cell: one network asked one question. */
export interface Cell {
  /** The key of the request that is shown. */
  readonly key: string | undefined
  readonly look: Look | undefined
  readonly error: string | undefined
  /** The key that failed, so that it is not tried again until something changes. */
  readonly failed: string | undefined
  /** The network's answers to a request, by its key, where there is no map yet or none can be made. */
  readonly answers?: { readonly key: string; readonly said: readonly Answered[] } | undefined
}

/** The open tab in Adjust. */
export type Tab = 'rules' | 'parts' | 'flow' | 'edit'

/** Work underway, with its progress if known. */
interface Busy {
  readonly what: string
  readonly done: number
  readonly total: number
  /** Whether it can be stopped. */
  readonly stops: boolean
}

export interface OpenedPhoto extends PhotoInfo {
  /** The URL to show it by; empty for a frame of the camera, which is already shown. */
  readonly url: string
  readonly name: string
  /** Different for each opened photo. */
  readonly number: number
}

export interface LookState {
  readonly photo: OpenedPhoto | undefined
  /** Whether the sample photo could not be fetched. */
  readonly lacksSample: boolean
  /** The index of the face, even where none was found; −1 for the whole photo. */
  readonly face: number
  /** The networks that come with the page. */
  readonly here: readonly string[]
  /** The user's own networks, dropped or stored on this device, loaded or not. */
  readonly yours: readonly string[]
  /** The loaded networks. */
  readonly networks: readonly NetworkInfo[]
  /** Networks as columns, by their ids, from left to right. */
  readonly columns: readonly string[]
  readonly questions: readonly Question[]
  readonly align: Align
  readonly way: Way
  readonly tuning: Tuning
  readonly drawing: Drawing
  readonly strokes: readonly Stroke[]
  /** Undone strokes, the last first. */
  readonly undone: readonly Stroke[]
  /** The photo with the strokes on it, as the worker painted it. */
  readonly painted: ImageBitmap | undefined
  readonly brush: Stroke['brush']
  /** The width of the brush, in pixels of the photo. */
  readonly size: number
  /** Whether the photo and its answers are shown as they were before painting. */
  readonly before: boolean
  readonly tab: Tab
  /** Whether the eyes can be moved. */
  readonly fixing: boolean
  /** What in a link could not be followed, in a sentence. */
  readonly note: string | undefined
  readonly layer: string | undefined
  readonly flow: boolean
  /** The open comparison, if any. */
  readonly comparing: Comparing | undefined
  readonly cells: Readonly<Record<string, Cell>>
  readonly busy: Busy | undefined
  readonly error: string | undefined
  /** The part that is pointed at, in all maps. */
  readonly part: string | undefined
  /** The part of every map that is shown. */
  readonly zoom: Zoom
  /** The face with corrected eyes, instead of the one that was found. */
  readonly fixed: FoundFace | undefined
  /** Where networks should run. */
  readonly device: DeviceChoice
  /** Where they do run; undefined until the worker has started. */
  readonly place: Place | undefined
  /** Whether the camera's frames replace the photo. */
  readonly live: boolean
}

/** The browser's database of stored networks; it exists only if there are any. */
export const DATABASE = 'regard studio'

/** What a link to Look holds. */
export type Settings = Pick<
  LookState,
  'columns' | 'questions' | 'align' | 'way' | 'tuning' | 'drawing' | 'layer' | 'comparing'
>

/** The default settings. */
export const PLAIN: Settings = {
  columns: ['faceres'],
  questions: [{ id: 0, task: 'gender', class: 'top' }],
  align: 'own',
  way: 'card',
  tuning: {},
  drawing: { show: 'map', opacity: 0.7, colours: 'paper', scale: 'each', brighten: 1 },
  layer: undefined,
  comparing: undefined,
}

export const useLook = create<LookState>(() => ({
  ...PLAIN,
  photo: undefined,
  lacksSample: false,
  face: 0,
  here: [],
  yours: [],
  networks: [],
  strokes: [],
  undone: [],
  painted: undefined,
  brush: 'cover',
  size: 20,
  before: false,
  tab: 'rules',
  fixing: false,
  note: undefined,
  flow: false,
  cells: {},
  busy: undefined,
  error: undefined,
  part: undefined,
  zoom: WHOLE,
  fixed: undefined,
  live: false,
  device: deviceKept(),
  place: undefined,
}))

/** The last choice made in this browser. */
function deviceKept(): DeviceChoice {
  const said = kept('device')
  return DEVICES.find((each) => each === said) ?? 'auto'
}

export const setLook = useLook.setState
export const getLook = useLook.getState

/** The current face; undefined for the whole photo. */
export function faceIn({ photo, face, fixed }: LookState): FoundFace | undefined {
  return fixed ?? photo?.faces[face]
}

/** The name of the default composite of a network. */
export function compositeFor({ composite }: NetworkInfo): CompositeName {
  return composite in composites ? (composite as CompositeName) : 'paper'
}

/** The default composite of a network, with its numbers. */
export function compositeOfCard(network: NetworkInfo): Composite {
  const { composite } = network.card
  return typeof composite === 'object' ? composite : composites[compositeFor(network)]
}

/** The composite or method that is asked for; undefined for the card's own. */
export function wayFor(
  { way, tuning }: LookState,
  network: NetworkInfo,
): Composite | NamedMethod | undefined {
  if (isNamedMethod(way)) return { method: way } as NamedMethod
  if (Object.keys(tuning).length > 0) return rulesOf(untunedFor(way, network), tuning)
  return way === 'card' ? undefined : untunedFor(way, network)
}

/** The composite whose numbers are tuned. */
export function untunedFor(way: Way, network: NetworkInfo): Composite {
  return way === 'card' ? compositeOfCard(network) : composites[way as CompositeName]
}

/** The same for a request to the worker: numbers of rules are sent beside the composite, so that it stays loaded. */
function rulesFor(state: LookState, network: NetworkInfo): Pick<LookRequest, 'way' | 'parameters'> {
  const { way, tuning } = state
  const parameters = isNamedMethod(way) ? undefined : parametersOf(untunedFor(way, network), tuning)
  if (!parameters) return { way: wayFor(state, network), parameters }
  return { way: rulesOf(untunedFor(way, network), { flat: tuning.flat }), parameters }
}

/** The request of a cell; undefined where its network cannot answer it, or there is nothing to ask about. */
export function requestFor(state: LookState, id: string, question: Question): LookRequest | undefined {
  const network = state.networks.find((each) => each.id === id)
  const answer = network && answerTo(network, question)
  if (!network || !answer || !state.photo || lacksFace(state, network)) return undefined
  return {
    network: id,
    output: answer.output,
    face: faceIn(state),
    align: state.align,
    class: question.class,
    minus: question.minus,
    ...rulesFor(state, network),
    strokes: state.strokes,
    conservation: state.flow && conserves(state, network),
    layer: layerOf(state, network),
  }
}

/** Whether a network that needs a face has none: the user has not chosen the whole photo instead. */
export function lacksFace(state: LookState, { card }: NetworkInfo): boolean {
  return state.face >= 0 && !faceIn(state) && card.alignment !== undefined
}

/**
 * Whether a network's maps come with a conservation report: those by relevance rules do, gradients and other methods do
 * not.
 */
export function conserves(state: LookState, network: NetworkInfo): boolean {
  const way: Composite | NamedMethod = wayFor(state, network) ?? compositeOfCard(network)
  return (way.method ?? 'relevance') === 'relevance'
}

/** The layer whose map a network shows: another network may lack it, and named methods do not give layers. */
export function layerOf({ layer, way }: LookState, network: NetworkInfo): string | undefined {
  return layer !== undefined && !isNamedMethod(way) && network.layers.includes(layer) ? layer : undefined
}

/** Whether a cell shows what a request asks for; an extra conservation report does no harm. */
export function shows(state: LookState, { key }: Cell, request: LookRequest): boolean {
  return (
    key !== undefined &&
    (key === keyOf(state, request) || key === keyOf(state, { ...request, conservation: true }))
  )
}

/** The two sides of a comparison, for the pixels, whatever layer the columns show. */
export function sidesOf(state: LookState, { network, row, against }: Comparing) {
  const question = state.questions.find(({ id }) => id === row)
  const pixels = { ...state, layer: undefined }
  const b = (asked: Question) => {
    if (against.other === 'network') return requestFor(pixels, against.name, asked)
    if (against.other === 'before') return requestFor({ ...pixels, strokes: [] }, network, asked)
    if (against.other === 'class')
      return requestFor(pixels, network, { ...asked, class: against.name, minus: undefined })
    return requestFor({ ...pixels, way: against.name, tuning: {} }, network, asked)
  }
  return [
    { name: SIDES.a, request: question && requestFor(pixels, network, question) },
    { name: SIDES.b, request: question && b(question) },
  ]
}

/** The cells of a comparison. */
export const SIDES = { a: 'compared a', b: 'compared b' } as const

/**
 * Everything that should be shown: the cells of all columns, then the two sides of a comparison; and if the photo is
 * painted on, the cells without that.
 */
export function wantedOf(state: LookState): { readonly name: string; readonly request: LookRequest }[] {
  const cells = state.questions.flatMap((question) =>
    state.columns.map((id) => ({
      name: cellKey(id, question.id),
      request: requestFor(state, id, question),
    })),
  )
  const sides = state.comparing ? sidesOf(state, state.comparing) : []
  const unedited = (state.strokes.length > 0 ? cells : []).map(({ name, request }) => ({
    name: uneditedKey(name),
    request: request && { ...request, strokes: [] },
  }))
  return [...cells, ...sides, ...unedited].flatMap(({ name, request }) =>
    request ? [{ name, request }] : [],
  )
}

export function isNamedMethod(way: Way): boolean {
  return way !== 'card' && !(way in composites)
}

/** The output that a question is for. */
export function answerTo({ answers }: NetworkInfo, { task }: Question) {
  return (
    answers.find((each) => (each.task ?? '') === task) ??
    (answers.length === 1 && !answers[0]!.task ? answers[0] : undefined)
  )
}

export function cellKey(id: string, row: number): string {
  return `${id} ${row}`
}

/** The key of a request: another photo, another key. */
export function keyOf(state: LookState, request: LookRequest): string {
  return JSON.stringify([state.photo?.number, request])
}

export const NO_CELL: Cell = { key: undefined, look: undefined, error: undefined, failed: undefined }

export function cellOf({ cells }: LookState, id: string, row: number): Cell {
  return cells[cellKey(id, row)] ?? NO_CELL
}

/** The name of the cell that holds another cell's look before the photo was painted on. */
export function uneditedKey(name: string): string {
  return `unedited ${name}`
}

/** A cell's look before the photo was painted on, if known for the present question. */
export function uneditedIn(state: LookState, id: string, row: number): Look | undefined {
  const cell = state.cells[uneditedKey(cellKey(id, row))]
  const question = state.questions.find((each) => each.id === row)
  const request = question && requestFor(state, id, question)
  return cell && request && shows(state, cell, { ...request, strokes: [] }) ? cell.look : undefined
}

/** What a cell shows: the requested look, or the same for the photo before it was painted on. */
export function shownIn(state: LookState, id: string, row: number): Look | undefined {
  return state.before && state.strokes.length > 0 ? uneditedIn(state, id, row) : cellOf(state, id, row).look
}

/** The largest |R| of a row's maps. */
export function scaleOf(state: LookState, row: number): number {
  return state.columns.reduce((most, id) => {
    const look = shownIn(state, id, row)
    return look ? look.map.data.reduce((so, value) => Math.max(so, Math.abs(value)), most) : most
  }, 0)
}
