/** What a run was made with, as `config.json` in its folder: it decides whether the run is kept or resumed. */

import { existsSync } from 'node:fs'
import { sha256Of } from '../base/hash.ts'
import { version } from '../base/version.ts'
import type { Device } from '../engine/engine.ts'
import type { RunJob } from './job.ts'
import type { PreparedData } from './preparedData.ts'
import { readRecord, runFiles, storedRun, writeRecord } from './record.ts'

/** Everything that decides a run's results, and a hash of it. */
export interface RunConfig {
  readonly hash: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** The parts of a job that decide its results. */
type Decisive = Pick<
  RunJob,
  'run' | 'folds' | 'schedule' | 'seed' | 'explained' | 'profiled' | 'crops' | 'start'
> & {
  readonly data: Pick<PreparedData, 'digest'> & {
    readonly parts?: Pick<NonNullable<PreparedData['parts']>, 'digest'>
  }
}

/** @param starts a hash of each file of weights to start from */
export function configOf(
  { run, folds, schedule, seed, explained, profiled, crops, data, start }: Decisive,
  starts: ReadonlyMap<string, string>,
): RunConfig {
  const settings = {
    ...storedRun(run),
    folds,
    schedule,
    seed,
    photos: explained,
    // Left out where there is none, so that older studies keep their hash.
    profile: profiled || undefined,
    crops,
    data: data.digest,
    parts: schedule.augmentation?.hide && data.parts?.digest,
    start: start && {
      weights: starts.get(start.weights),
      freshRate: start.freshRate,
      frozen: start.frozen,
    },
  }
  return { hash: sha256Of(JSON.stringify(settings)), settings }
}

/** What a run is computed with. Its bits depend on this, so a run is resumed with the same. */
export interface Means {
  readonly threads: number
  readonly device: Device
}

/** @param means what the run starts with */
export function writeConfig(folder: string, { hash, settings }: RunConfig, { threads, device }: Means): void {
  writeRecord(runFiles.config(folder), { hash, ...settings, threads, device, version })
}

/**
 * What the run in a folder was started with.
 *
 * @param otherwise the threads, where an earlier version started it, always on the CPU
 */
export function meansIn(folder: string, otherwise: Means): Means {
  const { threads = otherwise.threads, device = 'cpu' } = readRecord<Partial<Means>>(runFiles.config(folder))
  return { threads, device }
}

/** The configuration of the run in a folder; undefined where there is none. */
export function readConfig(folder: string): RunConfig | undefined {
  const path = runFiles.config(folder)
  if (!existsSync(path)) return undefined
  const {
    hash,
    threads: _,
    device: __,
    version: ___,
    ...settings
  } = readRecord<{ hash: string; version: string } & Means>(path)
  return { hash, settings }
}

/** What differs between two runs, in words: `schedule.rate was 0.003 and is 0.01`. */
export function differences(before: RunConfig, now: RunConfig): string[] {
  const [was, is] = [flat(before.settings), flat(now.settings)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [old, given] = [was.get(name) ?? 'not given', is.get(name) ?? 'not given']
    if (old === given) return []
    // Hashes mean nothing to people.
    if (name === 'data') return ['the photos or their labels have changed']
    if (name === 'parts') return ['the parts of the faces have changed']
    if (name === 'start.weights') return ['the weights to start from have changed']
    return [`${name} was ${old} and is now ${given}`]
  })
}

/** The values of nested objects as JSON, by the path of field names to each. */
function flat(value: unknown, name = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map(value === undefined ? [] : [[name, JSON.stringify(value)]])
  }
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...flat(inner, name === '' ? key : `${name}.${key}`)]),
  )
}
