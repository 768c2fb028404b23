/** Processes that do one piece of work: their parent sends them a request, and hears what comes of it. */

import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { workerModule } from './workers.ts'

/** What is heard of a child. */
export interface Listener<Message> {
  readonly message: (message: Message) => void
  /** Given each line of its standard error; that goes nowhere where this is not given. */
  readonly line?: (line: string) => void
}

/**
 * Start a module in a process of its own, and send it a request.
 *
 * @param module from `workerModule`
 * @param request as JSON can hold it
 * @returns the process, and how it ends: `SIGKILL`, `exit code 1`
 */
export function startChild<Message>(
  module: URL,
  request: object,
  { message, line }: Listener<Message>,
): { child: ChildProcess; ended: Promise<string> } {
  // Not with the flags of this process, some of which are about its own script alone.
  const child = fork(fileURLToPath(workerModule(import.meta.url, 'childStart.js')), [module.href], {
    execArgv: [],
    stdio: ['ignore', 'inherit', line ? 'pipe' : 'ignore', 'ipc'],
  })
  if (line) createInterface(child.stderr!).on('line', line)
  child.on('message', (said) => message(said as Message))
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, killer) => resolve(killer ?? `exit code ${code}`))
  })
  child.send(request)
  return { child, ended }
}

/** In a child: send a last message, and exit once it has left. */
export function sendAndExit(message: object): void {
  process.send!(message, () => process.exit(0))
}
