/** What a child process runs first, and at once; the module that does its work takes longer to load. */

import { exitWithThreads } from './workers.ts'

// Whoever takes up its work must not wait for it.
process.on('disconnect', () => void exitWithThreads(1))
// These reach all processes of a terminal: what comes of them, the parent says.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
await import(process.argv[2]!)
