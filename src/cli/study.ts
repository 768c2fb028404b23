import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { duration } from '../base/progress.ts'
import { nodeEngine } from '../engine/node.ts'
import { readPlan } from '../study/plan.ts'
import { mainFigures, writeReport } from '../study/report/report.ts'
import { runStudy } from '../study/run.ts'
import { tellSkipped } from './data.ts'
import { stopOnSignal } from './signal.ts'
import { planCommand } from './studyPlan.ts'

/** `regard study PLAN.yaml [--out DIR]` */
export function studyCommand(): Command {
  return (
    new Command('study')
      .description(
        'Run a study: train, test and explain every network of a plan, and write a report. What is done already is not done again.',
      )
      .argument('<plan>', 'the plan, a YAML file; docs/plan.md explains it')
      .option('--out <dir>', 'the folder to write to (default: out/NAME, with the name that the plan gives)')
      .addHelpText('after', '\nExample:\n  $ regard study examples/synthetic.yaml --out out/synthetic\n')
      .action(study)
      // What stands behind a subcommand is its own.
      .enablePositionalOptions()
      .addCommand(planCommand())
  )
}

async function study(planFile: string, options: { out?: string }): Promise<void> {
  const plan = readPlan(planFile)
  const out = resolve(options.out ?? join('out', plan.name))
  const stop = stopOnSignal()
  const started = Date.now()
  try {
    const outcome = await runStudy(plan, out, { engine: nodeEngine(), signal: stop.signal })
    if (!outcome.finished) {
      console.error('Stopped. Nothing is lost: the same command goes on from here.')
      process.exitCode = 130
      return
    }
    for (const line of mainFigures(out)) console.log(line)
    const { made, kept, skipped } = outcome
    const time = duration((Date.now() - started) / 1000)
    console.log(`\n${made} ${made === 1 ? 'run' : 'runs'} made, ${kept} kept from before, in ${time}.`)
    tellSkipped(skipped)
    console.log(`Report: ${writeReport(out)}`)
  } finally {
    stop.forget()
  }
}
