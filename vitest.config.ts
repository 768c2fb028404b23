import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// CI asks for the counts in a file; see .ci/run.
const results = process.env.REGARD_TEST_RESULTS

// They start programs and browsers, change what the whole process shares, or measure its memory.
const APART = [
  ...['cli', 'engine', 'fuzz', 'package', 'study'].map((room) => `tests/${room}/**/*.test.ts`),
  'tests/formats/caffe/memory.test.ts',
]

/** Those that take minutes come first, the longest ahead: as the last ones they would run alone. */
const LONGEST = ['docs', 'kill', 'package', 'device', 'study', 'devices', 'store', 'worker', 'sanityCheck']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

/** For what hangs: what is slow beside other work is not at fault. */
const limits = { testTimeout: 3600_000, hookTimeout: 3600_000 }

export default defineConfig({
  test: {
    globalSetup: 'tests/temporary.ts',
    // While one file waits, as those do that start programs, another has the cores; more would want for memory.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...limits,
          name: 'together',
          // The longest of them takes half a minute.
          testTimeout: 1200_000,
          include: ['tests/*/**/*.test.ts'],
          exclude: APART,
          // Files that change nothing shared load regard once for all.
          isolate: false,
        },
      },
      {
        test: {
          ...limits,
          name: 'apart',
          include: ['tests/*.test.ts', ...APART],
        },
      },
    ],
    reporters: results ? ['default', 'json'] : ['default'],
    outputFile: results ? { json: results } : undefined,
  },
})
