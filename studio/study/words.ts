import type { ShownRun } from '../../src/server/messages.ts'

/** `gender A [r]`, and where there are several, the fold. */
export function runTitle({ task, letter, setting, fold }: ShownRun, folds: number): string {
  return `${task} ${letter} [${setting}]${folds > 1 ? ` fold ${fold}` : ''}`
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** Colours of runs and clusters, which colour-blind people tell apart (Okabe and Ito), and some more. */
const COLOURS = [
  '#d55e00',
  '#0072b2',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#b8a800',
  '#8c6d31',
  '#6b6ecf',
  '#888888',
]

/** Whether a colour stands for another run already: then the line is dashed. */
export function isDashed(place: number): boolean {
  return place >= COLOURS.length
}

export function colourOf(place: number): string {
  return COLOURS[place % COLOURS.length]!
}

/** `1 face`, `1,500 faces`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : more}`
}
