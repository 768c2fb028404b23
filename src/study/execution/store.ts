/**
 * Runs kept in a bucket, for machines that share no folder: any service that speaks S3. Each machine has a folder of its
 * own; a run is fetched from the bucket before it is gone on with, and put there at every checkpoint and at its end.
 *
 * A service that is slow, full of work or gone is asked again for a while. Every file is put there with its MD5, by which
 * the service refuses what was damaged on the way, and its SHA-256, by which whoever fetches it sees the same.
 */

import { createHash, type Hash } from 'node:crypto'
import { existsSync, linkSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { messageOf, PassingError, UserError } from '../../base/errors.ts'
import { AtomicFile } from '../../base/files.ts'
import { duration } from '../../base/progress.ts'
import { damageOf, filesIn, SUMS } from '../sums.ts'

const CHECKPOINT = 'checkpoint.safetensors'
const CONFIG = 'config.json'

/** Milliseconds for which a service is asked again that does not do as it is asked, for a reason that may pass. */
const PATIENCE = 600_000
/** Milliseconds before it is asked again, at first and at most. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [200, 15_000]
/** Milliseconds in which it must take a connection, and in which some byte must come or go. */
const [CONNECTING, SILENCE] = [10_000, 30_000]
/** How often a file is fetched that arrives damaged. */
const DAMAGED = 3

/** A file arrived with other bytes than were put there. */
class Damaged extends Error {}

/** How a store is used. */
export interface StoreOptions {
  /** Ends the waiting for a service that is gone: then each thing is asked once. */
  readonly signal: AbortSignal
  /** Milliseconds for which a service is waited for; ten minutes where not given. */
  readonly patience?: number
}

/** A place for runs in a bucket. */
export class Store {
  private readonly client: S3Client
  private readonly bucket: string
  private readonly prefix: string
  /** The files that are the same there and here: their size and time, by path. */
  private readonly known = new Map<string, string>()
  private readonly signal: AbortSignal
  private readonly patience: number
  /** What was said of the service last. */
  private trouble = ''

  /**
   * Credentials and service come from the environment, as for other programs: `AWS_ACCESS_KEY_ID`,
   * `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, and `AWS_ENDPOINT_URL` for a service other than Amazon's.
   *
   * @param url `s3://bucket/prefix`
   * @throws UserError when the URL is not of this form
   */
  constructor(url: string, { signal, patience = PATIENCE }: StoreOptions) {
    this.signal = signal
    this.patience = patience
    const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.*?))?\/?$/.exec(url) ?? []
    if (!bucket) throw new UserError('must be s3://bucket/prefix', url)
    this.bucket = bucket
    this.prefix = prefix ? `${prefix}/` : ''
    const { AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env
    // A warning about future versions of Node, once in every process, that a user of regard cannot act on.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
    this.client = new S3Client({
      region: AWS_REGION ?? 'us-east-1',
      // Self-hosted services seldom have a host name for each bucket, or the latest checksums.
      forcePathStyle: Boolean(AWS_ENDPOINT_URL ?? AWS_ENDPOINT_URL_S3),
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // It would tell of each try on the standard error.
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      requestHandler: { connectionTimeout: CONNECTING, socketTimeout: SILENCE },
    })
  }

  /**
   * Look into the bucket once, before anything is begun.
   *
   * @throws UserError when it does not answer, or may not be looked into
   */
  async mustAnswer(): Promise<void> {
    try {
      await this.client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: this.prefix }))
    } catch (error) {
      throw this.refused('list its files', error)
    }
  }

  /**
   * Fetch a run, in place of what the folder has of it, where it was made with this configuration. What is there of
   * another, or is damaged, is removed from the bucket.
   *
   * @param hash of the run's configuration
   */
  async fetch(run: string, folder: string, hash: string): Promise<void> {
    const names = await this.list(run)
    if (names.length === 0) return
    const config = names.includes(CONFIG) ? await this.text(`${run}/${CONFIG}`) : '{}'
    if (hashIn(config) !== hash) {
      await this.remove(run, names)
      return
    }
    rmSync(folder, { recursive: true, force: true })
    const damage = await this.getAll(run, folder, names)
    if (damage === undefined) return
    console.error(`${this.where}${run}: ${damage}; it is removed from there, and the run is made anew`)
    rmSync(folder, { recursive: true, force: true })
    await this.remove(run, names)
  }

  /** Get the files of a run; what is wrong with them, where something is. */
  private async getAll(run: string, folder: string, names: readonly string[]): Promise<string | undefined> {
    try {
      // The sums last: they say that the run is whole.
      for (const name of names.filter((one) => one !== SUMS)) await this.get(run, folder, name)
      if (!names.includes(SUMS)) return undefined
      await this.get(run, folder, SUMS)
      return damageOf(folder)
    } catch (error) {
      if (error instanceof Damaged) return error.message
      throw error
    }
  }

  /** Save what an unfinished run has written since the last time, its checkpoint last. */
  async save(run: string, folder: string): Promise<void> {
    // The checkpoint as it is now, whatever the run writes meanwhile: everything else must be at least as new.
    const pinned = join(folder, `${CHECKPOINT}.${process.pid}.tmp`)
    rmSync(pinned, { force: true })
    if (existsSync(join(folder, CHECKPOINT))) linkSync(join(folder, CHECKPOINT), pinned)
    try {
      for (const name of filesIn(folder)) await this.put(run, folder, name)
      if (existsSync(pinned)) await this.put(run, folder, CHECKPOINT, pinned)
    } finally {
      rmSync(pinned, { force: true })
    }
  }

  /** Save a finished run. */
  async finish(run: string, folder: string): Promise<void> {
    for (const name of [...filesIn(folder), SUMS]) await this.put(run, folder, name)
    const here = new Set([...filesIn(folder), SUMS])
    await this.remove(
      run,
      (await this.list(run)).filter((name) => !here.has(name)),
    )
  }

  private async put(run: string, folder: string, name: string, path = join(folder, name)): Promise<void> {
    const key = `${run}/${name}`
    if (this.known.get(key) === versionOf(path)) return
    await this.asked(`put ${key}`, async () => {
      const file = await open(path)
      try {
        // As long as it is now: it may grow meanwhile.
        const { size, mtimeMs } = await file.stat()
        const { md5, sha256 } = await sumsOf(file, size)
        await this.client.send(
          new PutObjectCommand({
            Bucket: this.bucket,
            Key: this.prefix + key,
            Body: size > 0 ? bytesOf(file, size) : '',
            ContentLength: size,
            ContentMD5: md5,
            Metadata: { sha256 },
          }),
        )
        this.known.set(key, `${size} ${mtimeMs}`)
      } finally {
        await file.close()
      }
    })
  }

  private async get(run: string, folder: string, name: string): Promise<void> {
    const key = `${run}/${name}`
    const path = join(folder, name)
    await this.received(key, async (parts) => {
      const file = new AtomicFile(path)
      try {
        for await (const part of parts) file.write(part)
        file.commit()
      } catch (error) {
        file.discard()
        throw error
      }
    })
    this.known.set(key, versionOf(path))
  }

  private async text(key: string): Promise<string> {
    let text = ''
    await this.received(key, async (parts) => {
      const all: Uint8Array[] = []
      for await (const part of parts) all.push(part)
      text = Buffer.concat(all).toString('utf8')
    })
    return text
  }

  /**
   * Fetch a file, again from the start where it arrives cut short or damaged.
   *
   * @param take takes its parts; they throw behind the last one where they are not what was put there
   * @throws Damaged where it is so every time
   */
  private async received(
    key: string,
    take: (parts: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.asked(`get ${key}`, async () => {
          const { Body, ContentLength, Metadata } = await this.client.send(
            new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + key }),
          )
          await take(whole(Body as Readable, key, ContentLength, Metadata?.sha256))
        })
        return
      } catch (error) {
        if (!(error instanceof Damaged) || tries === DAMAGED) throw error
      }
    }
  }

  /** The files of a run. */
  private async list(run: string): Promise<string[]> {
    const start = `${this.prefix}${run}/`
    const names: string[] = []
    let token: string | undefined
    do {
      const page = await this.asked(`list ${run}`, () =>
        this.client.send(
          new ListObjectsV2Command({ Bucket: this.bucket, Prefix: start, ContinuationToken: token }),
        ),
      )
      for (const { Key } of page.Contents ?? []) names.push(Key!.slice(start.length))
      token = page.NextContinuationToken
    } while (token !== undefined)
    return names
  }

  private async remove(run: string, names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += 1000) {
      const part = names.slice(from, from + 1000)
      await this.asked(`remove files of ${run}`, () =>
        this.client.send(
          new DeleteObjectsCommand({
            Bucket: this.bucket,
            Delete: { Objects: part.map((name) => ({ Key: `${this.prefix}${run}/${name}` })) },
          }),
        ),
      )
    }
  }

  /** Ask for something, again and again while it fails for a reason that may pass. */
  private async asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const started = performance.now()
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const answer = await ask()
        this.trouble = ''
        return answer
      } catch (error) {
        if (error instanceof Damaged) throw error
        if (error instanceof UserError || !passes(error)) throw this.refused(what, error)
        const reason = messageOf(error) || (error as Error).name
        const over = performance.now() - started >= this.patience
        if (over || this.signal.aborted) {
          const time = over && this.patience > 0 ? ` for ${duration(this.patience / 1000)}` : ''
          throw new PassingError(
            `could not ${what}${time} (${reason})`,
            this.where,
            'Once S3 answers again, the same command goes on from here',
          )
        }
        const { name } = error as Error
        if (name !== this.trouble) console.error(`${this.where}: could not ${what} (${reason}); trying again`)
        this.trouble = name
        await sleep(pause, undefined, { signal: this.signal }).catch(() => {})
      }
    }
  }

  private refused(what: string, error: unknown): UserError {
    if (error instanceof UserError) return error
    return new UserError(
      `could not ${what} (${messageOf(error) || (error as Error).name})`,
      this.where,
      'Check AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and whether the bucket exists',
    )
  }

  private get where(): string {
    return `s3://${this.bucket}/${this.prefix}`
  }
}

