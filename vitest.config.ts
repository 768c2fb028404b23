import { defineConfig } from 'vitest/config'

// CI asks for the counts in a file; see .ci/run.
const results = process.env.REGARD_TEST_RESULTS

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: 'tests/temporary.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One file at a time: ONNX Runtime takes every core by itself, and two of them wait for each other.
    fileParallelism: false,
    reporters: results ? ['default', 'json'] : ['default'],
    outputFile: results ? { json: results } : undefined,
  },
})
