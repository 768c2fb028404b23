/** The progress of a plan's runs, before its photos are looked at. */

import { messageOf } from '../../base/errors.ts'
import { readMetrics } from '../../training/metrics.ts'
import type { Schedule } from '../../training/schedule.ts'
import { configOf, readConfig } from '../config.ts'
import { type Plan, plannedFor, plannedSchedule } from '../plan.ts'
import { files, type Run, runFiles } from '../record.ts'
import { type RunState, stateOf } from '../state.ts'

/** A run's state, and its iteration. */
export type Done = RunState & { readonly iteration: number }

/**
 * Look into the folder of a plan's run. It assumes the photos, labels and starting weights that the run began with:
 * whether they still are shows when the study runs.
 *
 * @param out the study's folder
 * @param schedule the expected one
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
    // How many iterations a number of epochs is, is known exactly only with the photos.
    const length = countsEpochs(plan, run) ? { iterations: settings.schedule.iterations } : {}
    const { data: digest, parts } = settings
    const config = configOf(
      {
        ...job,
        schedule: { ...schedule, ...length },
        data: { digest, ...(parts !== undefined && { parts: { digest: parts } }) },
      },
      new Map(start && settings.start ? [[start.weights, settings.start.weights]] : []),
    )
    const state = stateOf(folder, config)
    const last = readMetrics(runFiles.metrics(folder)).at(-1)?.iteration ?? 0
    return { ...state, iteration: state.kind === 'begun' || state.kind === 'finished' ? last : 0 }
  } catch (error) {
    return { kind: 'damaged', reason: messageOf(error), iteration: 0 }
  }
}

/** The fields of `config.json` that are not known before the photos are. */
interface Begun {
  readonly data: string
  /** Where training hides a part. */
  readonly parts?: string
  readonly schedule: Schedule
  readonly start?: { readonly weights: string }
}

function countsEpochs(plan: Plan, run: Run): boolean {
  const [few, many] = [1, 2 ** 30].map((pictures) => plannedSchedule(plan, run, pictures).iterations)
  return few !== many
}
