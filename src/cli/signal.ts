/**
 * How the program is stopped: Ctrl-C (SIGINT), SIGTERM, and a terminal that is closed (SIGHUP).
 *
 * Long work is asked to stop and ends properly; everything else ends at once, as does work that is asked a second time.
 * The exit code is 128 plus the signal's number, as in shells: 130, 143, 129.
 */

import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { exitWithThreads } from '../base/workers.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type StopSignal = (typeof SIGNALS)[number]

/** Work stopped because a signal asked it to: the program ends. */
export class Stopped extends Error {
  override name = 'Stopped'
  /** The exit code of the program. */
  readonly exitCode: number

  /** @param message printed at the end, unless it is empty */
  constructor(signal: StopSignal, message = '') {
    super(message)
    this.exitCode = exitCodeOf(signal)
  }
}

/** Messages for a user who stops the program. */
export interface StopWords {
  /** Printed as soon as the signal arrives. */
  readonly heard?: string | undefined
  /** Printed when everything has stopped. */
  readonly stopped?: string
}

/** Work that is underway and can be asked to stop. */
interface Underway {
  readonly controller: AbortController
  readonly heard: string
}

let underway: Underway | undefined
/** The signal that asked. */
let asked: StopSignal | undefined
let ending = 0

/**
 * Run work that a signal can stop.
 *
 * @param act throws its signal's reason if that stops it. If it finishes before it could stop, the program goes on to
 *   the next such work, and stops there
 * @throws Stopped if it was stopped
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

/** From now on, signals end the program properly. */
export function hearSignals(): void {
  if (hearing) return
  hearing = true
  for (const signal of SIGNALS) process.on(signal, hear)
}

/**
 * `nohup` leaves a program without a terminal, and wants it to go on when the terminal closes. Node does not keep that
 * setting.
 */
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

/** Milliseconds to wait for threads. */
const PATIENCE = 2000

async function endAtOnce(signal: StopSignal): Promise<void> {
  if (ending++ > 0) return
  // If a thread works on for long, the signal itself ends the process, silently.
  setTimeout(() => {
    process.off(signal, hear)
    process.kill(process.pid, signal)
  }, PATIENCE)
  await exitWithThreads(exitCodeOf(signal))
}

function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal]
}
