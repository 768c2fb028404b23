/** Processes that do one piece of work: their parent sends them a request, and receives the result. */

import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { workerModule } from './workers.ts'

/** Callbacks for what a child sends. */
export interface Listener<Message> {
  readonly message: (message: Message) => void
  /** Called with each line of its standard error, which is otherwise discarded. */
  readonly line?: (line: string) => void
}

/**
 * Start a module in a process of its own, and send it a request.
 *
 * @param module from `workerModule`
 * @param request a value that JSON can hold
 * @returns the process, and how it ends: `SIGKILL`, `exit code 1`
 */
export function startChild<Message>(
  module: URL,
  request: object,
  { message, line }: Listener<Message>,
): { child: ChildProcess; ended: Promise<string> } {
  // Not with the flags of this process, some of which are only about its own script.
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

/** In a child: send a last message, and exit once it is sent. */
export function sendAndExit(message: object): void {
  process.send!(message, () => process.exit(0))
}
