#!/usr/bin/env node
import { main } from '../dist/cli/main.js'

// Whoever reads the output may stop reading (`regard … | head`): nobody is left to write to then.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1))
await main(process.argv.slice(2))
