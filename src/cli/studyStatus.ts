import { Command } from 'commander'
import { UsageError } from '../base/errors.ts'
import { type RunStatus, statusIn, statusOnQueue } from '../study/status.ts'
import { inColumns } from './table.ts'

/** `regard study status [DIR] [--queue URL]` */
export function studyStatusCommand(): Command {
  return new Command('status')
    .description('Show how far each run is, of one study or of all studies in a queue.')
    .argument('[dir]', 'the folder of a study')
    .option('--queue <url>', 'a queue: redis://[user:password@]host[:port]')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard study status out/synthetic\n' +
        '  $ regard study status --queue redis://localhost\n',
    )
    .action(status)
}

async function status(dir: string | undefined, flags: { queue?: string; json?: true }): Promise<void> {
  if ((dir === undefined) === (flags.queue === undefined)) {
    throw new UsageError('give the folder of a study or, with --queue, the address of a queue')
  }
  const runs = dir === undefined ? await onQueue(flags.queue!) : statusIn(dir)
  if (flags.json) {
    console.log(JSON.stringify(runs, undefined, 2))
    return
  }
  for (const study of new Set(runs.map((run) => run.study))) {
    const own = runs.filter((run) => run.study === study)
    console.log(`${study}: ${counted(own)}`)
    for (const line of inColumns(own.map(({ run, state, detail }) => [run, state, detail]))) console.log(line)
  }
  if (runs.length === 0) console.log('The queue holds no runs.')
}

async function onQueue(url: string): Promise<RunStatus[]> {
  const { closeQueue, openQueue } = await import('../study/execution/queue.ts')
  const queue = await openQueue(url)
  try {
    return await statusOnQueue(queue)
  } finally {
    await closeQueue(queue)
  }
}

/** `3 of 18 runs finished, 2 underway, 1 failed`. */
function counted(runs: readonly RunStatus[]): string {
  const of = (state: RunStatus['state']) => runs.filter((run) => run.state === state).length
  const more = (['underway', 'begun', 'failed'] as const).flatMap((state) =>
    of(state) > 0 ? [`${of(state)} ${state}`] : [],
  )
  return [`${of('finished')} of ${runs.length} runs finished`, ...more].join(', ')
}
