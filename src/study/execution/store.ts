/**
 * Keeps runs in a bucket, for machines that do not share a folder: any service that speaks S3. Each machine has a
 * folder of its own; a run is fetched from the bucket before it continues, and saved there at every checkpoint and at
 * its end.
 */

import { createReadStream, existsSync, linkSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { messageOf, UserError } from '../../base/errors.ts'
import { AtomicFile } from '../../base/files.ts'
import { filesIn, SUMS } from '../sums.ts'

const CHECKPOINT = 'checkpoint.safetensors'
const CONFIG = 'config.json'

/** A place for runs in a bucket. */
export class Store {
  private readonly client: S3Client
  private readonly bucket: string
  private readonly prefix: string
  /** The files that are the same there and here: their size and time, by path. */
  private readonly known = new Map<string, string>()

  /**
   * Credentials and service come from the environment, as for other programs: `AWS_ACCESS_KEY_ID`,
   * `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, and `AWS_ENDPOINT_URL` for a service other than Amazon's.
   *
   * @param url `s3://bucket/prefix`
   * @throws UserError when the URL is not of this form
   */
  constructor(url: string) {
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
    })
  }

  /**
   * Fetch a run into the folder, replacing what is there, if it was made with this configuration. Files of another
   * configuration are removed from the bucket.
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
    // The sums come last: they say that the run is complete.
    for (const name of names.filter((one) => one !== SUMS)) await this.get(run, folder, name)
    if (names.includes(SUMS)) await this.get(run, folder, SUMS)
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
    const { size, mtimeMs } = statSync(path)
    const key = `${run}/${name}`
    const version = `${size} ${mtimeMs}`
    if (this.known.get(key) === version) return
    await this.asked(`put ${key}`, () =>
      this.client.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: this.prefix + key,
          Body: createReadStream(path, { end: Math.max(0, size - 1) }),
          ContentLength: size,
        }),
      ),
    )
    this.known.set(key, version)
  }

  private async get(run: string, folder: string, name: string): Promise<void> {
    const body = await this.body(`${run}/${name}`)
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    const file = new AtomicFile(path)
    try {
      for await (const part of body) file.write(part as Uint8Array)
      file.commit()
    } catch (error) {
      file.discard()
      throw error
    }
  }

  private async text(key: string): Promise<string> {
    const parts: Uint8Array[] = []
    for await (const part of await this.body(key)) parts.push(part as Uint8Array)
    return Buffer.concat(parts).toString('utf8')
  }

  private async body(key: string): Promise<Readable> {
    const { Body } = await this.asked(`get ${key}`, () =>
      this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + key })),
    )
    return Body as Readable
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

  private async asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw new UserError(
        `could not ${what} (${messageOf(error) || (error as Error).name})`,
        `s3://${this.bucket}/${this.prefix}`,
        'See AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and whether the bucket is there',
      )
    }
  }
}

function hashIn(config: string): string | undefined {
  try {
    return JSON.parse(config).hash
  } catch {
    return undefined
  }
}
