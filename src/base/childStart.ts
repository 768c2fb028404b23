/** What a child process runs first, without delay; the module that does its work takes longer to load. */

import { exitWithThreads } from './workers.ts'

// The process that takes up its work must not have to wait for it.
process.on('disconnect', () => void exitWithThreads(1))
// These reach all processes of a terminal: the parent decides what follows.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
await import(process.argv[2]!)
