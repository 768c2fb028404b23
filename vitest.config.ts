import { defineConfig } from 'vitest/config'

// CI asks for the counts in a file; see .ci/run.
const results = process.env.REGARD_TEST_RESULTS

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two files at a time: most tests run ONNX Runtime, which takes every core by itself.
    maxWorkers: 2,
    reporters: results ? ['default', 'json'] : ['default'],
    outputFile: results ? { json: results } : undefined,
  },
})
