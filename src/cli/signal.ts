/**
 * How the program is stopped: Ctrl-C (SIGINT), SIGTERM, and a terminal that is closed (SIGHUP).
 *
 * What takes long is asked to stop and ends in order; everything else ends at once, and so does what is asked a second
 * time. The exit code is 128 and the signal's number, as shells have it: 130, 143, 129.
 */

import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { exitWithThreads } from '../base/workers.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type StopSignal = (typeof SIGNALS)[number]

/** What was underway stopped because a signal asked it to: the program ends. */
export class Stopped extends Error {
  override name = 'Stopped'
  /** Of the program. */
  readonly exitCode: number

  /** @param message is said at the end, unless it is empty */
  constructor(signal: StopSignal, message = '') {
    super(message)
    this.exitCode = exitCodeOf(signal)
  }
}

/** What is said to somebody who stops the program. */
export interface StopWords {
  /** As soon as the signal is heard. */
  readonly heard?: string | undefined
  /** When all has stopped. */
  readonly stopped?: string
}

/** What is underway and can be asked to stop. */
interface Underway {
  readonly controller: AbortController
  readonly heard: string
}

let underway: Underway | undefined
/** The signal that asked. */
let asked: StopSignal | undefined
let ending = 0

/**
 * Do something that a signal can stop.
 *
 * @param act throws its signal's reason where that stops it. Where it was done before it could stop, the program goes
 *   on to the next such thing, and stops there
 * @throws Stopped where it was stopped
 */
export async function untilStopped<T>(
  act: (signal: AbortSignal) => Promise<T>,
  { heard = 'Stopping; interrupt again to stop at once.', stopped }: StopWords = {},
): Promise<T> {
  hearSignals()
  const controller = new AbortController()
  const { signal } = controller
  const before = underway
  underway = { controller, heard }
  if (asked) controller.abort()
  try {
    signal.throwIfAborted()
    return await act(signal)
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    throw new Stopped(asked!, stopped)
  } finally {
    underway = before
  }
}

let hearing = false

/** From now on, signals end the program in order. */
export function hearSignals(): void {
  if (hearing) return
  hearing = true
  for (const signal of SIGNALS) process.on(signal, hear)
}

/** `nohup` leaves a program no terminal, and wants it to go on when the terminal is closed. Node forgets that it did. */
const hasTerminal = [0, 1, 2].some((stream) => isatty(stream))

function hear(signal: StopSignal): void {
  if (signal === 'SIGHUP' && !hasTerminal) return
  if (underway && !asked) {
    asked = signal
    console.error(`\n${underway.heard}`)
    underway.controller.abort()
    return
  }
  if (!asked) console.error('\nStopped.')
  asked = signal
  void endAtOnce(signal)
}

/** Milliseconds for which threads are waited for. */
const PATIENCE = 2000

async function endAtOnce(signal: StopSignal): Promise<void> {
  if (ending++ > 0) return
  // By the signal itself where a thread is long at its work: that ends it too, without a word.
  setTimeout(() => {
    process.off(signal, hear)
    process.kill(process.pid, signal)
  }, PATIENCE)
  await exitWithThreads(exitCodeOf(signal))
}

function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal]
}
