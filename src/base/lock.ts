/**
 * Locks: a file that says which process has a folder to itself, on this machine or on another one that sees it.
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

/** Milliseconds without a sign of life after which a process on another machine is taken for dead. */
const SILENCE_ELSEWHERE = 120_000
/** The same on this machine, where it is not known when a process began: another may run under its number by now. */
const SILENCE_HERE = 600_000
/** Milliseconds from one sign of life to the next. */
const TOUCH = 15_000
/** Milliseconds between two looks at a lock that is waited for. */
const LOOK = 200
/** After so many of them, it is said. */
const OFTEN = 25

/** Who holds a lock. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** Since when, as ISO 8601. */
  readonly since: string
  /** What tells it from a later process of its number; absent where the system does not say. */
  readonly began?: string
}

/** The locks of this process. In a container, a process before it may have had the same number. */
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
        // It was taken away with its folder, and there is nothing left to hold; or the disk is away for a moment.
      }
    }, TOUCH)
    this.touching.unref()
  }

  /** Aborted when another process has taken it: this one slept, or was stopped, for so long that it was taken for dead. */
  get lost(): AbortSignal {
    return this.loss.signal
  }

  /**
   * Take a lock.
   *
   * @param path of the lock's file; its folder is made where it is missing
   * @param what is held, for the message: `the study`
   * @throws UserError that says who holds it, or that the file could not be written
   */
  static take(path: string, what: string): Lock {
    const lock = Lock.attempt(path)
    if (lock instanceof Lock) return lock
    throw held(path, what, lock)
  }

  /**
   * Take a lock as soon as its holder lets it go, or is dead.
   *
   * @param held is told once who holds it, where that does not let it go at once
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

  /** Let it go. */
  release(): void {
    clearInterval(this.touching)
    mine.delete(this.path)
    if (contentOf(this.path) === this.content) rmSync(this.path, { force: true })
  }

  /** Take it, or say who has it. */
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
          // The file is there with all of its content or not at all.
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

/** Who holds a lock at present; undefined where it is free. */
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

/** Remove the lock of a dead process, unless another process has done so and holds it meanwhile. */
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
      // A third one has it already.
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

/** What a lock says; a file that is no lock is nobody's. */
function parsed(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text)
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? holder : undefined
  } catch {
    return undefined
  }
}

function held(path: string, what: string, holder: Holder): UserError {
  return new UserError(
    `${what} is held by ${holderInWords(holder)}, since ${holder.since}`,
    dirname(path),
    'Wait until it has ended, or stop it',
  )
}
