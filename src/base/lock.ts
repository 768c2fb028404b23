/**
 * Locks: a file that says which process holds a folder, on this machine or on another one that sees it.
 *
 * Of a process on this machine it is known whether it still runs. One on another machine shows that it does by writing
 * the file again and again. So what a killed process held is free at once here, and after two minutes elsewhere. The
 * times are all by the clock of the disk that the file is on: clocks of machines differ, and jump.
 */

import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from './errors.ts'
import { isRunning, notWritten } from './files.ts'

/** Milliseconds without a sign of life after which a process on another machine counts as dead. */
const SILENCE_ELSEWHERE = 120_000
/** The same on this machine, where it is not known when a process began: another may run under its number by now. */
const SILENCE_HERE = 600_000
/** Milliseconds from one sign of life to the next. */
const TOUCH = 15_000
/** Milliseconds between two looks while waiting for a lock. */
const LOOK = 200
/** How many looks before the wait is reported. */
const OFTEN = 25

/** The process that holds a lock. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** Since when, as ISO 8601. */
  readonly since: string
  /** What tells it from a later process of its number; absent where the system does not say. */
  readonly began?: string
}

/** The locks of this process. In a container, an earlier process may have had the same number. */
const mine = new Set<string>()

/** A lock that this process holds until it is released or the process ends. */
export class Lock {
  private readonly path: string
  private readonly content: string
  private readonly touching: NodeJS.Timeout
  private readonly loss = new AbortController()

  private constructor(path: string, content: string) {
    this.path = path
    this.content = content
    mine.add(path)
    this.touching = setInterval(() => {
      try {
        if (!writtenAgain(path, content)) this.loss.abort()
      } catch {
        // It was removed with its folder, and there is nothing left to hold; or the disk is unavailable for a moment.
      }
    }, TOUCH)
    this.touching.unref()
  }

  /**
   * Aborted when another process has taken it, because this one slept, or was suspended, so long that it counted as
   * dead.
   */
  get lost(): AbortSignal {
    return this.loss.signal
  }

  /**
   * Take a lock.
   *
   * @param path of the lock's file; its folder is made if it is missing
   * @param what is held, for the message: `the study`
   * @param where it is, for the message: the folder of the lock's file, unless that lies beside what is held
   * @throws UserError naming the holder, or that the file could not be written
   */
  static take(path: string, what: string, where = dirname(path)): Lock {
    const lock = Lock.attempt(path)
    if (lock instanceof Lock) return lock
    throw held(where, what, lock)
  }

  /**
   * Take a lock as soon as its holder releases it, or is dead.
   *
   * @param held called once with the holder, if the lock is not free at once
   * @throws UserError when the file could not be written; the signal's reason, when that stops it
   */
  static async wait(path: string, signal: AbortSignal, held: (by: Holder) => void): Promise<Lock> {
    for (let looks = 0; ; looks++) {
      signal.throwIfAborted()
      const lock = Lock.attempt(path)
      if (lock instanceof Lock) return lock
      if (looks === OFTEN) held(lock)
      await sleep(LOOK)
    }
  }

  /** Release it. */
  release(): void {
    clearInterval(this.touching)
    mine.delete(this.path)
    if (contentOf(this.path) === this.content) rmSync(this.path, { force: true })
  }

  /** Take it, or give its holder. */
  private static attempt(path: string): Lock | Holder {
    const holder: Holder = {
      pid: process.pid,
      host: hostname(),
      since: new Date().toISOString(),
      began: beginningOf(process.pid),
    }
    const content = `${JSON.stringify(holder)}\n`
    const own = `${path}.${process.pid}.${Math.floor(performance.now() * 1000)}.tmp`
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(own, content)
    } catch (error) {
      rmSync(own, { force: true })
      throw notWritten(path, error)
    }
    try {
      for (;;) {
        try {
          // The file exists with all of its content or not at all.
          linkSync(own, path)
          return new Lock(path, content)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritten(path, error)
        }
        const text = contentOf(path)
        const other = text === undefined ? undefined : parsed(text)
        // Of a clock that was set back, what was written before it says nothing either.
        const silent = Math.abs(
          statSync(own).mtimeMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0),
        )
        if (other && isHeld(path, other, silent)) return other
        if (text !== undefined) removeDead(path, text, own)
      }
    } finally {
      rmSync(own, { force: true })
    }
  }
}

/** The process that now holds a lock; undefined where it is free. */
export function holderOf(path: string): Holder | undefined {
  const text = contentOf(path)
  const holder = text === undefined ? undefined : parsed(text)
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return holder && touched !== undefined && isHeld(path, holder, Date.now() - touched) ? holder : undefined
}

/** `process 4711 on this machine`. */
export function holderInWords({ pid, host }: Holder): string {
  return `process ${pid} on ${host === hostname() ? 'this machine' : host}`
}

function isHeld(path: string, { pid, host, began }: Holder, silent: number): boolean {
  if (host !== hostname()) return silent < SILENCE_ELSEWHERE
  if (pid === process.pid) return mine.has(path)
  if (!isRunning(pid)) return false
  return began === undefined ? silent < SILENCE_HERE : began === beginningOf(pid)
}

/** When a process began, in ticks since this machine did. Linux alone says so. */
function beginningOf(pid: number): string | undefined {
  try {
    // Behind the program's name, which may hold spaces and parentheses itself: the 22nd field (proc(5)).
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19]
  } catch {
    return undefined
  }
}

/**
 * Write a lock again as it is, so that the disk notes when; false where it is another's by now.
 *
 * @throws where there is none, or it cannot be written
 */
function writtenAgain(path: string, content: string): boolean {
  // What is opened stays this file, also where another process puts its own in the place of it.
  const file = openSync(path, 'r+')
  try {
    if (readFileSync(file, 'utf8') !== content) return false
    writeSync(file, content, 0)
    return true
  } finally {
    closeSync(file)
  }
}

/** Remove the lock of a dead process, unless another process has already done so and holds it. */
function removeDead(path: string, text: string, own: string): void {
  const aside = `${own}.dead`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (contentOf(aside) !== text) {
    try {
      linkSync(aside, path)
    } catch {
      // A third process already has it.
    }
  }
  rmSync(aside, { force: true })
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The holder in a lock's file; undefined where the file is not a lock. */
function parsed(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text)
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? holder : undefined
  } catch {
    return undefined
  }
}

function held(where: string, what: string, holder: Holder): UserError {
  return new UserError(
    `${what} is held by ${holderInWords(holder)}, since ${holder.since}`,
    where,
    'Wait until it has ended, or stop it',
  )
}
