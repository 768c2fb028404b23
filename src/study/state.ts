/** What is in a run's folder: the run, finished or not, or something else. */

import { existsSync, rmSync } from 'node:fs'
import { messageOf } from '../base/errors.ts'
import { type Means, meansIn, type RunConfig, readConfig, writeConfig } from './config.ts'
import { damageOf, sumsIn } from './sums.ts'

/** The state of a run, judged by its folder. */
export type RunState =
  | { readonly kind: 'finished' | 'begun' | 'new' }
  /** Made with another plan or other data. */
  | { readonly kind: 'other' }
  | { readonly kind: 'damaged'; readonly reason: string }

/** Look into a run's folder, without changing anything. */
export function stateOf(folder: string, config: RunConfig): RunState {
  try {
    const before = readConfig(folder)
    if (!before && existsSync(sumsIn(folder))) return { kind: 'damaged', reason: 'config.json is missing' }
    if (!before) return { kind: 'new' }
    if (before.hash !== config.hash) return { kind: 'other' }
    if (!existsSync(sumsIn(folder))) return { kind: 'begun' }
    const reason = damageOf(folder)
    return reason === undefined ? { kind: 'finished' } : { kind: 'damaged', reason }
  } catch (error) {
    return { kind: 'damaged', reason: messageOf(error) }
  }
}

/**
 * Prepare a run's folder: what was made with another plan or other data, or is damaged, is removed; what was made with
 * the same is kept. Only the holder of the run's lock may call this.
 *
 * @param means to make the run with, if it has not begun yet
 * @returns what to make it with; undefined where it is finished
 */
export function claim(folder: string, config: RunConfig, means: Means): Means | undefined {
  const state = stateOf(folder, config)
  if (state.kind === 'damaged') console.error(`${folder}: ${state.reason}; the run starts again`)
  if (state.kind === 'damaged' || state.kind === 'other') rmSync(folder, { recursive: true, force: true })
  if (state.kind === 'finished') return undefined
  if (state.kind !== 'begun') writeConfig(folder, config, means)
  return meansIn(folder, means)
}