/** What tells a file from the one that it was: its size and time. */
function versionOf(path: string): string {
  const { size, mtimeMs } = statSync(path)
  return `${size} ${mtimeMs}`
}

function bytesOf(file: FileHandle, size: number): Readable {
  return file.createReadStream({ start: 0, end: size - 1, autoClose: false })
}

async function sumsOf(file: FileHandle, size: number): Promise<{ md5: string; sha256: string }> {
  const [md5, sha256]: Hash[] = [createHash('md5'), createHash('sha256')]
  if (size > 0) {
    for await (const part of bytesOf(file, size)) {
      md5!.update(part)
      sha256!.update(part)
    }
  }
  return { md5: md5!.digest('base64'), sha256: sha256!.digest('hex') }
}

/**
 * The parts of a file that arrives.
 *
 * @param sha256 that it was put there with; files from before that was so have none
 * @throws Damaged, behind its last part, where that is not what was put there
 */
async function* whole(
  body: Readable,
  key: string,
  size: number | undefined,
  sha256: string | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const part of body as AsyncIterable<Uint8Array>) {
    hash.update(part)
    bytes += part.length
    yield part
  }
  if (size !== undefined && bytes !== size) throw new Damaged(`${key} arrived with ${bytes} of ${size} bytes`)
  if (sha256 !== undefined && hash.digest('hex') !== sha256)
    throw new Damaged(`${key} arrived with other bytes than were put there`)
}

/** What services answer that have too much to do, or were not understood because something was damaged on the way. */
const PASSING_ANSWERS: ReadonlySet<string> = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'XAmzContentSHA256Mismatch',
])
/** A connection that could not be made, or was cut. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
])

/** What is known of an error of the client's. */
interface Failure extends Error {
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly statusCode?: number }
}

/** Whether what went wrong may pass by itself. */
function passes(error: unknown): boolean {
  const { name, code = '', $metadata, $response } = error as Failure
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? 0
  return (
    status >= 500 ||
    // An answer that cannot be made out.
    status === 200 ||
    status === 408 ||
    status === 429 ||
    PASSING_ANSWERS.has(name) ||
    PASSING_CODES.has(code) ||
    name === 'TimeoutError'
  )
}

function hashIn(config: string): string | undefined {
  try {
    return JSON.parse(config).hash
  } catch {
    return undefined
  }
}
