/** Fetches a large file over HTTP so that a dropped connection costs nothing, and checks that it is the right file. */

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { messageOf, UserError } from './errors.ts'
import { notWritten, writeAtomic } from './files.ts'
import { hashOfFile } from './hash.ts'
import { Lock } from './lock.ts'
import type { Watch } from './watch.ts'

/** What to fetch, and how to check it. Progress is in bytes, and includes what an earlier call fetched. */
export interface Download extends Watch {
  readonly url: string
  /**
   * The file to write. Until it is complete it is called `PATH.part`; `PATH.part.json` says which file it is part of.
   */
  readonly path: string
  /** Its size, where it is known. */
  readonly bytes?: number
  /** In hexadecimal digits, where it is known. */
  readonly sha1?: string
}

/** What a server says about its file: a partial download continues only from the same version. */
interface Version {
  readonly url: string
  readonly etag: string | null
  readonly modified: string | null
  readonly size: number
}

/**
 * Fetch a file. A partial download continues from there (HTTP Range), unless the server now has another file by its
 * ETag, date or size; then it starts again. A dropped connection is retried as long as each attempt brings something.
 *
 * @throws UserError when the server cannot be reached, lacks the file, or has another one, or when the disk cannot be
 *   written: it names the URL, and where to put the file by hand; the signal's reason, when that stops it
 */
export async function download(wanted: Download): Promise<void> {
  const { path, signal } = wanted
  let lock: Lock | undefined
  try {
    lock = Lock.take(`${path}.lock`, 'the download', path)
    for (let before = -1; ; ) {
      try {
        const version = await attempt(wanted)
        return finish(wanted, version)
      } catch (error) {
        signal?.throwIfAborted()
        const have = partSize(path)
        if (!(error instanceof Cut) || have <= before) throw error
        before = have
      }
    }
  } catch (error) {
    if (error instanceof UserError || signal?.aborted) throw error
    if (error instanceof Cut) throw unreachable(wanted, error.message)
    throw notWritten(path, error)
  } finally {
    lock?.release()
  }
}

/** The connection could not be made, or was dropped. */
class Cut extends Error {}

/** One request, for what is missing. */
async function attempt(wanted: Download): Promise<Version> {
  const { url, path } = wanted
  const known = knownVersion(path, url)
  const have = known ? partSize(path) : 0
  if (known && have === known.size) return known
  const response = await ask(wanted, have > 0 ? rangeOf(known!, have) : {})
  try {
    if (have > 0 && (response.status === 416 || response.status === 206)) {
      const version = versionOf(url, response)
      if (response.status === 206 && startOf(response) === have && isSame(version, known!)) {
        await receive(wanted, response, version, have)
        return version
      }
      // The server now has another file.
      await response.body?.cancel()
      removePart(path)
      return await attempt(wanted)
    }
    if (response.status !== 200) throw refused(wanted, `${response.status} ${response.statusText}`.trim())
    const version = versionOf(url, response)
    const { bytes } = wanted
    if (!Number.isSafeInteger(version.size)) throw refused(wanted, 'it does not say how large the file is')
    if (bytes !== undefined && version.size !== bytes)
      throw another(wanted, `${version.size} bytes`, `${bytes}`)
    writeAtomic(noteOf(path), `${JSON.stringify(version)}\n`)
    await receive(wanted, response, version, 0)
    return version
  } finally {
    if (!response.bodyUsed) await response.body?.cancel().catch(() => {})
  }
}

async function ask({ url, signal }: Download, headers: Record<string, string>): Promise<Response> {
  try {
    // In a compressed response, ranges do not refer to the file.
    return await fetch(url, { signal, headers: { 'accept-encoding': 'identity', ...headers } })
  } catch (error) {
    throw new Cut(causeOf(error))
  }
}

