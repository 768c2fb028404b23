/**
 * What the process that runs a study knows about its runs beyond their own files: which worker makes a run of the
 * queue, that it waits there, why it was set aside. It is `notices.json` in the study's folder, for those who watch.
 */

import { existsSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { readText, writeAtomic } from '../base/files.ts'
import { holderOf } from '../base/lock.ts'
import { files } from './record.ts'

const notice = z.object({
  /** `failed` means set aside: it is not tried again automatically. */
  state: z.enum(['waiting', 'underway', 'failed']),
  /** The worker that makes it: `host:pid`. */
  worker: z.string().optional(),
  /** Its progress in words, and the seconds left. */
  detail: z.string().optional(),
  left: z.number().optional(),
  /** The number of this attempt, if it is not the first. */
  attempt: z.int().optional(),
  /** Why it last failed. */
  reason: z.string().optional(),
})

/** What is known about one run. */
export type Notice = z.infer<typeof notice>

const noticesSchema = z.record(z.string(), notice)

/** What is known about runs, by their names. */
export type Notices = Readonly<Record<string, Notice>>

/** Keeps the file up to date. It begins empty, whatever an earlier process left. */
export class NoticeBoard {
  private readonly path: string
  private readonly notices = new Map<string, Notice>()
  private written: string | undefined

  /** @param out the study's folder */
  constructor(out: string) {
    this.path = files.notices(out)
    this.write()
  }

  /** Set a run's notice; without one, remove it. */
  put(run: string, notice?: Notice): void {
    if (notice) this.notices.set(run, notice)
    else this.notices.delete(run)
  }

  /** Write what has changed. */
  write(): void {
    const text = `${JSON.stringify(Object.fromEntries(this.notices), undefined, 2)}\n`
    if (text === this.written) return
    this.written = text
    if (this.notices.size > 0) writeAtomic(this.path, text)
    else rmSync(this.path, { force: true })
  }

  /** Leave only what holds without the process: which runs were set aside. */
  close(): void {
    for (const [run, { state }] of this.notices) if (state !== 'failed') this.notices.delete(run)
    this.write()
  }
}

/**
 * What is now known about a study's runs: if the process that ran it is gone, only which were set aside. A file of
 * another form is ignored.
 */
export function readNotices(out: string): Notices {
  const path = files.notices(out)
  if (!existsSync(path)) return {}
  const all = parsed(readText(path))
  if (holderOf(files.lock(out))) return all
  return Object.fromEntries(Object.entries(all).filter(([, { state }]) => state === 'failed'))
}

function parsed(text: string): Notices {
  try {
    return noticesSchema.parse(JSON.parse(text))
  } catch {
    return {}
  }
}
