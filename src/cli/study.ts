import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { requireWritableFolder } from '../base/files.ts'
import { duration } from '../base/progress.ts'
import { readStudy } from '../report/cells.ts'
import { figuresInWords, mainFigures, writeReport } from '../report/report.ts'
import type { FailedRun } from '../study/execution/local.ts'
import { readPlan } from '../study/plan.ts'
import { runStudy } from '../study/run.ts'
import { tellSkipped } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { countFrom } from './numbers.ts'
import { shellWord } from './shellWord.ts'
import { untilStopped } from './signal.ts'
import { planCommand } from './studyPlan.ts'
import { studyStatusCommand } from './studyStatus.ts'

/** `regard study PLAN.yaml [--out DIR]` */
export function studyCommand(): Command {
  const command = new Command('study')
    .description(
      'Run a study: train, test and explain every network of a plan, and write a report. The same command resumes a stopped study.',
    )
    .argument('<plan>', 'the plan, a YAML file; docs/plan.md explains it')
    .option('--out <dir>', "the folder to write to (default: out/NAME, with the plan's name)")
    .option('--jobs <n>', 'how many runs to train at a time, each in its own process', countFrom, 1)
    .option('--queue <url>', 'leave the runs to `regard worker`s: redis://[user:password@]host[:port]')
    .option(
      '--store <url>',
      'a store to keep runs in as well, for machines that share no folder: s3://bucket/prefix, with AWS_ENDPOINT_URL and the other AWS_… variables in the environment',
    )
    .option('--priority <n>', 'priority in the queue: 1 goes before 2', countFrom, 10)
    .option('--threads <n>', 'threads of each run (default: all cores, divided among the jobs)', countFrom)
  return withDevice(command)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard study examples/synthetic.yaml --out out/synthetic\n' +
        '  $ regard study examples/synthetic.yaml --jobs 2\n',
    )
    .action(study)
    .addCommand(planCommand())
    .addCommand(studyStatusCommand())
}

interface Flags extends DeviceFlag {
  readonly out?: string
  readonly jobs: number
  readonly threads?: number
  readonly queue?: string
  readonly store?: string
  readonly priority: number
}

async function study(planFile: string, { out: folder, ...options }: Flags): Promise<void> {
  const plan = readPlan(planFile)
  const out = resolve(folder ?? join('out', plan.name))
  requireWritableFolder(out)
  const started = performance.now()
  const { made, kept, failed, skipped } = await untilStopped(
    (signal) => runStudy(plan, out, { ...options, warn, signal }),
    {
      heard: options.queue ? undefined : 'Stopping after a checkpoint; interrupt again to stop at once.',
      stopped: options.queue
        ? 'Stopped waiting. The runs stay in the queue and workers continue; `regard study status` shows how far they are.'
        : 'Stopped. The same command continues: no training is lost; drawing or preparing photos starts over.',
    },
  )
  const study = made + kept > 0 ? readStudy(out) : undefined
  if (study) console.log([figuresInWords(study), ...mainFigures(study)].join('\n'))
  const time = duration((performance.now() - started) / 1000)
  const count = (runs: number) => `${runs} ${runs === 1 ? 'run' : 'runs'}`
  const isAllKept = made === 0 && failed.length === 0
  console.log(
    isAllKept
      ? `\n${count(kept)} completed before, nothing left to do.`
      : `\n${count(made)} completed, ${kept} kept from before, in ${time}.`,
  )
  tellSkipped(skipped)
  if (study) {
    console.log(`Report: ${await writeReport(study)}`)
    console.log(`Or see it in your browser: npx regard studio ${shellWord(relative('.', out) || '.')}`)
  }
  tellFailed(failed)
}

function warn(doubt: string): void {
  console.error(`Warning: ${doubt}`)
}

/** Name the runs that could not be made. The same command tries them again. */
function tellFailed(failed: readonly FailedRun[]): void {
  if (failed.length === 0) return
  console.error(`regard: ${failed.length} ${failed.length === 1 ? 'run' : 'runs'} failed:`)
  for (const { name, reason } of failed) console.error(`  ${name}: ${reason}`)
  process.exitCode = 1
}
