/** What is looked at: photo, networks, questions, rules, and what came of it. */

import { type Composite, type CompositeName, composites, type FoundFace, type NamedMethod } from 'regard'
import { create } from 'zustand'
import type { Align, Look, LookRequest, NetworkInfo, PhotoInfo, Stroke } from '../worker/protocol.ts'
import { rulesOf, type Tuning } from './rules.ts'

/** What is asked of every network: a row. */
export interface Question {
  /** What the row is known by. */
  readonly id: number
  /** `gender`, `years`, `age`, or what else a card says; of a network without tasks its first answer. */
  readonly task: string
  /** `top`, a class by its name, `years`, or a range of ages. */
  readonly class: string
  /** Rather than which. */
  readonly minus?: string
}

/** What makes the maps: the card's composite, another, or another method. */
export type Way = 'card' | CompositeName | NamedMethod['method']

export const SHOWS = ['map', 'overlay', 'photo'] as const

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
  /** What was asked for what is shown. */
  readonly key: string | undefined
  readonly look: Look | undefined
  readonly error: string | undefined
  /** The key that failed, so that it is not tried again until something changes. */
  readonly failed: string | undefined
}

/** What is under way, with how far it is where that is known. */
export interface Busy {
  readonly what: string
  readonly done: number
  readonly total: number
  /** Whether Stop does something. */
  readonly stops: boolean
}

export interface OpenedPhoto extends PhotoInfo {
  /** To be shown by; empty of a frame of the camera, which is shown already. */
  readonly url: string
  readonly name: string
  /** Each opened photo has another. */
  readonly number: number
}

export interface LookState {
  readonly photo: OpenedPhoto | undefined
  /** Which face; −1 for the whole photo. */
  readonly face: number
  /** The networks that come with the page. */
  readonly here: readonly string[]
  /** Those that are loaded. */
  readonly networks: readonly NetworkInfo[]
  /** Networks as columns, by their ids, from left to right. */
  readonly columns: readonly string[]
  readonly questions: readonly Question[]
  readonly align: Align
  readonly way: Way
  readonly tuning: Tuning
  readonly drawing: Drawing
  readonly strokes: readonly Stroke[]
  /** What was undone, the last first. */
  readonly undone: readonly Stroke[]
  readonly layer: string | undefined
  readonly flow: boolean
  readonly cells: Readonly<Record<string, Cell>>
  readonly busy: Busy | undefined
  readonly error: string | undefined
  /** The part that is pointed at, in all maps. */
  readonly part: string | undefined
  /** Of a face whose eyes were put right: its mesh in place of the one that was found. */
  readonly fixed: FoundFace | undefined
  /** Whether the camera's frames take the place of the photo. */
  readonly live: boolean
}

export const DRAWING: Drawing = { show: 'map', opacity: 0.7, colours: 'paper', scale: 'each', brighten: 1 }

export const useLook = create<LookState>(() => ({
  photo: undefined,
  face: 0,
  here: [],
  networks: [],
  columns: ['faceres'],
  questions: [{ id: 0, task: 'gender', class: 'top' }],
  align: 'own',
  way: 'card',
  tuning: {},
  drawing: DRAWING,
  strokes: [],
  undone: [],
  layer: undefined,
  flow: false,
  cells: {},
  busy: undefined,
  error: undefined,
  part: undefined,
  fixed: undefined,
  live: false,
}))

export const setLook = useLook.setState
export const getLook = useLook.getState

/** The face that is looked at; none where it is the whole photo. */
export function faceIn({ photo, face, fixed }: LookState): FoundFace | undefined {
  return fixed ?? photo?.faces[face]
}

/** The name of the composite that a network is explained by where nothing is said. */
export function compositeFor({ composite }: NetworkInfo): CompositeName {
  return composite in composites ? (composite as CompositeName) : 'paper'
}

/** The composite or method that is asked for; undefined where it is the card's own. */
export function wayFor(
  { way, tuning }: LookState,
  network: NetworkInfo,
): Composite | NamedMethod | undefined {
  const tuned = Object.keys(tuning).length > 0
  if (way === 'card') return tuned ? rulesOf(composites[compositeFor(network)], tuning) : undefined
  if (way in composites) {
    const composite: Composite = composites[way as CompositeName]
    return tuned ? rulesOf(composite, tuning) : composite
  }
  return { method: way } as NamedMethod
}

/** What a cell asks; undefined where its network cannot be asked that, or nothing is there to ask about. */
export function requestFor(state: LookState, id: string, question: Question): LookRequest | undefined {
  const network = state.networks.find((each) => each.id === id)
  const answer = network && answerTo(network, question)
  if (!network || !answer || !state.photo) return undefined
  return {
    network: id,
    output: answer.output,
    face: faceIn(state),
    align: state.align,
    class: question.class,
    minus: question.minus,
    way: wayFor(state, network),
    strokes: state.strokes,
    conservation: state.flow && !isNamedMethod(state.way),
    layer: isNamedMethod(state.way) ? undefined : state.layer,
  }
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

/** What a request is known by: another photo, another key. */
export function keyOf(state: LookState, request: LookRequest): string {
  return JSON.stringify([state.photo?.number, request])
}

const NO_CELL: Cell = { key: undefined, look: undefined, error: undefined, failed: undefined }

export function cellOf({ cells }: LookState, id: string, row: number): Cell {
  return cells[cellKey(id, row)] ?? NO_CELL
}

/** The largest |R| of a row's maps. */
export function scaleOf(cells: LookState['cells'], row: number, columns: readonly string[]): number {
  return columns.reduce((most, id) => {
    const look = cells[cellKey(id, row)]?.look
    return look ? look.map.data.reduce((so, value) => Math.max(so, Math.abs(value)), most) : most
  }, 0)
}
