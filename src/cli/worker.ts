import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { cacheFolder } from '../base/cache.ts'
import { exitWithThreads } from '../base/workers.ts'
import type { RunRequest } from '../study/execution/request.ts'
import { runInChild } from '../study/execution/runInChild.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { countFrom } from './numbers.ts'
import { untilStopped } from './signal.ts'

/** `regard worker --queue redis://HOST` */
export function workerCommand(): Command {
  const command = new Command('worker')
    .description(
      'Train the runs that wait in a queue, until you stop this command. Start as many workers as you like, on any machine that has the data and either sees the studies’ folders at the same paths or reaches their store. On Ctrl-C or SIGTERM, a worker writes a checkpoint of each run and puts the run back into the queue.',
    )
    .requiredOption('--queue <url>', 'the queue: redis://[user:password@]host[:port]')
    .option('--jobs <n>', 'how many runs to train at a time', countFrom, 1)
    .option('--scratch <dir>', 'the folder for runs of studies with a store (default: $REGARD_CACHE/studies)')
  return withDevice(command, "the study's")
    .addHelpText('after', '\nExample:\n  $ regard worker --queue redis://localhost\n')
    .action(worker)
}

interface Flags extends DeviceFlag {
  readonly queue: string
  readonly jobs: number
  readonly scratch?: string
}

async function worker({
  queue,
  jobs,
  device,
  scratch = join(cacheFolder(), 'studies'),
}: Flags): Promise<void> {
  // Its client is large, and few commands need it.
  const { work } = await import('../study/execution/worker.ts')
  const { withoutPassword } = await import('../study/execution/queue.ts')
  const time = () => new Date().toISOString().slice(11, 19)
  const note = (line: string) => console.error(`${time()}  ${line}`)
  console.error(`Waiting for runs in ${withoutPassword(queue)}, on ${availableParallelism()} cores.`)
  // Being stopped is how a worker ends, so the exit code is 0.
  await untilStopped(
    (signal) =>
      work({
        url: queue,
        jobs,
        make: (request, listener) =>
          runInChild({ ...placed(request, scratch), ...(device && { device }) }, listener),
        signal,
        note,
      }),
    { heard: 'Stopping after a checkpoint; interrupt again to stop at once.' },
  )
  // If Redis is gone, its client would go on looking for it.
  await exitWithThreads(0)
}

/** Studies in a store have a folder on each machine that no other machine sees. */
function placed(request: RunRequest, scratch: string): RunRequest {
  if (request.store === undefined) return request
  return { ...request, out: resolve(scratch, request.store.replace(/[^\w.-]+/g, '-')) }
}
