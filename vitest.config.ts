import { defineConfig } from 'vitest/config'

// CI asks for the counts in a file; see .ci/run.
const results = process.env.REGARD_TEST_RESULTS

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: 'tests/temporary.ts',
    // For what hangs: what is slow beside other work is not at fault.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // While one file waits, as those do that start programs, another has the cores; more would want for memory.
    maxWorkers: 2,
    reporters: results ? ['default', 'json'] : ['default'],
    outputFile: results ? { json: results } : undefined,
  },
})
