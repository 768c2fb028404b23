/** An overview of a plan before it runs: its runs, their progress, and their cost. */

import { gridOf } from '../grid.ts'
import type { Plan } from '../plan.ts'
import { type Run, runName } from '../record.ts'
import { type Done, doneOf } from './done.ts'
import { costOf, preparedBytes, type RunCost, trialFor, type Work, workOf } from './estimate.ts'
import { countFaces, type FaceCounts } from './faces.ts'
import type { Cost, Trial } from './trial.ts'

/** A run of a plan. */
export interface PlannedRun {
  readonly run: Run
  readonly name: string
  readonly work: Work
  readonly done: Done
  /** What it costs from its beginning, if measured. */
  readonly cost?: RunCost
  /** Seconds that it still takes. */
  readonly left?: number
}

/** A plan's runs, in the order in which they run. */
export interface Overview {
  readonly counts: FaceCounts
  readonly runs: readonly PlannedRun[]
  /** Bytes of the aligned photos, which all runs share. */
  readonly prepared: number
}

/**
 * Look over a plan.
 *
 * @param out the study's folder, which need not exist
 * @param measured gives what a trial measured; without it, the overview leaves out the cost
 * @throws UserError when the data set cannot be read, or the plan asks for a schedule that does not exist
 */
export async function overviewOf(
  plan: Plan,
  out: string,
  measured?: (trial: Trial, at: number, of: number) => Promise<Cost>,
): Promise<Overview> {
  const grid = gridOf(plan)
  const counts = await countFaces(plan)
  const runs = grid.map((run): PlannedRun => {
    const work = workOf(plan, run, counts)
    return { run, name: runName(run), work, done: doneOf(plan, run, out, work.schedule) }
  })
  const overview = { counts, prepared: preparedBytes(plan, counts) }
  if (!measured || runs.every(({ done }) => done.kind === 'finished')) return { ...overview, runs }

  const trials = new Map(grid.map((run) => [keyOf(plan, run), trialFor(plan, run)]))
  const costs = new Map<string, Cost>()
  for (const [key, trial] of trials) costs.set(key, await measured(trial, costs.size, trials.size))
  const withCosts = runs.map((planned): PlannedRun => {
    const { run, work, done } = planned
    const own = costs.get(keyOf(plan, run))!
    const share = done.iteration / work.schedule.iterations
    const left = done.kind === 'finished' ? 0 : costOf(run, work, own, share).seconds
    return { ...planned, cost: costOf(run, work, own), left }
  })
  return { ...overview, runs: withCosts }
}

function keyOf(plan: Plan, run: Run): string {
  return JSON.stringify(trialFor(plan, run))
}
