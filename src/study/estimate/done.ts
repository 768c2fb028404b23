/** How far a plan's runs are, before its photos are looked at. */

import { messageOf } from '../../base/errors.ts'
import { readMetrics } from '../../training/metrics.ts'
import type { Schedule } from '../../training/schedule.ts'
import { configOf, readConfig } from '../config.ts'
import { type Plan, plannedFor, plannedSchedule } from '../plan.ts'
import { files, type Run, runFiles } from '../record.ts'
import { type RunState, stateOf } from '../state.ts'

/** How far a run is, and at which iteration. */
export type Done = RunState & { readonly iteration: number }

/**
 * Look into the folder of a plan's run. The photos, their labels and the weights to start from are taken to be those
 * that it was begun with: whether they are, shows when the study is run.
 *
 * @param out the study's folder
 * @param schedule as it is expected to be
 */
export function doneOf(plan: Plan, run: Run, out: string, schedule: Schedule): Done {
  const folder = files.run(out, run)
  try {
    const settings = readConfig(folder)?.settings as Begun | undefined
    if (!settings) return { kind: 'new', iteration: 0 }
    const { start } = plannedFor(plan, run)
    const { folds, seed, explain, crops } = plan
    const job = {
      run,
      folds: folds.count,
      seed,
      explained: explain.photos,
      profiled: explain.profile,
      crops,
      start,
    }
    // How many iterations some epochs are, is known exactly once the photos are.
    const length = countsEpochs(plan, run) ? { iterations: settings.schedule.iterations } : {}
    const config = configOf(
      { ...job, schedule: { ...schedule, ...length }, data: { digest: settings.data } },
      new Map(start && settings.start ? [[start.weights, settings.start.weights]] : []),
    )
    const state = stateOf(folder, config)
    const last = readMetrics(runFiles.metrics(folder)).at(-1)?.iteration ?? 0
    return { ...state, iteration: state.kind === 'begun' || state.kind === 'finished' ? last : 0 }
  } catch (error) {
    return { kind: 'damaged', reason: messageOf(error), iteration: 0 }
  }
}

/** What `config.json` has that is not to be known before the photos are. */
interface Begun {
  readonly data: string
  readonly schedule: Schedule
  readonly start?: { readonly weights: string }
}

function countsEpochs(plan: Plan, run: Run): boolean {
  const [few, many] = [1, 2 ** 30].map((pictures) => plannedSchedule(plan, run, pictures).iterations)
  return few !== many
}
