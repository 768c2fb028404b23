#!/usr/bin/env node
import { exitWithThreads } from '../dist/program/base/workers.js'
import { hearSignals } from '../dist/program/cli/signal.js'

// Whoever reads the output may stop reading (`regard … | head`): nobody is left to write to then. Where a terminal was
// closed, SIGHUP says what is to be done.
process.stdout.on('error', ({ code }) => {
  if (code !== 'EIO') void exitWithThreads(code === 'EPIPE' ? 0 : 1)
})
process.stderr.on('error', () => {})
// The rest takes a moment to load.
hearSignals()
const { main } = await import('../dist/program/cli/main.js')
await main(process.argv.slice(2))
