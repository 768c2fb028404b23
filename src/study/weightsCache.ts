/** Published weights on this machine: in a folder of the user, fetched once and used by every study. */

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../base/cache.ts'
import { download, partSize } from '../base/download.ts'
import { UserError } from '../base/errors.ts'
import { hashOfFile } from '../base/hash.ts'
import { Progress } from '../base/progress.ts'
import type { PublishedWeights } from '../networks/zoo.ts'

/** Where a published file lies, or will lie, on this machine. */
export function cachedPath({ file }: Pick<PublishedWeights, 'file'>): string {
  return join(cacheFolder(), 'weights', file)
}

/** How much of a published file is on this machine: all of it, some bytes, or 0. */
export function cachedBytes(weights: PublishedWeights): 'all' | number {
  const path = cachedPath(weights)
  return existsSync(path) ? 'all' : partSize(path)
}

/**
 * Make sure that a published file is on this machine: fetch it, or the missing rest of it, unless it is there; and
 * check that it is the published one, if its hash is known. Fetching shows a progress line.
 *
 * @returns its path
 * @throws UserError when it cannot be fetched, or another file is in its place; the signal's reason, when that stops it
 */
export async function fetchWeights(weights: PublishedWeights, signal?: AbortSignal): Promise<string> {
  const path = cachedPath(weights)
  if (existsSync(path)) {
    requirePublished(path, weights)
    return path
  }
  let line: { progress: Progress; from: number } | undefined
  const { url, bytes, sha1 } = weights
  try {
    await download({
      url,
      path,
      bytes,
      sha1,
      signal,
      progress(done, total) {
        // Bytes from an earlier call took no time now.
        line ??= { progress: new Progress(`Fetching ${weights.name}`, Math.max(1, total - done)), from: done }
        line.progress.update(done - line.from, `${megabytes(done)} of ${megabytes(total)}`)
      },
    })
  } finally {
    line?.progress.finish()
  }
  return path
}

// A file that was put there by hand may be cut short, or another of the same name.
function requirePublished(path: string, { bytes, sha1 }: PublishedWeights): void {
  const { size } = statSync(path)
  const remedy = 'Remove it; regard then downloads it again'
  if (bytes !== undefined && size !== bytes) {
    throw new UserError(`has ${size} bytes; the published file has ${bytes}`, path, remedy)
  }
  const sum = sha1 && hashOfFile(path, 'sha1')
  if (sum !== sha1) throw new UserError(`is not the published file: sha1 ${sum}, not ${sha1}`, path, remedy)
}

/** Bytes for people: `53.5 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
