import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { duration, Progress } from '../base/progress.ts'
import { networks } from '../networks/index.ts'
import { secondsWith } from '../study/estimate/estimate.ts'
import { measure } from '../study/estimate/measure.ts'
import { type Overview, overviewOf, type PlannedRun } from '../study/estimate/overview.ts'
import type { Trial } from '../study/estimate/trial.ts'
import { type Plan, readPlan } from '../study/plan.ts'
import { storedRun } from '../study/record.ts'
import { bracketed } from '../study/setting.ts'
import { megabytes } from '../study/weightsCache.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { untilStopped } from './signal.ts'
import { inColumns } from './table.ts'

interface Flags extends DeviceFlag {
  readonly out?: string
  readonly measure: boolean
  readonly json?: true
}

/** `regard study plan PLAN.yaml [--out DIR]` */
export function planCommand(): Command {
  const command = new Command('plan')
    .description(
      'List the runs of a plan and how far they are, and estimate the time, memory and disk space that they need on this machine, from a short trial of each network.',
    )
    .argument('<plan>', 'the plan, a YAML file; docs/plan.md explains it')
    .option('--out <dir>', "the study's folder (default: out/NAME, with the plan's name)")
    .option('--no-measure', 'list the runs, but estimate nothing')
    .option('--json', 'print JSON, in seconds and bytes')
  return withDevice(command)
    .addHelpText(
      'after',
      '\nExample:\n  $ regard study plan examples/synthetic.yaml\n\n' +
        'No run is trained, and nothing is downloaded or written into the folder. A trial takes about 20 seconds for\n' +
        'each network, up to a minute for a large one. Other work on the machine makes the estimates larger.',
    )
    .action(studyPlan)
}

async function studyPlan(planFile: string, { out: folder, ...flags }: Flags): Promise<void> {
  const plan = readPlan(planFile)
  const out = resolve(folder ?? join('out', plan.name))
  const [busy] = loadavg()
  const progress = new Progress('Measuring', 1)
  const overview = await untilStopped((signal) => {
    const measured = (trial: Trial, at: number, of: number) => {
      const { title } = networks[trial.network]
      const tell = (what: string) => progress.update(at / of, `${title} at ${trial.input} pixels: ${what}`)
      return measure(trial, { device: flags.device, signal, tell })
    }
    return overviewOf(plan, out, flags.measure ? measured : undefined)
  }).finally(() => progress.finish())
  const lines = flags.json ? [jsonOf(overview)] : linesOf(plan, out, overview, busy!)
  console.log(lines.join('\n'))
}

function jsonOf({ runs, ...overview }: Overview): string {
  const stored = runs.map(({ run, ...rest }) => ({ run: storedRun(run), ...rest }))
  return JSON.stringify({ ...overview, runs: stored }, undefined, 2)
}

/** @param busy the load of the machine before anything was measured, in processes */
function linesOf(plan: Plan, out: string, overview: Overview, busy: number): string[] {
  const { counts, runs } = overview
  const labels = Object.entries(counts.labelled).map(([task, count]) => `${count} with a label for ${task}`)
  const open = runs.filter(({ done }) => done.kind !== 'finished')
  return [
    `${plan.name}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${runs.length - open.length} done, in ${out}`,
    `${counts.faces} faces, ${labels.join(', ')}${counts.assumed ? `; counted ${counts.assumed}` : ''}`,
    '',
    ...inColumns([['run', 'network', 'setting', 'fold', 'state'], ...runs.map(rowOf)]),
    '',
    ...kindLines(runs),
    ...costLines(overview, busy),
  ]
}

function rowOf({ run, name, work, done }: PlannedRun): string[] {
  const { iterations } = work.schedule
  const begun = done.iteration > 0 ? `begun: iteration ${done.iteration} of ${iterations}` : 'to do'
  const state = {
    finished: () => 'done',
    begun: () => begun,
    new: () => 'to do',
    other: () => 'to do: its folder holds a run of another plan',
    damaged: () => `to do: damaged${'reason' in done ? ` (${done.reason})` : ''}`,
  }[done.kind]
  return [name, networks[run.network].title, bracketed(run.setting), String(run.fold), state()]
}

/** A line for each kind of run: runs that differ only in their fold cost the same. */
function kindLines(runs: readonly PlannedRun[]): string[] {
  const kindOf = ({ run }: PlannedRun) => `${run.task} ${run.letter} ${bracketed(run.setting)}`
  const kinds = new Map(runs.map((planned) => [kindOf(planned), planned]))
  const rows = [...kinds].map(([kind, { work, cost }]) => {
    const { iterations, batch } = work.schedule
    const count = runs.filter((planned) => kindOf(planned) === kind).length
    const size = [
      kind,
      String(count),
      `${iterations} × ${batch} pictures`,
      `${Math.round(work.scored)} faces`,
    ]
    return cost ? [...size, duration(cost.seconds), storage(cost.memory), storage(cost.kept)] : size
  })
  const measured = runs[0]!.cost ? ['time', 'memory', 'disk'] : []
  return inColumns([['each run of', 'runs', 'trains on', 'scores', ...measured], ...rows])
}

/** The load by other processes from which on times cannot be trusted. */
const BUSY = 0.5
/** The numbers of workers to estimate for. */
const WORKERS = [4, 16, 64]

function costLines({ runs, prepared }: Overview, busy: number): string[] {
  const costs = runs.flatMap(({ cost }) => cost ?? [])
  if (costs.length < runs.length) return []
  const left = runs.map((each) => each.left!)
  const most = runs.reduce((a, b) => (b.cost!.memory > a.cost!.memory ? b : a))
  const { memory } = most.cost!
  const seconds = sum(costs.map((each) => each.seconds))
  const kept = sum(costs.map((each) => each.kept))
  const meanwhile = Math.max(...costs.map((each) => each.meanwhile))
  const shared = WORKERS.filter((workers) => workers < 2 * runs.length).map(
    (workers) => `with ${workers} machines like this ${duration(secondsWith(workers, left))}`,
  )
  const fit = Math.min(Math.floor((0.9 * totalmem()) / memory), availableParallelism())
  return [
    '',
    `Measured here, on ${availableParallelism()} threads of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}:`,
    ...(busy < BUSY ? [] : [`  the machine was busy (load ${busy.toFixed(1)}); an idle one is faster`]),
    `  time    ${[duration(seconds), `left ${duration(sum(left))}`, ...shared].join('; ')}`,
    `  memory  up to ${storage(memory)} a run (${most.name}); this machine has ${storage(totalmem())}` +
      `${fit > 1 ? `, enough for --jobs ${fit}, which share its cores` : ''}`,
    `  disk    ${storage(kept)} in the end, ${storage(prepared)} of aligned photos, ` +
      `and up to ${storage(meanwhile)} for each run in progress`,
  ]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function storage(bytes: number): string {
  return bytes < 1e9 ? megabytes(bytes) : `${(bytes / 1e9).toFixed(1)} GB`
}