/** Ask for what is missing, or for the whole file if it is another. A weak ETag does not guarantee the same bytes. */
function rangeOf({ etag, modified }: Version, have: number): Record<string, string> {
  const same = etag && !etag.startsWith('W/') ? etag : modified
  return { range: `bytes=${have}-`, ...(same ? { 'if-range': same } : {}) }
}

function versionOf(url: string, { status, headers }: Response): Version {
  const size =
    status === 200 ? headers.get('content-length') : /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  return {
    url,
    etag: headers.get('etag'),
    modified: headers.get('last-modified'),
    size: Number(size ?? Number.NaN),
  }
}

function startOf({ headers }: Response): number {
  return Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN)
}

function isSame(a: Version, b: Version): boolean {
  return a.etag === b.etag && a.modified === b.modified && a.size === b.size
}

/** Append a response's body to the part. */
async function receive(
  { path, progress, signal }: Download,
  { body }: Response,
  { size }: Version,
  have: number,
): Promise<void> {
  const file = openSync(`${path}.part`, have > 0 ? 'r+' : 'w')
  const reader = body!.getReader()
  let done = have
  try {
    for (;;) {
      const { value } = await reader.read().catch((error) => {
        throw new Cut(causeOf(error))
      })
      if (!value) break
      for (let at = 0; at < value.length; ) at += writeSync(file, value, at, value.length - at, done + at)
      done += value.length
      signal?.throwIfAborted()
      progress?.(done, size)
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
    await reader.cancel().catch(() => {})
  }
  if (done < size) throw new Cut(`the connection ended after ${done} of ${size} bytes`)
}

/** Turn a part that has the file's length into the file, if it is the right one. */
function finish(wanted: Download, { size }: Version): void {
  const { path, sha1 } = wanted
  const found = partSize(path)
  if (found !== size) {
    removePart(path)
    throw another(wanted, `${found} bytes`, `${size}`)
  }
  if (sha1 !== undefined) {
    const sum = hashOfFile(`${path}.part`, 'sha1')
    if (sum !== sha1) {
      removePart(path)
      throw another(wanted, `sha1 ${sum}`, sha1)
    }
  }
  renameSync(`${path}.part`, path)
  rmSync(noteOf(path), { force: true })
}

/** How many bytes of an unfinished file were fetched so far. */
export function partSize(path: string): number {
  return statSync(`${path}.part`, { throwIfNoEntry: false })?.size ?? 0
}

/** Which file the part belongs to, if it is from this URL. */
function knownVersion(path: string, url: string): Version | undefined {
  if (!existsSync(noteOf(path))) return undefined
  try {
    const version: Version = JSON.parse(readFileSync(noteOf(path), 'utf8'))
    return version.url === url && partSize(path) <= version.size ? version : undefined
  } catch {
    return undefined
  }
}

function noteOf(path: string): string {
  return `${path}.part.json`
}

function removePart(path: string): void {
  rmSync(`${path}.part`, { force: true })
  rmSync(noteOf(path), { force: true })
}

/** The cause behind Node's “fetch failed”. */
function causeOf(error: unknown): string {
  const { cause } = error as Error
  if (!cause) return messageOf(error)
  const { code } = cause as NodeJS.ErrnoException
  return messageOf(cause) || code || messageOf(error)
}

function byHand({ path }: Download): string {
  return `Or download it by other means and put it here: ${path}`
}

function unreachable(wanted: Download, why: string): UserError {
  const kept =
    partSize(wanted.path) > 0 ? '; what has arrived is kept, and the same command resumes the download' : ''
  return new UserError(
    `could not be downloaded (${why})`,
    wanted.url,
    `Check the network${kept}. ${byHand(wanted)}`,
  )
}

function refused(wanted: Download, why: string): UserError {
  return new UserError(`the server does not provide the file (${why})`, wanted.url, byHand(wanted))
}

function another(wanted: Download, found: string, meant: string): UserError {
  return new UserError(
    `the server's file is not the published one: it has ${found} in place of ${meant}`,
    wanted.url,
    byHand(wanted),
  )
}
