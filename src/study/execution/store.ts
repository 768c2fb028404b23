/**
 * Runs kept in a bucket, for machines that share no folder. Each machine has a folder of its own; a run is downloaded
 * before it is resumed, and uploaded at every checkpoint and when it is finished.
 */

import { existsSync, linkSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { damageOf, filesIn, SUMS } from '../sums.ts'
import { Bucket, type BucketOptions, Damaged, versionOf } from './bucket.ts'

const CHECKPOINT = 'checkpoint.safetensors'
const CONFIG = 'config.json'

/** A place for runs in a bucket; all methods throw as those of {@link Bucket} do. */
export class Store {
  private readonly bucket: Bucket
  /** The files that are the same there and here: their version, by path. */
  private readonly known = new Map<string, string>()

  /**
   * @param url `s3://bucket/prefix`
   * @throws UserError when the URL is not of this form
   */
  constructor(url: string, options: BucketOptions) {
    this.bucket = new Bucket(url, options)
  }

  /** Look into the bucket before anything is begun, without waiting for a service that is gone. */
  mustAnswer(): Promise<void> {
    return this.bucket.mustAnswer()
  }

  /**
   * Download a run that was made with this configuration, in place of what the folder has of it. A run of another
   * configuration, or one that is damaged, is removed from the bucket.
   *
   * @param hash of the run's configuration
   */
  async fetch(run: string, folder: string, hash: string): Promise<void> {
    const names = await this.bucket.list(run)
    if (names.length === 0) return
    const config = names.includes(CONFIG) ? await this.bucket.text(`${run}/${CONFIG}`) : '{}'
    if (hashIn(config) !== hash) {
      await this.bucket.remove(run, names)
      return
    }
    rmSync(folder, { recursive: true, force: true })
    const damage = await this.getAll(run, folder, names)
    if (damage === undefined) return
    console.error(`${this.bucket.where}${run}: ${damage}. Removing it there, and making the run again`)
    rmSync(folder, { recursive: true, force: true })
    await this.bucket.remove(run, names)
  }

  /** Download the files of a run; returns what is wrong with them, if anything. */
  private async getAll(run: string, folder: string, names: readonly string[]): Promise<string | undefined> {
    try {
      // The sums last: they say that the run is complete.
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
    await this.bucket.remove(
      run,
      (await this.bucket.list(run)).filter((name) => !here.has(name)),
    )
  }

  private async put(run: string, folder: string, name: string, path = join(folder, name)): Promise<void> {
    const key = `${run}/${name}`
    if (this.known.get(key) === versionOf(statSync(path))) return
    this.known.set(key, await this.bucket.put(key, path))
  }

  private async get(run: string, folder: string, name: string): Promise<void> {
    const key = `${run}/${name}`
    const path = join(folder, name)
    await this.bucket.get(key, path)
    this.known.set(key, versionOf(statSync(path)))
  }
}

function hashIn(config: string): string | undefined {
  try {
    return JSON.parse(config).hash
  } catch {
    return undefined
  }
}
