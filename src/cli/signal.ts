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
