/** Runs that end because memory ran out: how that shows, and what their user is told. */

/** Whether a message, of Node's, the engine's or the system's, says that there was no memory left. */
export function isMemory(message: string): boolean {
  return /bad_alloc|out of memory|allocation failed|cannot allocate memory|ENOMEM/i.test(message)
}

/** What happened, with what to do about it. */
export function outOfMemory(what: string): string {
  return `${what}. Make fewer runs at a time (a smaller --jobs), or train with a smaller batch`
}

/**
 * How a process ended that could say nothing any more.
 *
 * @param how a signal or `exit code 1`
 * @param hadNone whether its last words were that memory ran out
 */
export function endInWords(how: string, hadNone: boolean): string {
  if (hadNone) return outOfMemory('its process ran out of memory')
  // So the Linux kernel ends a process for want of memory: without a word.
  if (how === 'SIGKILL') return outOfMemory('its process was killed (SIGKILL), as for want of memory')
  return `its process has ended: ${how}`
}
