/** Runs that end because memory ran out: how to recognise them, and what to tell the user. */

/** Whether a message of Node, the engine or the system says that memory ran out. */
export function isMemory(message: string): boolean {
  return /bad_alloc|out of memory|allocation failed|cannot allocate memory|ENOMEM/i.test(message)
}

/** What happened, and what to do about it. */
export function outOfMemory(what: string): string {
  return `${what}. Make fewer runs at a time (a smaller --jobs), or train with a smaller batch`
}

/** What happened to a process that ended as if asked to, though the study goes on. */
export const STOPPED_ALONE = outOfMemory(
  // This is how earlyoom frees memory.
  'its process was stopped from outside (SIGTERM), perhaps because memory ran short',
)

/**
 * How a process ended that could no longer report it.
 *
 * @param how a signal or `exit code 1`
 * @param hadNone whether its last output says that memory ran out
 */
export function endInWords(how: string, hadNone: boolean): string {
  if (hadNone) return outOfMemory('its process ran out of memory')
  // This is how the Linux kernel frees memory: it kills a process without a word.
  if (how === 'SIGKILL')
    return outOfMemory('its process was killed (SIGKILL), probably because memory ran out')
  return `its process has ended: ${how}`
}
