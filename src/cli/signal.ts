/**
 * Do something that Ctrl-C can stop. Then the exit code is 130.
 *
 * @param act throws the signal's reason where that stops it
 * @param word what is said to Ctrl-C
 * @returns undefined where it was stopped
 */
export async function untilStopped<T>(
  act: (signal: AbortSignal) => Promise<T>,
  word = '\nStopping; once more to stop at once.',
): Promise<T | undefined> {
  const { signal, forget } = stopOnSignal(word)
  try {
    return await act(signal)
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    process.exitCode = 130
    return undefined
  } finally {
    forget()
  }
}

/**
 * Ctrl-C asks what is underway to stop in order; a second one stops it at once.
 *
 * @param word what is said to that
 */
export function stopOnSignal(word = '\nStopping after a checkpoint; once more to stop at once.'): {
  signal: AbortSignal
  forget: () => void
} {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    console.error(word)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    forget: () => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
