import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../fuzz/fuzz.ts'
import { targets } from '../../fuzz/targets/index.ts'

/** Inputs of each target: together they take some seconds on a quiet core. */
const INPUTS = 400
const FEWER: Record<string, number> = {
  onnx: 200,
  prototxt: 60,
  caffemodel: 60,
  tensorflowjs: 100,
  matlab73: 200,
  pictures: 60,
  plan: 150,
  composite: 150,
  datasets: 100,
  studio: 100,
  graphs: 5,
}

describe('every changed file is read, or refused with a clear message', () => {
  test.each(Object.keys(targets))('%s', async (name) => {
    const faults: string[] = []
    const inputs = FEWER[name] ?? INPUTS
    const tally = await fuzz(
      await targets[name]!(),
      { seed: 'tests', from: 0, to: inputs, until: Number.POSITIVE_INFINITY },
      { fault: (k, what) => faults.push(`${k}: ${what}`) },
    )
    expect(faults).toEqual([])
    expect(tally.read + tally.refused).toBe(inputs)
    // A target that refuses everything, or nothing, was not really tested. A server refuses by its answers.
    expect(tally.read).toBeGreaterThan(0)
    if (!['graphs', 'studio'].includes(name)) expect(tally.refused).toBeGreaterThan(0)
  })
})

test('the program knows the same targets', () => {
  const program = fileURLToPath(new URL('../../fuzz/run.js', import.meta.url))
  const help = execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' })
  const [, names = ''] = /what to fuzz \(default: all\):\s+([\s\S]*?)\n {2}--seconds/.exec(help) ?? []
  expect(names.split(/,\s*/).map((name) => name.trim())).toEqual(Object.keys(targets))
})
