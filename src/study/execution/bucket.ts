/**
 * Files in a bucket of any service that speaks S3.
 *
 * A service that is slow, overloaded or gone is asked again for a while. Every file is sent with its MD5, by which the
 * service refuses what was damaged on the way, and its SHA-256, by which whoever downloads it sees the same.
 */

import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
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

/** Milliseconds for which a service is asked again that fails for a reason that may pass. */
const PATIENCE = 600_000
/** Milliseconds before it is asked again: the first pause and the longest. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [200, 15_000]
/** Milliseconds within which it must accept a connection. */
const CONNECTING = 10_000
/** Milliseconds within which some byte must come or go. */
const SILENCE = 30_000
/** How often a file is downloaded that arrives damaged. */
const TRIES = 3
/** How many files one request can remove. */
const MOST_REMOVED = 1000

/** A file arrived with bytes other than those that were sent. */
export class Damaged extends Error {}

/** How a bucket is used. */
export interface BucketOptions {
  /** Ends the waiting for a service that is gone: from then on, it is asked for each thing only once. */
  readonly signal: AbortSignal
  /** Milliseconds to wait for a service; by default ten minutes. */
  readonly patience?: number
  /** Milliseconds within which some byte must come or go; by default half a minute. */
  readonly silence?: number
}

/**
 * The files of a bucket below a prefix, by their keys without it.
 *
 * All methods throw a UserError naming the bucket: a PassingError where the service fails for longer than the patience
 * for a reason that may pass, or after the signal; otherwise when the service refuses what is asked of it.
 */
export class Bucket {
  /** As a URL that ends in a slash. */
  readonly where: string
  private readonly client: S3Client
  private readonly name: string
  private readonly prefix: string
  private readonly signal: AbortSignal
  private readonly patience: number
  private readonly silence: number
  /** The error that was reported last, so that each is reported once. */
  private trouble = ''

  /**
   * Credentials and service come from the environment, as for other programs: `AWS_ACCESS_KEY_ID`,
   * `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, and `AWS_ENDPOINT_URL` for a service other than Amazon's.
   *
   * @param url `s3://bucket/prefix`
   * @throws UserError when the URL is not of this form
   */
  constructor(url: string, { signal, patience = PATIENCE, silence = SILENCE }: BucketOptions) {
    this.signal = signal
    this.patience = patience
    this.silence = silence
    const [, name, prefix] = /^s3:\/\/([^/]+)(?:\/(.*?))?\/?$/.exec(url) ?? []
    if (!name) throw new UserError('must be s3://bucket/prefix', url)
    this.name = name
    this.prefix = prefix ? `${prefix}/` : ''
    this.where = `s3://${this.name}/${this.prefix}`
    const { AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env
    // A warning about future versions of Node, once in every process, that a user of regard cannot act on.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
    this.client = new S3Client({
      region: AWS_REGION ?? 'us-east-1',
      // Self-hosted services seldom have a host name for each bucket, or the latest checksums.
      forcePathStyle: Boolean(AWS_ENDPOINT_URL ?? AWS_ENDPOINT_URL_S3),
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // It would report each try on the standard error.
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      requestHandler: { connectionTimeout: CONNECTING, socketTimeout: silence },
    })
  }

  /** Look into the bucket before anything is begun, without waiting for a service that is gone. */
  async mustAnswer(): Promise<void> {
    const late = AbortSignal.timeout(this.silence)
    const list = new ListObjectsV2Command({ Bucket: this.name, Prefix: this.prefix })
    try {
      await this.client.send(list, { abortSignal: AbortSignal.any([this.signal, late]) })
    } catch (error) {
      this.signal.throwIfAborted()
      if (!late.aborted) throw this.refused('list its files', error)
      throw new UserError(
        `did not answer within ${duration(this.silence / 1000)}`,
        this.where,
        'Check AWS_ENDPOINT_URL, and whether S3 is running',
      )
    }
  }

  /** The names of the files in a folder. */
  async list(folder: string): Promise<string[]> {
    const start = `${this.prefix}${folder}/`
    const names: string[] = []
    let token: string | undefined
    do {
      const page = await this.asked(`list ${folder}`, () =>
        this.client.send(
          new ListObjectsV2Command({ Bucket: this.name, Prefix: start, ContinuationToken: token }),
        ),
      )
      for (const { Key } of page.Contents ?? []) names.push(Key!.slice(start.length))
      token = page.NextContinuationToken
    } while (token !== undefined)
    return names
  }

  /**
   * Upload a file, which may grow meanwhile: what it holds at the start is sent.
   *
   * @returns the version that was sent, as {@link versionOf} has it
   */
  put(key: string, path: string): Promise<string> {
    return this.asked(`upload ${key}`, async () => {
      const file = await open(path)
      try {
        const stats = await file.stat()
        const { md5, sha256 } = await sumsOf(file, stats.size)
        await this.client.send(
          new PutObjectCommand({
            Bucket: this.name,
            Key: this.prefix + key,
            Body: stats.size > 0 ? bytesOf(file, stats.size) : '',
            ContentLength: stats.size,
            ContentMD5: md5,
            Metadata: { sha256 },
          }),
        )
        return versionOf(stats)
      } finally {
        await file.close()
      }
    })
  }

  /**
   * Download a file.
   *
   * @throws Damaged when it arrives damaged every time
   */
  get(key: string, path: string): Promise<void> {
    return this.received(key, async (parts) => {
      const file = new AtomicFile(path)
      try {
        for await (const part of parts) file.write(part)
        file.commit()
      } catch (error) {
        file.discard()
        throw error
      }
    })
  }

  /**
   * Read a text file.
   *
   * @throws Damaged when it arrives damaged every time
   */
  async text(key: string): Promise<string> {
    let text = ''
    await this.received(key, async (parts) => {
      const all: Uint8Array[] = []
      for await (const part of parts) all.push(part)
      text = Buffer.concat(all).toString('utf8')
    })
    return text
  }

  /** Remove files of a folder. */
  async remove(folder: string, names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += MOST_REMOVED) {
      const part = names.slice(from, from + MOST_REMOVED)
      await this.asked(`remove files of ${folder}`, async () => {
        const { Errors = [] } = await this.client.send(
          new DeleteObjectsCommand({
            Bucket: this.name,
            Delete: { Objects: part.map((name) => ({ Key: `${this.prefix}${folder}/${name}` })) },
          }),
        )
        const [first] = Errors
        // Which files were not removed stands in an answer that otherwise says that all went well.
        if (first) throw Object.assign(new Error(`${first.Key}: ${first.Message}`), { name: first.Code })
      })
    }
  }

