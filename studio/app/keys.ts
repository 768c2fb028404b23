/** Keyboard shortcuts, outside text fields. */

import { create } from 'zustand'
import { copyLink, draw } from '../look/address.ts'
import { nextBrush, redo, resize, undo } from '../look/edit.ts'
import { changed } from '../look/run.ts'
import { getLook, SHOWS, setLook } from '../look/store.ts'
import { stopWork } from '../worker/client.ts'
import { keep, kept } from './kept.ts'
import { routeOf, VIEWS } from './route.ts'

/** Whether shortcuts without Ctrl are on. */
export const useSingleKeys = create(() => ({ on: kept('single keys') !== 'off' }))

export function keepSingleKeys(on: boolean): void {
  useSingleKeys.setState({ on })
  keep('single keys', on ? 'on' : 'off')
}

/** A keyboard shortcut. */
interface Shortcut {
  /** The keys, for people to read. */
  readonly keys: string
  readonly does: string
  /** Whether it works only in Look. */
  readonly inLook: boolean
  /** Whether a key press is this shortcut. */
  is(key: string): boolean
  act(key: string): void
}

const one = (key: string) => (pressed: string) => pressed === key

const SINGLE: readonly Shortcut[] = [
  {
    keys: '1 to 4',
    does: 'views',
    inLook: false,
    is: (key) => /^[1-4]$/.test(key),
    act: (key) => {
      location.hash = `#/${VIEWS[Number(key) - 1]}`
    },
  },
  {
    keys: 'O',
    does: 'open a photo',
    inLook: true,
    is: one('o'),
    act: () => document.getElementById('open-photo')?.click(),
  },
  { keys: 'F', does: 'next face', inLook: true, is: one('f'), act: nextFace },
  {
    keys: '[ and ]',
    does: 'previous network, next network',
    inLook: true,
    is: (key) => key === '[' || key === ']',
    act: (key) => nextColumn(key === '[' ? -1 : 1),
  },
  {
    keys: 'X',
    does: 'choose what to explain',
    inLook: true,
    is: one('x'),
    act: () => document.querySelector<HTMLElement>('.question select, .question input')?.focus(),
  },
  { keys: 'V', does: 'map, overlay, photo', inLook: true, is: one('v'), act: nextShow },
  {
    keys: 'B',
    does: 'paint on the photo; again, the next brush',
    inLook: true,
    is: one('b'),
    act: nextBrush,
  },
  {
    keys: '− and +',
    does: 'narrower brush, broader brush',
    inLook: true,
    is: (key) => ['-', '−', '+', '='].includes(key),
    act: (key) => resize(key === '+' || key === '=' ? 1 : -1),
  },
  {
    keys: 'E',
    does: 'export',
    inLook: true,
    is: one('e'),
    act: () => document.getElementById('export')?.click(),
  },
  { keys: 'L', does: 'copy a link to these settings', inLook: true, is: one('l'), act: copyLink },
  {
    keys: 'Esc',
    does: 'stop a computation, painting, or moving eyes',
    inLook: true,
    is: one('escape'),
    act: leave,
  },
  {
    keys: '?',
    does: 'help',
    inLook: false,
    is: one('?'),
    act: () => {
      location.hash = '#/help'
    },
  },
]

const WITH_CONTROL: readonly Shortcut[] = [
  { keys: 'Ctrl+Z', does: 'undo the last stroke', inLook: true, is: one('z'), act: undo },
  { keys: 'Ctrl+Shift+Z', does: 'redo it', inLook: true, is: one('shift+z'), act: redo },
]

/** All keys for Help, including those that every page has. */
export const SHORTCUTS: readonly Pick<Shortcut, 'keys' | 'does'>[] = [
  ...SINGLE,
  ...WITH_CONTROL,
  { keys: 'Ctrl+V', does: 'paste a photo' },
  { keys: 'Arrows', does: 'on a map: the next part; with Shift, the next pixel' },
]

/** Start listening; the returned function stops it. */
export function listenToKeys(): () => void {
  addEventListener('keydown', pressed)
  return () => removeEventListener('keydown', pressed)
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || isTyping(event.target)) return
  const control = event.ctrlKey || event.metaKey
  // On some keyboards [ and ] need AltGr, which is Ctrl and Alt together.
  const single = event.getModifierState('AltGraph') || !(control || event.altKey)
  const key = event.key.toLowerCase()
  const isLook = routeOf(location.hash).view === 'look'
  const among = single ? (useSingleKeys.getState().on ? SINGLE : []) : control ? WITH_CONTROL : []
  const name = single || !event.shiftKey ? key : `shift+${key}`
  const found = among.find((each) => each.is(name) && (isLook || !each.inLook))
  if (!found) return
  event.preventDefault()
  found.act(key)
}

const TICKED = new Set(['range', 'checkbox', 'radio', 'button', 'submit', 'reset', 'file', 'color'])

/** Whether a key belongs to the focused element: a text field, or a list that jumps to typed text, as a map's does not. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !TICKED.has(target.type)
  return (
    target.isContentEditable ||
    target.closest('textarea, select, [role=combobox], [role=menu], [role=dialog]') !== null
  )
}

function nextFace(): void {
  const { photo, face } = getLook()
  if (!photo || photo.faces.length === 0) return
  changed({ face: (face + 1) % photo.faces.length, fixed: undefined, fixing: false })
}

function nextColumn(by: 1 | -1): void {
  const columns = [...document.querySelectorAll<HTMLElement>('.column[aria-label]')]
  const now = columns.findIndex((each) => each.contains(document.activeElement))
  const next = now < 0 ? (by > 0 ? 0 : columns.length - 1) : (now + by + columns.length) % columns.length
  columns[next]?.focus()
}

function nextShow(): void {
  draw({ show: SHOWS[(SHOWS.indexOf(getLook().drawing.show) + 1) % SHOWS.length]! })
}

function leave(): void {
  const { busy, fixing, tab } = getLook()
  if (busy?.stops) stopWork()
  else if (fixing) setLook({ fixing: false })
  else if (tab === 'edit') setLook({ tab: 'rules' })
}
