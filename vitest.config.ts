import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two files at a time: most tests run ONNX Runtime, which takes every core by itself.
    maxWorkers: 2,
  },
})
