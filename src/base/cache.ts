import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * The folder that regard keeps files in between runs: `$REGARD_CACHE`, or else `regard` in `$XDG_CACHE_HOME`, or else
 * `~/.cache/regard`.
 */
export function cacheFolder(): string {
  const { REGARD_CACHE, XDG_CACHE_HOME } = process.env
  return resolve(REGARD_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'regard'))
}
