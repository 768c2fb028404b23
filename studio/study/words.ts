import { HUES } from '../../src/report/hues.ts'
import type { FolderKind, ShownRun } from '../../src/server/messages.ts'

/** `gender A [r]`, with the fold if there are several. */
export function runTitle({ task, letter, setting, fold }: ShownRun, folds: number): string {
  return `${task} ${letter} [${setting}]${folds > 1 ? ` fold ${fold}` : ''}`
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** Whether a colour already stands for another run: then the line is dashed. */
export function isDashed(place: number): boolean {
  return place >= HUES.length
}

export function colourOf(place: number): string {
  return HUES[place % HUES.length]!
}

/** `1 face`, `1,500 faces`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : more}`
}

/** The kinds of pages that commands write about networks, in the order of the list. */
export const FOUND = {
  profile: 'Profile',
  compare: 'Comparison',
  measure: 'Measures',
} as const satisfies Partial<Record<FolderKind, string>>