  /**
   * Download a file, again from the start if it arrives cut short or damaged.
   *
   * @param take takes its parts; they throw after the last one if they are not what was sent
   */
  private async received(
    key: string,
    take: (parts: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.asked(`download ${key}`, async () => {
          const { Body, ContentLength, Metadata } = await this.client.send(
            new GetObjectCommand({ Bucket: this.name, Key: this.prefix + key }),
          )
          await take(whole(Body as Readable, key, ContentLength, Metadata?.sha256))
        })
        return
      } catch (error) {
        if (!(error instanceof Damaged) || tries === TRIES) throw error
      }
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
        const { name, code } = error as Failure
        // The client calls connections that were cut so too; these have a code.
        const isSilent = name === 'TimeoutError' && code === undefined
        const reason = isSilent ? 'it does not answer' : messageOf(error) || name
        const over = performance.now() - started >= this.patience
        if (over || this.signal.aborted) {
          const time = over && this.patience > 0 ? ` for ${duration(this.patience / 1000)}` : ''
          throw new PassingError(
            `could not ${what}${time} (${reason})`,
            this.where,
            'Once S3 answers again, run the same command to continue',
          )
        }
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
}

/** What tells a file from earlier ones of its name: its size and time. */
export function versionOf({ size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }): string {
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
 * The parts of a file as they arrive.
 *
 * @param sha256 that it was sent with; files of earlier versions of regard have none
 * @throws Damaged, after the last part, when they are not what was sent
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
    throw new Damaged(`${key} arrived with bytes other than those that were sent`)
}

/** Answers of services that are overloaded, or that got a request damaged on the way. */
const PASSING_ANSWERS: ReadonlySet<string> = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'XAmzContentSHA256Mismatch',
])
/** Connections that could not be made, or were cut. */
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
/** A garbled answer, a timeout, too many requests. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([200, 408, 429])

/** The parts of the client's errors that are used here. */
interface Failure extends Error {
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly statusCode?: number }
}

/** Whether an error may pass by itself. */
function passes(error: unknown): boolean {
  const { name, code = '', $metadata, $response } = error as Failure
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? 0
  return status >= 500 || PASSING_STATUSES.has(status) || PASSING_ANSWERS.has(name) || PASSING_CODES.has(code)
}
